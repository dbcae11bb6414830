#include "projections/engine/decision_store.h"

#include <algorithm>

namespace daybook::projections {

DecisionStore::DecisionStore(std::unique_ptr<FoldStorage> storage, FoldState state, size_t workers)
    : storage_(std::move(storage)), state_(std::move(state)), places_(workers, state_.place) {}

FoldPosition DecisionStore::Position(ledger::PartitionId partition) const {
  std::lock_guard lock(mutex_);
  auto it = state_.positions.find(partition);
  return it == state_.positions.end() ? FoldPosition{} : it->second;
}

ledger::GroupPlace DecisionStore::Place() const {
  std::lock_guard lock(mutex_);
  return state_.place;
}

absl::Status DecisionStore::Write(size_t worker, const std::function<void(RowWriter&)>& fill,
                                  const FoldPositions& positions, const ledger::GroupPlace& place) {
  std::lock_guard lock(mutex_);
  FoldState next = state_;
  for (const auto& [partition, position] : positions) next.positions[partition] = position;
  auto places = places_;
  places[worker] = place;
  next.place = *std::min_element(places.begin(), places.end(),
                                 [](const auto& a, const auto& b) { return a.group < b.group; });
  const absl::Status status = storage_->Write(fill, next);
  if (!status.ok()) return status;
  state_ = std::move(next);
  places_ = std::move(places);
  return absl::OkStatus();
}

}  // namespace daybook::projections
