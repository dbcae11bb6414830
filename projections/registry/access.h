// The registry's commands about who may come in: tenants and tokens. Every function is pure; see
// CommandSpec for what each of the three kinds does. Each is about the tenant that the request
// names, or the caller's own; whether the caller may speak for that tenant is the server's to say.
#pragma once

#include "daybook/v1/access.pb.h"
#include "daybook/v1/tenants.pb.h"
#include "projections/engine/caller.h"
#include "projections/engine/domain.h"

namespace daybook::projections::registry {

// "tenants/T" → T; an empty name leaves `tenant` as it is. FIELD_INVALID.
MaybeRefusal ParseTenant(std::string_view field, std::string_view name, std::string* tenant);
// T → "tenants/T".
std::string TenantName(std::string_view tenant);

MaybeRefusal ValidateCreateTenant(const daybook::v1::CreateTenantRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideCreateTenant(const daybook::v1::CreateTenantRequest& request,
                                Decision& decision);
void AnswerCreateTenant(const Recorded& recorded, daybook::v1::CreateTenantResponse* response);

MaybeRefusal ValidateIssueAccessToken(const daybook::v1::IssueAccessTokenRequest& request,
                                      EntityRef* entity);
MaybeRefusal DecideIssueAccessToken(const daybook::v1::IssueAccessTokenRequest& request,
                                    Decision& decision);
void AnswerIssueAccessToken(const Recorded& recorded,
                            daybook::v1::IssueAccessTokenResponse* response);

MaybeRefusal ValidateRotateAccessToken(const daybook::v1::RotateAccessTokenRequest& request,
                                       EntityRef* entity);
MaybeRefusal DecideRotateAccessToken(const daybook::v1::RotateAccessTokenRequest& request,
                                     Decision& decision);
void AnswerRotateAccessToken(const Recorded& recorded,
                             daybook::v1::RotateAccessTokenResponse* response);

MaybeRefusal ValidateRevokeAccessToken(const daybook::v1::RevokeAccessTokenRequest& request,
                                       EntityRef* entity);
// Records nothing if it is revoked already.
MaybeRefusal DecideRevokeAccessToken(const daybook::v1::RevokeAccessTokenRequest& request,
                                     Decision& decision);
void AnswerRevokeAccessToken(const Recorded& recorded,
                             daybook::v1::RevokeAccessTokenResponse* response);

}  // namespace daybook::projections::registry
