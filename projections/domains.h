// The one list of domains: which events, commands, views and queries there are.
#pragma once

#include <vector>

#include "projections/engine/domain.h"

namespace daybook::projections {

// For one Catalogue.
std::vector<Domain> AllDomains();

}  // namespace daybook::projections
