// The domain of customers: who they are, how they are reached, how far the relation has come.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Attributes need the registry domain beside it; the reaction to orders needs sales, if there is to
// be any.
Domain MakeCustomersDomain();

}  // namespace daybook::projections
