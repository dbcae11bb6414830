#include "server/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "projections/engine/access_tokens.h"
#include "projections/engine/validation.h"
#include "projections/registry/access.h"
#include "server/bearer_token.h"
#include "server/errors.h"

namespace daybook::server {

using projections::Caller;
using projections::MaybeRefusal;

namespace {

constexpr std::string_view kBearer = "Bearer ";
// What is recorded of callers where no token is asked for.
constexpr char kAnybodysRole[] = "admin";

constexpr size_t kTraceparentLength = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

uint64_t NextGuardId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1) + 1;
}

// Empty if the call has no such header.
std::string_view HeaderOf(const grpc::CallbackServerContext& context, const char* name) {
  const auto& headers = context.client_metadata();
  const auto found = headers.find(name);
  if (found == headers.end()) return {};
  return {found->second.data(), found->second.size()};
}

MaybeRefusal RefuseToken() {
  return projections::Refuse(v1::REASON_TOKEN_INVALID, "",
                             "the token is not known here, or not good any more");
}

// What a call says of why it reads; it goes into the record of the access.
MaybeRefusal TakePurpose(const grpc::CallbackServerContext& context, Caller* caller) {
  const std::pair<const char*, std::string*> headers[] = {
      {"daybook-purpose", &caller->purpose},
      {"daybook-legal-basis", &caller->legal_basis},
      {"daybook-on-behalf-of", &caller->on_behalf_of},
      {"daybook-request-id", &caller->request_id},
  };
  for (const auto& [name, field] : headers) {
    const std::string_view value = HeaderOf(context, name);
    if (value.empty()) continue;
    if (auto refusal = projections::CheckCode(name, value, projections::Presence::kOptional)) {
      return refusal;
    }
    *field = std::string(value);
  }
  return std::nullopt;
}

}  // namespace

bool IsTraceparent(std::string_view text) {
  if (text.size() != kTraceparentLength || text.substr(0, 3) != "00-") return false;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return text[35] == '-' && text[52] == '-' && IsHex(trace) && IsHex(parent) &&
         IsHex(text.substr(53)) && !IsZero(trace) && !IsZero(parent);
}

std::string TraceparentOf(const grpc::CallbackServerContext& context) {
  const std::string_view text = HeaderOf(context, "traceparent");
  return IsTraceparent(text) ? std::string(text) : std::string();
}

Guard::Guard(projections::Engine* engine, bool require_tokens)
    : engine_(engine), require_tokens_(require_tokens), id_(NextGuardId()) {}

MaybeRefusal Guard::Admit(const grpc::CallbackServerContext& context, const GuardedMethod& method,
                          Caller* caller) const {
  caller->traceparent = TraceparentOf(context);
  if (!require_tokens_) {
    caller->role = kAnybodysRole;
  } else if (auto refusal = Authenticate(context, caller)) {
    return refusal;
  }
  if (auto refusal = TakePurpose(context, caller)) return refusal;
  if (caller->roles.HasAnyOf(method.roles)) return std::nullopt;
  if (projections::AccessLog* log = engine_->access_log()) {
    log->RecordRefused(*caller, method.name(), NameOf(v1::REASON_PERMISSION_DENIED));
  }
  return RefusePermission("", fmt::format("{} is for {}, not for {}", method.name(),
                                          projections::NameOf(method.roles), caller->role));
}

// Tokens are looked up by their hash, in ordinary time: whoever measures how long a look-up takes
// learns about hashes, and cannot make a token for a hash.
MaybeRefusal Guard::Authenticate(const grpc::CallbackServerContext& context, Caller* caller) const {
  const std::string_view header = HeaderOf(context, "authorization");
  ledger::Bytes32 sha256;
  if (!header.starts_with(kBearer) || !HashToken(header.substr(kBearer.size()), &sha256)) {
    return projections::Refuse(v1::REASON_TOKEN_MISSING, "",
                               "send a token: authorization: Bearer daybook_...");
  }
  const projections::AccessToken* token = Policies().tokens().Find(sha256, Now());
  if (token == nullptr) return RefuseToken();
  caller->token_sha256 = sha256;
  caller->tenant = token->tenant;
  caller->actor_id = token->principal;
  caller->roles = token->roles;
  caller->role = token->role_names;
  caller->token_id = token->token_id;
  // History names those who acted then, and an administrator may set things right.
  caller->may_name_actor =
      token->roles.Has(event::v1::ROLE_IMPORTER) || token->roles.Has(event::v1::ROLE_ADMIN);
  return std::nullopt;
}

MaybeRefusal Guard::Recheck(const Caller& caller) const {
  if (!require_tokens_) return std::nullopt;
  const bool good = Policies().tokens().Find(caller.token_sha256, Now()) != nullptr;
  return good ? std::nullopt : RefuseToken();
}

// By whichever clock is later: one that is not believed must not make an expired token good.
ledger::Timestamp Guard::Now() const {
  return std::max(engine_->clock().Now(), engine_->clock().Claimed());
}

const projections::PolicySet& Guard::Policies() const {
  struct Seen {
    uint64_t guard = 0;
    uint64_t version = 0;
    std::shared_ptr<const projections::PolicySet> policies;
  };
  thread_local Seen seen;
  const uint64_t version = engine_->policies_version();
  if (seen.guard != id_ || seen.version != version) {
    seen = {id_, version, engine_->policies()};
  }
  return *seen.policies;
}

MaybeRefusal Guard::RecordAccess(const Caller& caller, const GuardedMethod& method,
                                 const projections::PersonalReads& reads) const {
  if (reads.subjects().empty()) return std::nullopt;
  projections::AccessLog* const log = engine_->access_log();
  // Where nobody is asked who they are, the record says little: reads go on without it.
  if (log == nullptr || log->RecordGiven(caller, method.name(), reads) || !require_tokens_) {
    return std::nullopt;
  }
  return projections::Refuse(v1::REASON_ACCESS_NOT_RECORDED, "",
                             "accesses to personal fields cannot be recorded now");
}

MaybeRefusal CheckTenant(const Caller& caller, const std::string& tenant) {
  if (caller.roles.Has(event::v1::ROLE_OPERATOR)) return std::nullopt;
  std::string named = caller.tenant;
  if (auto refusal = projections::registry::ParseTenant("tenant", tenant, &named)) return refusal;
  if (named == caller.tenant) return std::nullopt;
  return RefusePermission("tenant", "another tenant's matters are for operators");
}

MaybeRefusal RefusePermission(std::string field, std::string message) {
  return projections::Refuse(v1::REASON_PERMISSION_DENIED, std::move(field), std::move(message));
}

}  // namespace daybook::server
