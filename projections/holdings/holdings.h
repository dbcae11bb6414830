// The domain of holdings: what customers hold of a company's products.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Needs the customers domain beside it.
Domain MakeHoldingsDomain();

}  // namespace daybook::projections
