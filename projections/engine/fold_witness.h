// What a stored fold has seen of a ledger, and whether it was this one: positions carry the hash of
// the record they stand at, so a fold is also a witness of what was durable once (ledger.md 4.1).
#pragma once

#include <vector>

#include "ledger/ledger.h"
#include "projections/engine/fold_storage.h"

namespace daybook::projections {

// The position of a commit with its hash; no hash if it cannot be read.
FoldPosition PositionIn(const ledger::Ledger& ledger, ledger::PartitionId partition,
                        ledger::Sequence sequence);

// False for a fold of another ledger, or of a continuation that was given up.
bool StandsOn(const FoldState& state, const ledger::Ledger& ledger);

// Places that stored folds of this ledger have seen durable: witnesses for opening it.
std::vector<ledger::GroupPlace> WitnessesOf(FoldDatabase& database, const ledger::LedgerId& ledger);

}  // namespace daybook::projections
