// Decision state on disk: one fold shared by all workers, each writing its own partitions.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "projections/engine/fold_storage.h"

namespace daybook::projections {

class DecisionStore {
 public:
  // `state`: as loaded from `storage`.
  DecisionStore(std::unique_ptr<FoldStorage> storage, FoldState state, size_t workers);

  const RowSource* Source(ledger::PartitionId partition) { return storage_->Source(partition); }
  FoldPosition Position(ledger::PartitionId partition) const;
  // Every group up to here is applied by all workers.
  ledger::GroupPlace Place() const;
  // Writes a worker's changed rows with the positions of its partitions; everything of theirs up to
  // `place` is applied.
  absl::Status Write(size_t worker, const std::function<void(RowWriter&)>& fill,
                     const FoldPositions& positions, const ledger::GroupPlace& place);

 private:
  std::unique_ptr<FoldStorage> storage_;
  mutable std::mutex mutex_;
  FoldState state_;
  std::vector<ledger::GroupPlace> places_;  // by worker
};

}  // namespace daybook::projections
