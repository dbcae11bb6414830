#include "daybook/v1/access.pb.h"

#include "projections/engine/access_tokens.h"
#include "server/access_records.h"
#include "server/services/services.h"

namespace daybook::server {
namespace {

using projections::Caller;
using projections::MaybeRefusal;

// Nobody gives away more than an administrator has: operators are made by operators.
MaybeRefusal MayIssue(const Caller& caller, const google::protobuf::Message& message) {
  const auto& request = static_cast<const v1::IssueAccessTokenRequest&>(message);
  if (auto refusal = CheckTenant(caller, request.tenant())) return refusal;
  if (caller.roles.Has(event::v1::ROLE_OPERATOR) ||
      !projections::RolesIn(request.roles()).Has(event::v1::ROLE_OPERATOR)) {
    return std::nullopt;
  }
  return RefusePermission("roles", "operators are made by operators");
}

// Whoever gives an operator's token another secret is an operator.
template <typename Request>
MethodTable::MayAsk MayChangeToken(projections::Engine* engine) {
  return [engine](const Caller& caller, const google::protobuf::Message& message) -> MaybeRefusal {
    const auto& request = static_cast<const Request&>(message);
    if (auto refusal = CheckTenant(caller, request.tenant())) return refusal;
    if (caller.roles.Has(event::v1::ROLE_OPERATOR)) return std::nullopt;
    const auto policies = engine->policies();
    const auto* token = policies->tokens().Named(caller.tenant, request.token_id());
    if (token == nullptr || !token->roles.Has(event::v1::ROLE_OPERATOR)) return std::nullopt;
    return RefusePermission("token_id", "an operator's token is changed by operators");
  };
}

}  // namespace

std::unique_ptr<MethodTable> MakeAccessService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.AccessService", host);
  service->Command("IssueAccessToken", MayIssue);
  service->Command("RotateAccessToken", MayChangeToken<v1::RotateAccessTokenRequest>(host.engine));
  service->Command("RevokeAccessToken", MayChangeToken<v1::RevokeAccessTokenRequest>(host.engine));
  service->Query("ListAccessTokens", MayNameTenant<v1::ListAccessTokensRequest>());
  service->Function<v1::ListAccessRecordsRequest, v1::ListAccessRecordsResponse>(
      "ListAccessRecords", MethodTable::Where::kInBackground,
      [records = AccessRecords(host.engine)](const Caller& caller,
                                             const v1::ListAccessRecordsRequest& request,
                                             v1::ListAccessRecordsResponse* response) {
        return records.List(caller, request, response);
      });
  service->Complete();
  return service;
}

}  // namespace daybook::server
