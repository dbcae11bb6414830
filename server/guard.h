// Who calls, and whether they may: the one place that every call passes before anything of it is
// looked at.
//
//   trace id ▸ token: whose is it, and is it good now? ▸ roles: may they call this method?
//
// Takes no lock: a thread keeps the policies that it saw last and looks at one counter to know that
// they are still the newest, so a token that is revoked is refused as soon as that is answered.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <string>
#include <string_view>

#include "projections/engine/engine.h"
#include "projections/engine/refusal.h"
#include "server/metrics.h"

namespace daybook::server {

// A method as the guard judges it.
struct GuardedMethod {
  MethodMetrics* metrics = nullptr;  // has its name, "daybook.v1.SalesService/RecordOrder"
  projections::RoleSet roles;        // who may call it

  const std::string& name() const { return metrics->method(); }
};

class Guard {
 public:
  // `engine` outlives it. Without tokens whoever reaches the server is tenant main with every role;
  // settings.h says where it may listen then.
  Guard(projections::Engine* engine, bool require_tokens);

  // Fills `caller`, or says why the call is refused. A refusal for want of a role is recorded as an
  // access; who has no token is nobody, and is only counted.
  projections::MaybeRefusal Admit(const grpc::CallbackServerContext& context,
                                  const GuardedMethod& method, projections::Caller* caller) const;
  // For streams, which outlive the judgement at their beginning: whether the token is good still.
  projections::MaybeRefusal Recheck(const projections::Caller& caller) const;
  // Records what a call has opened of persons. Refuses if it will not be recorded: then it must not
  // be given out.
  projections::MaybeRefusal RecordAccess(const projections::Caller& caller,
                                         const GuardedMethod& method,
                                         const projections::PersonalReads& reads) const;

 private:
  projections::MaybeRefusal Authenticate(const grpc::CallbackServerContext& context,
                                         projections::Caller* caller) const;
  ledger::Timestamp Now() const;
  const projections::PolicySet& Policies() const;

  projections::Engine* const engine_;
  const bool require_tokens_;
  const uint64_t id_;  // of this guard in this process; never used again
};

// A tenant's facts are of its own people; another tenant's of operators only. `tenant` as
// requests have it: "tenants/T", empty: the caller's own. Does not say whether there is such a
// tenant.
projections::MaybeRefusal CheckTenant(const projections::Caller& caller, const std::string& tenant);

// The refusal for want of a role or a right.
projections::MaybeRefusal RefusePermission(std::string field, std::string message);

// The W3C traceparent in a call's headers if it is well formed, else nothing.
std::string TraceparentOf(const grpc::CallbackServerContext& context);
// "00-<32 hex>-<16 hex>-<2 hex>", lower case, ids not zero.
bool IsTraceparent(std::string_view text);

}  // namespace daybook::server
