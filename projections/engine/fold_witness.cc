#include "projections/engine/fold_witness.h"

#include <algorithm>

namespace daybook::projections {

FoldPosition PositionIn(const ledger::Ledger& ledger, ledger::PartitionId partition,
                        ledger::Sequence sequence) {
  FoldPosition position{ledger.info().epoch, sequence, {}};
  if (sequence.value() == 0) return position;
  auto commit = ledger.Read(partition, sequence);
  if (commit.ok()) {
    position.epoch = (*commit)->header().epoch;
    position.hash = ledger::HashOfCommit((*commit)->view());
  }
  return position;
}

bool StandsOn(const FoldState& state, const ledger::Ledger& ledger) {
  if (state.ledger != ledger.info().id) return false;
  return std::all_of(state.positions.begin(), state.positions.end(), [&ledger](const auto& entry) {
    const auto& [partition, position] = entry;
    if (position.sequence > ledger.LastDurable(partition)) return false;
    return PositionIn(ledger, partition, position.sequence).hash == position.hash;
  });
}

std::vector<ledger::GroupPlace> WitnessesOf(FoldDatabase& database,
                                            const ledger::LedgerId& ledger) {
  std::vector<ledger::GroupPlace> places;
  for (const std::string& name : database.List()) {
    auto storage = database.Open(name);
    if (!storage.ok()) continue;
    auto state = (*storage)->LoadState();
    if (state.ok() && state->ledger == ledger && state->place.group.value() > 0) {
      places.push_back(state->place);
    }
  }
  return places;
}

}  // namespace daybook::projections
