#include "projections/warranty/terms.h"

#include "absl/container/flat_hash_set.h"
#include "absl/time/civil_time.h"
#include "fmt/format.h"
#include "projections/engine/calendar.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"
#include "projections/sales/rules.h"
#include "projections/warranty/rules.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;

namespace {

constexpr int kMaxCovers = 200;
constexpr int kMaxSteps = 1200;
// Terms add up to three centuries to it, and years have four digits.
constexpr int kLastYear = 9000;

MaybeRefusal CheckRange(std::string field, uint64_t value, uint64_t most) {
  if (value <= most) return std::nullopt;
  return PolicyInvalid(std::move(field), fmt::format("{} is more than {}", value, most));
}

MaybeRefusal CheckAmount(std::string field, int64_t minor) {
  if (minor >= 0 && minor <= sales::kMaxAmount) return std::nullopt;
  return PolicyInvalid(std::move(field), fmt::format("{} is not from 0 to 10^15", minor));
}

MaybeRefusal CheckSteps(const std::string& field,
                        const google::protobuf::RepeatedPtrField<ev::MonthStep>& steps) {
  if (steps.size() > kMaxSteps) return PolicyInvalid(field, "more than 1,200 steps");
  for (int i = 0; i < steps.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", field, i);
    if (i > 0 && steps[i].from_month() <= steps[i - 1].from_month())
      return PolicyInvalid(path + ".from_month", "does not ascend");
    if (auto r = CheckRange(path + ".from_month", steps[i].from_month(), 1200)) return r;
    if (auto r = CheckRange(path + ".basis_points", steps[i].basis_points(), kWholeBasisPoints))
      return r;
  }
  return std::nullopt;
}

MaybeRefusal CheckCover(const std::string& path, const ev::CoverTerms& cover) {
  if (auto r = CheckCode(path + ".component", cover.component(), Presence::kOptional))
    return AsPolicy(r);
  if (cover.excluded()) {
    return cover.component().empty() ? PolicyInvalid(path + ".component", "says what is excluded")
                                     : std::nullopt;
  }
  if (auto r = CheckPolicyPeriod(path + ".period", cover.period())) return r;
  if (IsZero(cover.period())) return PolicyInvalid(path + ".period", "is required");
  if (cover.usage_limit() < 0) return PolicyInvalid(path + ".usage_limit", "is negative");
  if (cover.basis_points() < 1 || cover.basis_points() > kWholeBasisPoints)
    return PolicyInvalid(path + ".basis_points", "is not from 1 to 10,000");
  if (auto r = CheckSteps(path + ".by_age", cover.by_age())) return r;
  return CheckAmount(path + ".deductible_minor", cover.deductible_minor());
}

MaybeRefusal CheckCovers(const ev::WarrantyTermsPublished& terms) {
  if (terms.covers().empty()) return PolicyInvalid("covers", "at least one line is required");
  if (terms.covers_size() > kMaxCovers) return PolicyInvalid("covers", "more than 200 lines");
  absl::flat_hash_set<std::string> seen;
  bool covers_something = false;
  for (int i = 0; i < terms.covers_size(); ++i) {
    const std::string path = fmt::format("covers[{}]", i);
    if (auto r = CheckCover(path, terms.covers(i))) return r;
    if (!seen.insert(terms.covers(i).component()).second)
      return PolicyInvalid(path + ".component", "stands in an earlier line");
    covers_something |= !terms.covers(i).excluded();
  }
  return covers_something ? std::nullopt : PolicyInvalid("covers", "everything is excluded");
}

MaybeRefusal CheckRefund(const ev::WarrantyTermsPublished& terms) {
  if (!ev::WarrantyRefund_IsValid(terms.refund()))
    return PolicyInvalid("refund", "is not one of its values");
  const bool by_table = terms.refund() == ev::WARRANTY_REFUND_BY_TABLE;
  if (by_table == terms.refund_table().empty()) {
    return PolicyInvalid("refund_table", by_table ? "is required" : "is taken with BY_TABLE only");
  }
  return CheckSteps("refund_table", terms.refund_table());
}

}  // namespace

Terms::Terms(const ev::WarrantyTermsPublished& published)
    : Policy(published.version(), FromProto(published.effective_from())), published_(published) {}

const Terms* TermsInForce(const Decision& decision, std::string_view terms_id) {
  return decision.context().policies->InForce<Terms>(decision.entity().tenant,
                                                     ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED,
                                                     terms_id, decision.context().effective);
}

MaybeRefusal CheckTerms(const ev::WarrantyTermsPublished& terms) {
  if (auto r = CheckCode("terms_id", terms.terms_id(), Presence::kRequired)) return AsPolicy(r);
  if (terms.version() != 0) return PolicyInvalid("version", "is given by the server");
  if (!terms.has_effective_from()) return PolicyInvalid("effective_from", "is required");
  ledger::Timestamp ignored;
  if (auto r = CheckInstant("effective_from", terms.effective_from(), &ignored)) return AsPolicy(r);
  if (auto r = CheckText("name", terms.name(), Presence::kRequired, 128)) return AsPolicy(r);
  if (!ev::WarrantyKind_IsValid(terms.kind()) || terms.kind() == 0)
    return PolicyInvalid("kind", "is not one of its values");
  if (auto r = CheckCurrency("currency", terms.currency())) return AsPolicy(r);
  if (auto r = CheckZone("zone", terms.zone(), Presence::kRequired)) return AsPolicy(r);
  if (!terms.after_base() &&
      (!ev::StartBasis_IsValid(terms.start_basis()) || terms.start_basis() == 0))
    return PolicyInvalid("start_basis", "is not one of its values");
  if (auto r = CheckPolicyPeriod("shelf_time", terms.shelf_time())) return r;
  if (auto r = CheckCovers(terms)) return r;
  if (auto r = CheckRange("report_within_days", terms.report_within_days(), 3660)) return r;
  if (auto r = CheckRange("transfer_within_days", terms.transfer_within_days(), 36'600)) return r;
  if (terms.transfer_within_days() > 0 && !terms.transferable())
    return PolicyInvalid("transfer_within_days", "is taken with `transferable` only");
  if (auto r = CheckRange("max_claims", terms.max_claims(), 10'000)) return r;
  if (auto r = CheckAmount("max_amount_minor", terms.max_amount_minor())) return r;
  if (auto r = CheckAmount("approval_limit_minor", terms.approval_limit_minor())) return r;
  if (auto r = CheckRange("duplicate_within_days", terms.duplicate_within_days(), 366)) return r;
  return CheckRefund(terms);
}

MaybeRefusal CheckDate(std::string_view field, const ev::LocalDate& date) {
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (date.year() >= 1900 && date.year() <= kLastYear && day.year() == date.year() &&
      day.month() == date.month() && day.day() == date.day()) {
    return std::nullopt;
  }
  return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                fmt::format("{}-{}-{} is not a day between 1900 and {}", date.year(), date.month(),
                            date.day(), kLastYear));
}

}  // namespace daybook::projections::warranty
