#include "ledger/partition_rules.h"

#include "ledger/check.h"

namespace daybook::ledger {

PartitionRules::PartitionRules(const LedgerId& ledger, uint32_t entity_partitions,
                               uint32_t access_partitions)
    : entity_partitions_(entity_partitions) {
  for (uint32_t i = 0; i <= entity_partitions; ++i) {
    states_.push_back({PartitionId(i), PartitionState()});
  }
  for (uint32_t i = 0; i < access_partitions; ++i) {
    states_.push_back({PartitionId(kFirstAccessPartition.value() + i), PartitionState()});
  }
  for (const NamedPartitionState& named : states_) rules_.emplace_back(named.partition, ledger);
}

size_t PartitionRules::Slot(PartitionId partition) const {
  if (partition < kFirstAccessPartition) {
    return partition.value() <= entity_partitions_ ? partition.value() : rules_.size();
  }
  return size_t{entity_partitions_} + 1 + (partition.value() - kFirstAccessPartition.value());
}

bool PartitionRules::Restore(const std::vector<NamedPartitionState>& states) {
  if (states.size() != states_.size()) return false;
  for (size_t slot = 0; slot < states.size(); ++slot) {
    if (states[slot].partition != states_[slot].partition) return false;
  }
  states_ = states;
  for (size_t slot = 0; slot < states.size(); ++slot) rules_[slot].Restore(states[slot].state);
  undo_.clear();
  return true;
}

Verdict PartitionRules::Judge(PartitionId partition, std::string_view record, const char** reason) {
  const size_t slot = Slot(partition);
  DAYBOOK_CHECK(slot < rules_.size(), "judged a record of a partition that is not there");
  undo_.push_back({slot, states_[slot].state});
  const Verdict verdict = rules_[slot].Judge(record, nullptr, reason);
  states_[slot].state = rules_[slot].state();
  return verdict;
}

void PartitionRules::TakeBack(size_t mark) {
  while (undo_.size() > mark) {
    const Undo& undo = undo_.back();
    states_[undo.slot].state = undo.before;
    rules_[undo.slot].Restore(undo.before);
    undo_.pop_back();
  }
}

}  // namespace daybook::ledger
