// What a programme must be before it is published: a rule found to be nonsense later could not be
// taken back.
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/programme.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

constexpr int kMaxRules = 200;
constexpr int kMaxCodes = 1000;
constexpr int64_t kMaxRulePoints = 1'000'000;
constexpr int64_t kMaxPerMinorUnits = 1'000'000'000;
constexpr uint32_t kMaxGraceDays = 366;
constexpr uint32_t kMaxLatenessDays = 3660;

using Codes = google::protobuf::RepeatedPtrField<std::string>;

MaybeRefusal CheckCodes(const std::string& field, const Codes& codes) {
  if (codes.size() > kMaxCodes) return PolicyInvalid(field, "more than 1,000 entries");
  for (int i = 0; i < codes.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", field, i);
    if (MaybeRefusal r = CheckText(path, codes[i], Presence::kRequired, 64)) return AsPolicy(r);
  }
  return std::nullopt;
}

MaybeRefusal CheckDisjoint(const std::string& field, const Codes& included, const Codes& excluded) {
  absl::flat_hash_set<std::string> in;
  for (const std::string& code : included) in.insert(absl::AsciiStrToLower(code));
  for (int i = 0; i < excluded.size(); ++i) {
    if (in.contains(absl::AsciiStrToLower(excluded[i]))) {
      return PolicyInvalid(fmt::format("{}[{}]", field, i),
                           fmt::format("'{}' is both included and excluded", excluded[i]));
    }
  }
  return std::nullopt;
}

MaybeRefusal CheckRule(const std::string& field, const ev::EarnRule& rule) {
  if (MaybeRefusal r = CheckCode(field + ".rule_id", rule.rule_id(), Presence::kRequired)) {
    return AsPolicy(r);
  }
  if (MaybeRefusal r =
          CheckText(field + ".description", rule.description(), Presence::kOptional, 256)) {
    return AsPolicy(r);
  }
  if (rule.points() < 1 || rule.points() > kMaxRulePoints) {
    return PolicyInvalid(field + ".points", fmt::format("{} is not from 1 to 10^6", rule.points()));
  }
  if (rule.per_minor_units() < 1 || rule.per_minor_units() > kMaxPerMinorUnits) {
    return PolicyInvalid(field + ".per_minor_units",
                         fmt::format("{} is not from 1 to 10^9", rule.per_minor_units()));
  }
  if (MaybeRefusal r = CheckCodes(field + ".include_products", rule.include_products())) return r;
  if (MaybeRefusal r = CheckCodes(field + ".exclude_products", rule.exclude_products())) return r;
  if (MaybeRefusal r = CheckCodes(field + ".include_categories", rule.include_categories()))
    return r;
  if (MaybeRefusal r = CheckCodes(field + ".exclude_categories", rule.exclude_categories()))
    return r;
  if (MaybeRefusal r = CheckDisjoint(field + ".exclude_products", rule.include_products(),
                                     rule.exclude_products())) {
    return r;
  }
  return CheckDisjoint(field + ".exclude_categories", rule.include_categories(),
                       rule.exclude_categories());
}

MaybeRefusal CheckRules(const ev::ProgrammePublished& programme) {
  if (programme.earn_rules_size() < 1 || programme.earn_rules_size() > kMaxRules) {
    return PolicyInvalid(
        "earn_rules", fmt::format("{} rules; 1 to 200 are allowed", programme.earn_rules_size()));
  }
  absl::flat_hash_set<std::string> ids;
  int64_t multiple = 1;
  for (int i = 0; i < programme.earn_rules_size(); ++i) {
    const ev::EarnRule& rule = programme.earn_rules(i);
    const std::string field = fmt::format("earn_rules[{}]", i);
    if (MaybeRefusal r = CheckRule(field, rule)) return r;
    if (!ids.insert(rule.rule_id()).second) {
      return PolicyInvalid(field + ".rule_id", fmt::format("'{}' stands twice", rule.rule_id()));
    }
    const std::optional<int64_t> next = CommonMultiple(multiple, rule.per_minor_units());
    if (!next) {
      return PolicyInvalid(
          field + ".per_minor_units",
          "has no common multiple of at most 10^12 with those of the rules before");
    }
    multiple = *next;
  }
  return std::nullopt;
}

