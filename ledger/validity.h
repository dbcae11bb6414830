// The rule of ledger.md 4.2: given what was read of a partition before, is this record valid, a duplicate, void, or a
// reason to stop? One small state machine, judged from the header alone, shared by every implementation of the ledger.
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
  bool opened = false;      // its genesis was read
  Epoch epoch{1};
  Term term{0};             // 0: nobody has claimed yet
  WriterId writer{};
  bool term_open = false;
  Sequence last;            // last valid sequence
  Timestamp last_recorded_at{INT64_MIN};
  friend bool operator==(const PartitionState&, const PartitionState&) = default;
};

class ValidityRule {
 public:
  ValidityRule(PartitionId partition, const LedgerId& ledger_id) : partition_(partition), id_(ledger_id) {}
  // Goes on from a stored state.
  void Restore(const PartitionState& state) { state_ = state; }
  // Judges one record's bytes (header and body) and, if it is valid, changes the state. `header` (may be null) gets the
  // header whenever it was readable. `reason` (may be null) gets a static text for the log.
  Verdict Judge(std::string_view record, RecordHeader* header, const char** reason);
  const PartitionState& state() const { return state_; }

 private:
  Verdict Rule(const RecordHeader& header, const char** reason);
  PartitionId partition_;
  LedgerId id_;
  PartitionState state_;
};

}  // namespace daybook::ledger
