// The domain of loyalty: programmes, and points that are earned, spent, taken back and lost.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Needs the customers and sales domains beside it: it reacts to orders and returns and reads their
// rows. List it after sales, so that a return is on the order's rows when it is clawed back.
Domain MakeLoyaltyDomain();

}  // namespace daybook::projections
