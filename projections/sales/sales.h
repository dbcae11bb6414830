// The domain of sales: orders, cancellations, returns and refunds.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Needs the customers domain beside it: orders register who is not known yet.
Domain MakeSalesDomain();

}  // namespace daybook::projections
