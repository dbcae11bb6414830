// Folds the registry partition's events into policy sets and hands out the newest one.
//
// Apply comes from one thread, in sequence order; Current from any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "projections/engine/domain.h"
#include "projections/engine/policies.h"

namespace daybook::projections {

class Registry {
 public:
  explicit Registry(const std::vector<Domain>& domains);
  // Folds one durable commit of partition 0.
  void Apply(const DecodedCommit& commit, ledger::Sequence sequence);
  std::shared_ptr<const PolicySet> Current() const;
  // Goes up with every Apply. Read it before Current: then what Current gives is at least as new.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  void ApplyEvent(const Event& event, PolicySet* set) const;
  std::vector<const PolicySpec*> specs_;
  std::atomic<uint64_t> version_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const PolicySet> current_;
};

}  // namespace daybook::projections
