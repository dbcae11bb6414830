// The rule of ledger.md 4.2: given what was read of a partition before, is this record valid, a
// duplicate, void, or a reason to stop? One small state machine, judged from the header alone,
// shared by every implementation of the ledger.
//
// Not thread-safe: one per partition, fed in log order.
#pragma once

#include <string_view>

#include "ledger/record.h"

namespace daybook::ledger {

enum class Verdict {
  kValid,      // store and apply it
  kDuplicate,  // a sequence that was seen before: skip
  kVoid,       // written by somebody who was not the owner, or not of this ledger: skip, count
  kStop,       // a later program's record, or damage: read no further
};

// What is known of a partition after reading a prefix of its records.
struct PartitionState {
  bool opened = false;  // its genesis was read
  Epoch epoch{1};
  Term term{0};  // 0: nobody has claimed yet
  WriterId writer{};
  bool term_open = false;
  Sequence last;                              // last valid sequence
  Timestamp last_recorded_at = kDistantPast;  // latest of all valid records
  friend bool operator==(const PartitionState&, const PartitionState&) = default;
};

class ValidityRule {
 public:
  ValidityRule(PartitionId partition, const LedgerId& ledger_id)
      : partition_(partition), id_(ledger_id) {}
  // Goes on from a stored state.
  void Restore(const PartitionState& state) { state_ = state; }
  // Judges one record's bytes (header and body) and changes the state: if it is valid, or if it is
  // void but closes the term. `header` (may be null) gets the header whenever it was readable.
  // `reason` (may be null) gets a static text for the log, empty if the record is valid. Source
  // positions belong to the store, not to a partition: take them out first.
  Verdict Judge(std::string_view record, RecordHeader* header, const char** reason);
  const PartitionState& state() const { return state_; }

 private:
  // The rule over a readable header; changes `state` as the verdict demands.
  Verdict Rule(const RecordHeader& header, PartitionState* state, const char** reason) const;
  Verdict RuleOnCommit(const RecordHeader& header, bool of_owner, PartitionState* state,
                       const char** reason) const;
  PartitionId partition_;
  LedgerId id_;
  PartitionState state_;
};

}  // namespace daybook::ledger
