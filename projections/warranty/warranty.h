// The domain of goods with a serial number, their warranties and claims, for domains.cc.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

Domain MakeWarrantyDomain();

}  // namespace daybook::projections
