#include "projections/engine/access_tokens.h"

#include <algorithm>

#include "daybook/event/v1/access.pb.h"
#include "projections/engine/validation.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;

namespace {

bool TakeHash(const std::string& bytes, ledger::Bytes32* hash) {
  if (bytes.size() != hash->size()) return false;
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

}  // namespace

void AccessTokens::Apply(const Event& event) {
  const auto& changed = event.As<ev::AccessTokenChanged>();
  Entry& entry = by_name_[{std::string(event.tenant), changed.token_id()}];
  auto token = entry.token == nullptr ? std::make_shared<AccessToken>()
                                      : std::make_shared<AccessToken>(*entry.token);
  if (changed.action() == ev::AccessTokenChanged::ACTION_ISSUED) {
    token->tenant = std::string(event.tenant);
    token->token_id = changed.token_id();
    token->principal = changed.principal();
    token->roles = RolesIn(changed.roles());
    token->role_names = NameOf(token->roles);
    if (changed.has_expires_at()) token->expires_at = FromProto(changed.expires_at());
    token->issued_at = event.recorded_at;
  } else {
    token->changed_at = event.recorded_at;
    token->revoked |= changed.action() == ev::AccessTokenChanged::ACTION_REVOKED;
  }
  if (changed.action() == ev::AccessTokenChanged::ACTION_ROTATED && !entry.secrets.empty()) {
    Secret& previous = by_secret_[entry.secrets.back()];
    previous.until =
        changed.has_previous_until() ? FromProto(changed.previous_until()) : ledger::kDistantPast;
  }
  ledger::Bytes32 hash;
  // A secret that somebody has already stays theirs.
  if (TakeHash(changed.token_sha256(), &hash) && by_secret_.try_emplace(hash).second) {
    entry.secrets.push_back(hash);
  }
  Put(entry, std::move(token));
}

void AccessTokens::Put(Entry& entry, std::shared_ptr<const AccessToken> token) {
  for (const ledger::Bytes32& secret : entry.secrets) by_secret_[secret].token = token;
  entry.token = std::move(token);
}

const AccessToken* AccessTokens::Find(const ledger::Bytes32& sha256, ledger::Timestamp at) const {
  const auto found = by_secret_.find(sha256);
  if (found == by_secret_.end()) return nullptr;
  const AccessToken& token = *found->second.token;
  const bool good = !token.revoked && at < token.expires_at && at < found->second.until;
  return good ? &token : nullptr;
}

const AccessToken* AccessTokens::Named(std::string_view tenant, std::string_view token_id) const {
  const auto found = by_name_.find({std::string(tenant), std::string(token_id)});
  return found == by_name_.end() ? nullptr : found->second.token.get();
}

std::vector<const AccessToken*> AccessTokens::Of(std::string_view tenant) const {
  std::vector<const AccessToken*> tokens;
  for (auto it = by_name_.lower_bound({std::string(tenant), ""});
       it != by_name_.end() && it->first.first == tenant; ++it) {
    tokens.push_back(it->second.token.get());
  }
  return tokens;
}

}  // namespace daybook::projections
