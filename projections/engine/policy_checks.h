// What all policies are checked for before they are published.
#pragma once

#include <string>

#include "daybook/event/v1/values.pb.h"
#include "projections/engine/decision.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

// POLICY_INVALID, about a field of the policy.
MaybeRefusal PolicyInvalid(std::string field, std::string message);
// The shared checks (validation.h) have reasons of their own; in a policy they are all one.
MaybeRefusal AsPolicy(MaybeRefusal refusal);
// The documented range of a period: 100 years, 1,200 months, 36,600 days.
MaybeRefusal CheckPolicyPeriod(const std::string& field, const daybook::event::v1::Period& period);

// A policy takes effect in the past only before the tenant's first commit and in an import:
// EFFECTIVE_IN_PAST. `judged` says what stands on the version before: "orders have been judged".
MaybeRefusal CheckEffectiveFrom(const DecisionContext& context, Timestamp from, std::string field,
                                const char* judged);

}  // namespace daybook::projections
