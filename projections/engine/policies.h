// The rules that a tenant has published, by version and instant. A PolicySet is immutable: the
// registry makes a new one with every registry commit, and a decision uses the one it began with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "daybook/event/v1/registry.pb.h"
#include "ledger/types.h"
#include "projections/engine/string_map.h"

namespace daybook::projections {

class AccessTokens;

// One version of one policy, in the form that rules like best. Domains derive from it.
class Policy {
 public:
  Policy(uint32_t number, ledger::Timestamp from) : version(number), effective_from(from) {}
  virtual ~Policy() = default;
  const uint32_t version;
  const ledger::Timestamp effective_from;
};

// An import session as the registry knows it.
struct ImportSessionState {
  std::string source;
  bool open = false;
  ledger::Timestamp opened_at;
  ledger::Timestamp closed_at;
};

// What a tenant said of itself.
struct TenantSettings {
  std::string zone = "UTC";
  std::string currency = "EUR";
  std::string language = "en";
  std::optional<ledger::Timestamp> created_at;  // when it said so
};

// The tenant that every ledger has.
inline constexpr std::string_view kMainTenant = "main";

class PolicySet {
 public:
  // Registry sequence up to which it knows everything.
  ledger::Sequence registry_sequence() const { return registry_sequence_; }

  // The version of a policy in force at `at`: greatest effective_from ≤ at, among those the
  // greatest version; null if none. `kind` is the event type that publishes it, `id` the policy's
  // id in the tenant.
  template <typename P>
  const P* InForce(std::string_view tenant, uint16_t kind, std::string_view id,
                   ledger::Timestamp at) const {
    return static_cast<const P*>(FindInForce(tenant, kind, id, at));
  }
  // A certain version; null if there is none.
  template <typename P>
  const P* Version(std::string_view tenant, uint16_t kind, std::string_view id,
                   uint32_t version) const {
    return static_cast<const P*>(FindVersion(tenant, kind, id, version));
  }
  // Ids of all policies of a kind that the tenant ever published, ascending.
  std::vector<std::string> Ids(std::string_view tenant, uint16_t kind) const;
  // Highest version so far; 0 if none.
  uint32_t LatestVersion(std::string_view tenant, uint16_t kind, std::string_view id) const;

  const TenantSettings& tenant(std::string_view tenant) const;
  bool HasTenant(std::string_view tenant) const;
  // All, by name.
  std::vector<std::string> Tenants() const;
  const AccessTokens& tokens() const;
  // Null if there never was one of this id.
  const ImportSessionState* ImportSession(std::string_view tenant,
                                          std::string_view session_id) const;
  bool HasOpenImportSession() const { return open_sessions_ > 0; }
  uint32_t ledger_level() const { return ledger_level_; }

 private:
  friend class Registry;
  const Policy* FindInForce(std::string_view tenant, uint16_t kind, std::string_view id,
                            ledger::Timestamp at) const;
  const Policy* FindVersion(std::string_view tenant, uint16_t kind, std::string_view id,
                            uint32_t version) const;

  static std::string KeyOf(std::string_view tenant, uint16_t kind, std::string_view id);

  ledger::Sequence registry_sequence_;
  uint32_t ledger_level_ = 1;
  uint32_t open_sessions_ = 0;
  absl::btree_map<std::string, std::vector<std::shared_ptr<const Policy>>> policies_;  // by version
  StringMap<TenantSettings> tenants_;
  std::shared_ptr<const AccessTokens> tokens_;  // null: none yet
  StringMap<ImportSessionState> sessions_;      // by tenant and id
};

}  // namespace daybook::projections
