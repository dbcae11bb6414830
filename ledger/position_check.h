// Whether a position that a client has kept still names what it named: across epochs it does up to
// the last commit that both continuations share (ledger/README.md, "Epochs"). Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "ledger/position.h"

namespace daybook::ledger {

enum class PositionStanding {
  kGood,
  kBeyondEnd,   // of this epoch and not there yet, or of an epoch that this ledger never had
  kEpochEnded,  // of an earlier epoch, behind what the later ones have kept of it
};

struct CheckedPosition {
  PositionStanding standing = PositionStanding::kGood;
  Sequence last_common;  // with kEpochEnded: the last sequence that is good in that epoch
};

// Reads at most one commit of a good position. Errors: those of Ledger::Read.
absl::StatusOr<CheckedPosition> CheckPosition(const Ledger& ledger, const Position& position);

}  // namespace daybook::ledger
