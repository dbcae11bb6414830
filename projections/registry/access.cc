#include "projections/registry/access.h"

#include <algorithm>

#include "fmt/format.h"
#include "ledger/limits.h"
#include "projections/engine/validation.h"
#include "projections/registry/state.h"

namespace daybook::projections::registry {

namespace ev = daybook::event::v1;

namespace {

constexpr std::string_view kTenants = "tenants/";
constexpr size_t kHashBytes = 32;
constexpr size_t kMaxLanguageLength = 35;

MaybeRefusal NameTenant(const std::string& name, EntityRef* entity) {
  if (auto refusal = ParseTenant("tenant", name, &entity->tenant)) return refusal;
  entity->kind = ev::ENTITY_KIND_TENANT;
  entity->id = entity->tenant;
  return std::nullopt;
}

// The tenant's rows know more than the policies, which follow only what is durable.
bool IsKnown(const Decision& decision) {
  const auto* row = decision.state().Find<TenantRow>();
  return decision.entity().id == kMainTenant || (row != nullptr && row->created());
}

MaybeRefusal RequireTenant(const Decision& decision) {
  if (IsKnown(decision)) return std::nullopt;
  return Refuse(daybook::v1::REASON_TENANT_UNKNOWN, "tenant",
                fmt::format("there is no tenant '{}'", decision.entity().id));
}

MaybeRefusal CheckHash(const std::string& sha256) {
  if (sha256.empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "token_sha256", "is required");
  }
  if (sha256.size() == kHashBytes) return std::nullopt;
  return Refuse(daybook::v1::REASON_FIELD_INVALID, "token_sha256",
                fmt::format("has {} bytes, a SHA-256 has {}", sha256.size(), kHashBytes));
}

MaybeRefusal CheckRoles(const daybook::v1::IssueAccessTokenRequest& request,
                        const std::string& tenant) {
  if (request.roles().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "roles", "say what the token may do");
  }
  RoleSet seen;
  for (int i = 0; i < request.roles_size(); ++i) {
    const std::string field = fmt::format("roles[{}]", i);
    const Role role = request.roles(i);
    if (role == ev::ROLE_UNSPECIFIED || !ev::Role_IsValid(role)) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, field, "is not a role");
    }
    if (seen.Has(role)) return Refuse(daybook::v1::REASON_FIELD_INVALID, field, "stands twice");
    if (role == ev::ROLE_OPERATOR && tenant != kMainTenant) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, field,
                    "operators run the whole server: they are of tenant main");
    }
    seen.Add(role);
  }
  return std::nullopt;
}

MaybeRefusal RefuseUsed(const Decision& decision, const std::string& sha256) {
  if (decision.state().Find<AccessTokenHashRow>(sha256) == nullptr) return std::nullopt;
  return Refuse(daybook::v1::REASON_TOKEN_EXISTS, "token_sha256",
                "a token has, or had, this secret");
}

// The token, or why there is none to be changed.
MaybeRefusal FindToken(const Decision& decision, const std::string& token_id,
                       const AccessTokenRow** row) {
  if (auto refusal = RequireTenant(decision)) return refusal;
  *row = decision.state().Find<AccessTokenRow>(token_id);
  if (*row != nullptr) return std::nullopt;
  return Refuse(daybook::v1::REASON_TOKEN_UNKNOWN, "token_id",
                fmt::format("there is no token '{}'", token_id));
}

ev::AccessTokenChanged Changed(const std::string& token_id, ev::AccessTokenChanged::Action action) {
  ev::AccessTokenChanged changed;
  changed.set_token_id(token_id);
  changed.set_action(action);
  return changed;
}

}  // namespace

MaybeRefusal ParseTenant(std::string_view field, std::string_view name, std::string* tenant) {
  if (name.empty()) return std::nullopt;
  if (!name.starts_with(kTenants)) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                  "not of the form tenants/T");
  }
  const std::string_view id = name.substr(kTenants.size());
  if (auto refusal = CheckCode(field, id, Presence::kRequired, ledger::kMaxTenantLength)) {
    return refusal;
  }
  *tenant = std::string(id);
  return std::nullopt;
}

std::string TenantName(std::string_view tenant) { return fmt::format("{}{}", kTenants, tenant); }

MaybeRefusal ValidateCreateTenant(const daybook::v1::CreateTenantRequest& request,
                                  EntityRef* entity) {
  if (request.tenant().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "tenant", "say which tenant");
  }
  if (auto refusal = NameTenant(request.tenant(), entity)) return refusal;
  if (auto refusal = CheckZone("zone", request.zone(), Presence::kRequired)) return refusal;
  if (auto refusal = CheckCurrency("currency", request.currency())) return refusal;
  const std::string& language = request.language();
  if (language.empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "language", "is required");
  }
  const bool good = language.size() <= kMaxLanguageLength &&
                    std::all_of(language.begin(), language.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-';
                    });
  if (good) return std::nullopt;
  return Refuse(daybook::v1::REASON_FIELD_INVALID, "language", "is not a BCP 47 tag");
}

