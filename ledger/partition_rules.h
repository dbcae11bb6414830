// The validity rule of every partition of a ledger, side by side, with a memory of what was judged
// last: a group that comes to nothing can be taken back.
//
// Not thread-safe.
#pragma once

#include <vector>

#include "ledger/index_rows.h"
#include "ledger/types.h"
#include "ledger/validity.h"

namespace daybook::ledger {

class PartitionRules {
 public:
  // Partitions 0 (the registry), 1..entity_partitions, and 65536.. for access records.
  PartitionRules(const LedgerId& ledger, uint32_t entity_partitions, uint32_t access_partitions);

  bool Has(PartitionId partition) const { return Slot(partition) < rules_.size(); }
  // Number of a partition among all; size() or more if there is none of that id.
  size_t Slot(PartitionId partition) const;
  size_t size() const { return rules_.size(); }
  // All states, by slot.
  const std::vector<NamedPartitionState>& states() const { return states_; }
  const PartitionState& state(PartitionId partition) const {
    return states_[Slot(partition)].state;
  }

  // Goes on from stored states; false if they are not of these partitions.
  bool Restore(const std::vector<NamedPartitionState>& states);
  // See ValidityRule::Judge. The partition must be one of these.
  Verdict Judge(PartitionId partition, std::string_view record, const char** reason);

  // Judgements since a mark can be taken back until Keep.
  size_t Mark() const { return undo_.size(); }
  void TakeBack(size_t mark);
  void Keep() { undo_.clear(); }

 private:
  struct Undo {
    size_t slot;
    PartitionState before;
  };
  const uint32_t entity_partitions_;
  std::vector<ValidityRule> rules_;
  std::vector<NamedPartitionState> states_;
  std::vector<Undo> undo_;
};

}  // namespace daybook::ledger