MaybeRefusal CheckPeriods(const ev::ProgrammePublished& programme) {
  if (MaybeRefusal r = CheckPolicyPeriod("activation_delay", programme.activation_delay()))
    return r;
  if (MaybeRefusal r = CheckPolicyPeriod("expires_after", programme.expires_after())) return r;
  if (!programme.has_expires_after()) return std::nullopt;
  if (IsZero(programme.expires_after())) {
    return PolicyInvalid("expires_after", "is not longer than zero; absent: points do not expire");
  }
  // Months have no fixed length; on a day that begins the longest ones the contradiction shows.
  constexpr LocalDate kDay{2001, 7, 1};
  if (AddPeriod(kDay, programme.activation_delay()) > AddPeriod(kDay, programme.expires_after())) {
    return PolicyInvalid("activation_delay", "points would lapse before they become active");
  }
  return std::nullopt;
}

// An enum of which zero means "not given".
MaybeRefusal CheckChoice(const char* field, int value, bool valid) {
  if (value == 0) return PolicyInvalid(field, "is required");
  if (!valid) return PolicyInvalid(field, fmt::format("{} is not one of its values", value));
  return std::nullopt;
}

MaybeRefusal CheckChoices(const ev::ProgrammePublished& programme) {
  if (MaybeRefusal r = CheckChoice("rounding", programme.rounding(),
                                   ev::Rounding_IsValid(programme.rounding()))) {
    return r;
  }
  if (MaybeRefusal r = CheckPeriods(programme)) return r;
  if (MaybeRefusal r = CheckChoice("allocation_order", programme.allocation_order(),
                                   ev::AllocationOrder_IsValid(programme.allocation_order()))) {
    return r;
  }
  if (MaybeRefusal r = CheckChoice("shortfall", programme.shortfall(),
                                   ev::ShortfallPolicy_IsValid(programme.shortfall()))) {
    return r;
  }
  if (MaybeRefusal r = CheckChoice("expired_refund", programme.expired_refund(),
                                   ev::ExpiredRefundPolicy_IsValid(programme.expired_refund()))) {
    return r;
  }
  const bool grace = programme.expired_refund() == ev::EXPIRED_REFUND_POLICY_GRACE;
  if (grace && (programme.grace_days() < 1 || programme.grace_days() > kMaxGraceDays)) {
    return PolicyInvalid("grace_days",
                         fmt::format("{} is not from 1 to 366", programme.grace_days()));
  }
  if (!grace && programme.grace_days() != 0) {
    return PolicyInvalid("grace_days", "is only for the policy that gives grace");
  }
  if (programme.lateness_days() > kMaxLatenessDays) {
    return PolicyInvalid("lateness_days",
                         fmt::format("{} is more than 3,660", programme.lateness_days()));
  }
  return std::nullopt;
}

}  // namespace

MaybeRefusal CheckProgramme(const ev::ProgrammePublished& programme) {
  if (MaybeRefusal r = CheckCode("programme_id", programme.programme_id(), Presence::kRequired)) {
    return AsPolicy(r);
  }
  if (programme.version() != 0) return PolicyInvalid("version", "is given by the server");
  // At once would be another instant in each partition.
  if (!programme.has_effective_from()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "effective_from", "is required");
  }
  Timestamp ignored;
  if (MaybeRefusal r = CheckInstant("effective_from", programme.effective_from(), &ignored)) {
    return AsPolicy(r);
  }
  if (MaybeRefusal r = CheckText("name", programme.name(), Presence::kRequired, 128))
    return AsPolicy(r);
  if (MaybeRefusal r = CheckCurrency("currency", programme.currency())) return AsPolicy(r);
  if (MaybeRefusal r = CheckZone("zone", programme.zone(), Presence::kRequired)) return AsPolicy(r);
  if (MaybeRefusal r = CheckRules(programme)) return r;
  return CheckChoices(programme);
}

}  // namespace daybook::projections::loyalty
