// The refusal of a position that a client hands back and that does not stand on this ledger any
// more, or not yet.
#pragma once

#include <string>

#include "ledger/ledger.h"
#include "ledger/position.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

// `field`: that the token came in. Nothing if the position is good. EPOCH_ENDED,
// POSITION_TOKEN_INVALID, DATA_LOSS.
MaybeRefusal CheckPosition(const std::string& field, const ledger::Ledger& ledger,
                           const ledger::Position& position);

}  // namespace daybook::projections
