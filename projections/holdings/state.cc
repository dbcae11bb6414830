#include "projections/holdings/state.h"

#include "projections/holdings/holding_fold.h"

namespace daybook::projections::holdings {

void Apply(const Event& event, EntityState& state) { FoldHolding(event, state.rows()); }

}  // namespace daybook::projections::holdings
