// Resource names of entities: "customers/C", and "tenant" for the tenant's own facts.
#pragma once

#include <string_view>

#include "ledger/types.h"
#include "projections/engine/refusal.h"

namespace daybook::server {

// The entity of `tenant` that `name` means. Refuses with FIELD_REQUIRED or FIELD_INVALID on
// `field`.
projections::MaybeRefusal ParseEntityName(std::string_view field, std::string_view name,
                                          std::string_view tenant, ledger::EntityRef* entity);

}  // namespace daybook::server
