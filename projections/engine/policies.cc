#include "projections/engine/policies.h"

#include <set>

#include "projections/engine/access_tokens.h"

namespace daybook::projections {

std::string PolicySet::KeyOf(std::string_view tenant, uint16_t kind, std::string_view id) {
  // A zero byte cannot stand in a tenant, so ids of one tenant and kind stand together.
  std::string key(tenant);
  key.push_back('\0');
  key.push_back(static_cast<char>(kind >> 8));
  key.push_back(static_cast<char>(kind & 0xff));
  return key.append(id);
}

const Policy* PolicySet::FindInForce(std::string_view tenant, uint16_t kind, std::string_view id,
                                     ledger::Timestamp at) const {
  auto it = policies_.find(KeyOf(tenant, kind, id));
  if (it == policies_.end()) return nullptr;
  const Policy* best = nullptr;
  for (const auto& policy : it->second) {
    if (policy->effective_from > at) continue;
    if (best == nullptr || policy->effective_from >= best->effective_from) best = policy.get();
  }
  return best;
}

const Policy* PolicySet::FindVersion(std::string_view tenant, uint16_t kind, std::string_view id,
                                     uint32_t version) const {
  auto it = policies_.find(KeyOf(tenant, kind, id));
  if (it == policies_.end()) return nullptr;
  for (const auto& policy : it->second) {
    if (policy->version == version) return policy.get();
  }
  return nullptr;
}

std::vector<std::string> PolicySet::Ids(std::string_view tenant, uint16_t kind) const {
  const std::string prefix = KeyOf(tenant, kind, "");
  std::vector<std::string> ids;
  for (auto it = policies_.lower_bound(prefix);
       it != policies_.end() && it->first.starts_with(prefix); ++it) {
    ids.push_back(it->first.substr(prefix.size()));
  }
  return ids;
}

uint32_t PolicySet::LatestVersion(std::string_view tenant, uint16_t kind,
                                  std::string_view id) const {
  auto it = policies_.find(KeyOf(tenant, kind, id));
  return it == policies_.end() || it->second.empty() ? 0 : it->second.back()->version;
}

const TenantSettings& PolicySet::tenant(std::string_view tenant) const {
  static const TenantSettings kDefault;
  auto it = tenants_.find(tenant);
  return it == tenants_.end() ? kDefault : it->second;
}

const AccessTokens& PolicySet::tokens() const {
  static const AccessTokens& kNone = *new AccessTokens;
  return tokens_ == nullptr ? kNone : *tokens_;
}

bool PolicySet::HasTenant(std::string_view tenant) const {
  return tenant == kMainTenant || tenants_.contains(tenant);
}

std::vector<std::string> PolicySet::Tenants() const {
  std::set<std::string> names{std::string(kMainTenant)};
  for (const auto& [name, settings] : tenants_) names.insert(name);
  return {names.begin(), names.end()};
}

const ImportSessionState* PolicySet::ImportSession(std::string_view tenant,
                                                   std::string_view session_id) const {
  auto it = sessions_.find(KeyOf(tenant, 0, session_id));
  return it == sessions_.end() ? nullptr : &it->second;
}

}  // namespace daybook::projections
