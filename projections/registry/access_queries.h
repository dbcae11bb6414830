// Questions about tenants and tokens, answered from the policies. Whether the caller may ask about
// the tenant that it names is the server's to say.
#pragma once

#include "daybook/v1/access.pb.h"
#include "daybook/v1/tenants.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::registry {

MaybeRefusal ValidateGetTenant(const daybook::v1::GetTenantRequest& request, EntityRef* entity);
MaybeRefusal ReadGetTenant(const ReadScope& scope, const daybook::v1::GetTenantRequest& request,
                           daybook::v1::GetTenantResponse* response);

MaybeRefusal ValidateListTenants(const daybook::v1::ListTenantsRequest& request, EntityRef* entity);
MaybeRefusal ReadListTenants(const ReadScope& scope, const daybook::v1::ListTenantsRequest& request,
                             daybook::v1::ListTenantsResponse* response);

MaybeRefusal ValidateListAccessTokens(const daybook::v1::ListAccessTokensRequest& request,
                                      EntityRef* entity);
MaybeRefusal ReadListAccessTokens(const ReadScope& scope,
                                  const daybook::v1::ListAccessTokensRequest& request,
                                  daybook::v1::ListAccessTokensResponse* response);

}  // namespace daybook::projections::registry
