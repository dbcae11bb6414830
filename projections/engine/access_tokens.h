// The tokens of all tenants, as the registry's events have left them. A value; the registry makes a
// new one with every change.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "ledger/types.h"
#include "projections/engine/caller.h"
#include "projections/engine/event.h"

namespace daybook::projections {

// One token, without its secret.
struct AccessToken {
  std::string tenant;
  std::string token_id;
  std::string principal;
  RoleSet roles;
  std::string role_names;  // NameOf(roles)
  ledger::Timestamp expires_at = ledger::kDistantFuture;
  bool revoked = false;
  ledger::Timestamp issued_at;
  ledger::Timestamp changed_at = ledger::kDistantPast;  // rotated or revoked
};

class AccessTokens {
 public:
  // Folds an AccessTokenChanged.
  void Apply(const Event& event);

  // The token whose secret has this SHA-256, if it is good at `at`; else null. Valid as long as
  // this set.
  const AccessToken* Find(const ledger::Bytes32& sha256, ledger::Timestamp at) const;
  // Good or not; null if there is none of this id.
  const AccessToken* Named(std::string_view tenant, std::string_view token_id) const;
  // Of a tenant, by id.
  std::vector<const AccessToken*> Of(std::string_view tenant) const;

 private:
  struct Secret {
    std::shared_ptr<const AccessToken> token;
    ledger::Timestamp until = ledger::kDistantFuture;  // a rotated one is good no longer than that
  };
  using Name = std::pair<std::string, std::string>;  // tenant and token id
  struct Entry {
    std::shared_ptr<const AccessToken> token;
    std::vector<ledger::Bytes32> secrets;  // the last is the present one
  };

  void Put(Entry& entry, std::shared_ptr<const AccessToken> token);

  absl::btree_map<Name, Entry> by_name_;
  absl::flat_hash_map<ledger::Bytes32, Secret> by_secret_;
};

}  // namespace daybook::projections
