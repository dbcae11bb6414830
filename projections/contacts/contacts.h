// The domain of contacts: what was said between company and customer.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Needs the customers domain beside it.
Domain MakeContactsDomain();

}  // namespace daybook::projections
