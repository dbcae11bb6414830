// The domain of cases: problems that customers have, and the clocks of a service desk.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

// Needs the customers domain beside it.
Domain MakeCasesDomain();

}  // namespace daybook::projections
