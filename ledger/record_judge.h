// The validity rule over a whole log, record by record, also behind damage: there each partition
// begins anew with the first record that is left of it, and what is missing before that is named.
//
// Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ledger/partition_rules.h"
#include "ledger/record.h"
#include "ledger/record_walk.h"

namespace daybook::ledger {

// A record as judged; views are valid during the call.
struct JudgedRecord {
  const RecordHeader& header;
  std::string_view bytes;
  RecordPlace place;
  // Why it is not valid; null if it is.
  const char* reason = nullptr;
  // A commit that is valid and whole, taken apart; null for other kinds.
  const CommitView* commit = nullptr;
  // The first record of its partition behind damage: the last sequence before it.
  std::optional<Sequence> last_before_gap;
};

class RecordJudge {
 public:
  RecordJudge(const LedgerId& ledger, uint32_t entity_partitions, uint32_t access_partitions);

  // Damage lies between what was judged and what comes.
  void SkipDamage();
  // Judges a group's records in order; `visit` returns false to end. Errors: DataLoss (what is
  // there is no record, though the group's CRC is good), FailedPrecondition (of a later program).
  absl::Status Judge(const GroupView& group, absl::FunctionRef<bool(const JudgedRecord&)> visit);

  // All partitions after what was judged.
  const std::vector<NamedPartitionState>& states() const { return rules_.states(); }

 private:
  // Lets the partition's rule go on as if what is missing had been read.
  void Reseat(const RecordHeader& header, JudgedRecord* judged);

  const LedgerId ledger_;
  PartitionRules rules_;
  std::vector<bool> unsure_;  // by slot: nothing was read since damage
};

}  // namespace daybook::ledger
