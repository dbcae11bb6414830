// What decisions about sales read: the customer's orders, the lines of which units can still come
// back, and the ids of returns and refunds. Folded from the domain's own events.
#pragma once

#include "projections/engine/decision.h"

namespace daybook::projections::sales {

// Folds an event into decision state; ignores events of other domains. Total: a return of an order
// that was not seen is kept on the order's row until the order comes.
void Apply(const Event& event, EntityState& state);

}  // namespace daybook::projections::sales
