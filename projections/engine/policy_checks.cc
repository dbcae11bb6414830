#include "projections/engine/policy_checks.h"

#include "fmt/format.h"

namespace daybook::projections {

namespace {

constexpr uint32_t kMaxYears = 100;
constexpr uint32_t kMaxMonths = 1200;
constexpr uint32_t kMaxDays = 36'600;

}  // namespace

MaybeRefusal PolicyInvalid(std::string field, std::string message) {
  return Refuse(daybook::v1::REASON_POLICY_INVALID, std::move(field), std::move(message));
}

MaybeRefusal AsPolicy(MaybeRefusal refusal) {
  if (refusal) refusal->reason = daybook::v1::REASON_POLICY_INVALID;
  return refusal;
}

MaybeRefusal CheckPolicyPeriod(const std::string& field, const daybook::event::v1::Period& period) {
  if (period.years() > kMaxYears) return PolicyInvalid(field + ".years", "more than 100");
  if (period.months() > kMaxMonths) return PolicyInvalid(field + ".months", "more than 1,200");
  if (period.days() > kMaxDays) return PolicyInvalid(field + ".days", "more than 36,600");
  return std::nullopt;
}

MaybeRefusal CheckEffectiveFrom(const DecisionContext& context, Timestamp from, std::string field,
                                const char* judged) {
  if (from >= context.now || !context.ledger_has_commits || context.historic) return std::nullopt;
  return Refuse(daybook::v1::REASON_EFFECTIVE_IN_PAST, std::move(field),
                fmt::format("lies in the past, where {} already", judged));
}

}  // namespace daybook::projections
