#include "projections/registry/access_queries.h"

#include "fmt/format.h"
#include "projections/engine/access_tokens.h"
#include "projections/engine/validation.h"
#include "projections/registry/access.h"

namespace daybook::projections::registry {

namespace ev = daybook::event::v1;

namespace {

void Fill(const PolicySet& policies, std::string_view name, daybook::v1::Tenant* out) {
  const TenantSettings& settings = policies.tenant(name);
  out->set_name(TenantName(name));
  out->set_zone(settings.zone);
  out->set_currency(settings.currency);
  out->set_language(settings.language);
  if (settings.created_at) *out->mutable_created_at() = ToProto(*settings.created_at);
}

MaybeRefusal FindTenant(const ReadScope& scope, const std::string& name, std::string* tenant) {
  *tenant = scope.tenant();
  if (auto refusal = ParseTenant("tenant", name, tenant)) return refusal;
  if (scope.policies().HasTenant(*tenant)) return std::nullopt;
  return Refuse(daybook::v1::REASON_TENANT_UNKNOWN, "tenant",
                fmt::format("there is no tenant '{}'", *tenant));
}

}  // namespace

MaybeRefusal ValidateGetTenant(const daybook::v1::GetTenantRequest&, EntityRef*) {
  return std::nullopt;
}

MaybeRefusal ReadGetTenant(const ReadScope& scope, const daybook::v1::GetTenantRequest& request,
                           daybook::v1::GetTenantResponse* response) {
  std::string tenant;
  if (auto refusal = FindTenant(scope, request.tenant(), &tenant)) return refusal;
  Fill(scope.policies(), tenant, response->mutable_tenant());
  return std::nullopt;
}

MaybeRefusal ValidateListTenants(const daybook::v1::ListTenantsRequest&, EntityRef*) {
  return std::nullopt;
}

MaybeRefusal ReadListTenants(const ReadScope& scope, const daybook::v1::ListTenantsRequest&,
                             daybook::v1::ListTenantsResponse* response) {
  for (const std::string& name : scope.policies().Tenants()) {
    Fill(scope.policies(), name, response->add_tenants());
  }
  return std::nullopt;
}

MaybeRefusal ValidateListAccessTokens(const daybook::v1::ListAccessTokensRequest&, EntityRef*) {
  return std::nullopt;
}

MaybeRefusal ReadListAccessTokens(const ReadScope& scope,
                                  const daybook::v1::ListAccessTokensRequest& request,
                                  daybook::v1::ListAccessTokensResponse* response) {
  std::string tenant;
  if (auto refusal = FindTenant(scope, request.tenant(), &tenant)) return refusal;
  for (const AccessToken* token : scope.policies().tokens().Of(tenant)) {
    auto* out = response->add_tokens();
    out->set_token_id(token->token_id);
    out->set_principal(token->principal);
    for (int role = ev::ROLE_UNSPECIFIED + 1; role < ev::Role_ARRAYSIZE; ++role) {
      if (token->roles.Has(static_cast<Role>(role))) out->add_roles(static_cast<Role>(role));
    }
    if (token->expires_at != ledger::kDistantFuture) {
      *out->mutable_expires_at() = ToProto(token->expires_at);
    }
    out->set_revoked(token->revoked);
    *out->mutable_issued_at() = ToProto(token->issued_at);
    if (token->changed_at != ledger::kDistantPast) {
      *out->mutable_changed_at() = ToProto(token->changed_at);
    }
  }
  return std::nullopt;
}

}  // namespace daybook::projections::registry
