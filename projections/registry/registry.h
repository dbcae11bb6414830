// The domain of tenant-wide facts: tenants, attribute schemas, import sessions, the ledger's level.
#pragma once

#include "projections/engine/domain.h"

namespace daybook::projections {

Domain MakeRegistryDomain();

}  // namespace daybook::projections
