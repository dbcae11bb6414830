// Decision state of a customer's holdings (holding_fold.h).
#pragma once

#include "projections/engine/decision.h"

namespace daybook::projections::holdings {

// Folds the holdings' events; ignores all others.
void Apply(const Event& event, EntityState& state);

}  // namespace daybook::projections::holdings
