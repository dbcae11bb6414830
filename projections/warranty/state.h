// Decision state of assets, of what customers own, and of the versions of terms.
#pragma once

#include "projections/engine/decision.h"

namespace daybook::projections::warranty {

// Folds the events of warranties; ignores all others. Arms the end of each warranty's time.
void Apply(const Event& event, EntityState& state);

}  // namespace daybook::projections::warranty