MaybeRefusal DecideCreateTenant(const daybook::v1::CreateTenantRequest& request,
                                Decision& decision) {
  const auto* row = decision.state().Find<TenantRow>();
  if (row != nullptr && row->created()) {
    return Refuse(daybook::v1::REASON_TENANT_EXISTS, "tenant",
                  fmt::format("tenant '{}' is there already", decision.entity().id));
  }
  ev::TenantCreated created;
  created.set_zone(request.zone());
  created.set_currency(request.currency());
  created.set_language(request.language());
  decision.Emit(created);
  return std::nullopt;
}

void AnswerCreateTenant(const Recorded& recorded, daybook::v1::CreateTenantResponse* response) {
  response->set_tenant(TenantName(recorded.entity.id));
}

MaybeRefusal ValidateIssueAccessToken(const daybook::v1::IssueAccessTokenRequest& request,
                                      EntityRef* entity) {
  if (auto refusal = NameTenant(request.tenant(), entity)) return refusal;
  if (auto refusal = CheckCode("token_id", request.token_id(), Presence::kRequired)) return refusal;
  if (auto refusal = CheckEntityId("principal", request.principal())) return refusal;
  if (auto refusal = CheckRoles(request, entity->tenant)) return refusal;
  if (request.has_expires_at()) {
    Timestamp ignored;
    if (auto refusal = CheckInstant("expires_at", request.expires_at(), &ignored)) return refusal;
  }
  return CheckHash(request.token_sha256());
}

MaybeRefusal DecideIssueAccessToken(const daybook::v1::IssueAccessTokenRequest& request,
                                    Decision& decision) {
  if (auto refusal = RequireTenant(decision)) return refusal;
  if (decision.state().Find<AccessTokenRow>(request.token_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_TOKEN_EXISTS, "token_id",
                  fmt::format("there is, or was, a token '{}'", request.token_id()));
  }
  if (auto refusal = RefuseUsed(decision, request.token_sha256())) return refusal;
  if (request.has_expires_at() && FromProto(request.expires_at()) <= decision.context().now) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "expires_at", "lies in the past");
  }
  auto changed = Changed(request.token_id(), ev::AccessTokenChanged::ACTION_ISSUED);
  changed.set_principal(request.principal());
  *changed.mutable_roles() = request.roles();
  std::sort(changed.mutable_roles()->begin(), changed.mutable_roles()->end());
  if (request.has_expires_at()) {
    *changed.mutable_expires_at() = ToProto(FromProto(request.expires_at()));
  }
  changed.set_token_sha256(request.token_sha256());
  decision.Emit(changed);
  return std::nullopt;
}

void AnswerIssueAccessToken(const Recorded&, daybook::v1::IssueAccessTokenResponse*) {}

MaybeRefusal ValidateRotateAccessToken(const daybook::v1::RotateAccessTokenRequest& request,
                                       EntityRef* entity) {
  if (auto refusal = NameTenant(request.tenant(), entity)) return refusal;
  if (auto refusal = CheckCode("token_id", request.token_id(), Presence::kRequired)) return refusal;
  if (request.has_previous_until()) {
    Timestamp ignored;
    if (auto refusal = CheckInstant("previous_until", request.previous_until(), &ignored)) {
      return refusal;
    }
  }
  return CheckHash(request.token_sha256());
}

MaybeRefusal DecideRotateAccessToken(const daybook::v1::RotateAccessTokenRequest& request,
                                     Decision& decision) {
  const AccessTokenRow* token = nullptr;
  if (auto refusal = FindToken(decision, request.token_id(), &token)) return refusal;
  if (token->revoked()) {
    return Refuse(daybook::v1::REASON_TOKEN_REVOKED, "token_id", "the token was revoked");
  }
  if (auto refusal = RefuseUsed(decision, request.token_sha256())) return refusal;
  auto changed = Changed(request.token_id(), ev::AccessTokenChanged::ACTION_ROTATED);
  changed.set_token_sha256(request.token_sha256());
  if (request.has_previous_until()) {
    *changed.mutable_previous_until() = ToProto(FromProto(request.previous_until()));
  }
  decision.Emit(changed);
  return std::nullopt;
}

void AnswerRotateAccessToken(const Recorded&, daybook::v1::RotateAccessTokenResponse*) {}

MaybeRefusal ValidateRevokeAccessToken(const daybook::v1::RevokeAccessTokenRequest& request,
                                       EntityRef* entity) {
  if (auto refusal = NameTenant(request.tenant(), entity)) return refusal;
  return CheckCode("token_id", request.token_id(), Presence::kRequired);
}

MaybeRefusal DecideRevokeAccessToken(const daybook::v1::RevokeAccessTokenRequest& request,
                                     Decision& decision) {
  const AccessTokenRow* token = nullptr;
  if (auto refusal = FindToken(decision, request.token_id(), &token)) return refusal;
  if (!token->revoked()) {
    decision.Emit(Changed(request.token_id(), ev::AccessTokenChanged::ACTION_REVOKED));
  }
  return std::nullopt;
}

void AnswerRevokeAccessToken(const Recorded&, daybook::v1::RevokeAccessTokenResponse*) {}

}  // namespace daybook::projections::registry
