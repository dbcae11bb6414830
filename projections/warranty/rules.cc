#include "projections/warranty/rules.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "projections/engine/validation.h"
#include "projections/sales/rules.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
using ledger::Timestamp;

namespace {

absl::CivilDay ToCivil(LocalDate date) { return absl::CivilDay(date.year, date.month, date.day); }

// The part that the last step not later than `month` names; `otherwise` before the first.
uint32_t StepAt(const google::protobuf::RepeatedPtrField<ev::MonthStep>& steps, uint32_t month,
                uint32_t otherwise) {
  uint32_t part = otherwise;
  for (const ev::MonthStep& step : steps) {
    if (step.from_month() <= month) part = step.basis_points();
  }
  return part;
}

int64_t PartOf(int64_t whole, int64_t part, int64_t all) {
  return static_cast<int64_t>(sales::RoundHalfEven(sales::Int128{whole} * part, all));
}

}  // namespace

int64_t DaysBetween(LocalDate from, LocalDate to) { return ToCivil(to) - ToCivil(from); }

uint32_t WholeMonths(LocalDate from, LocalDate to) {
  if (to < from) return 0;
  int months = (to.year - from.year) * 12 + to.month - from.month;
  ev::Period period;
  period.set_months(static_cast<uint32_t>(std::max(months, 0)));
  if (AddPeriod(from, period) > to) --months;
  return static_cast<uint32_t>(std::max(months, 0));
}

Zone ZoneOf(const ev::WarrantyIssued& issued) {
  return Zone::Load(issued.zone()).value_or(*Zone::Load("UTC"));
}

Timestamp EndOf(const ev::WarrantyIssued& issued) { return FromProto(issued.until()); }

std::string_view ReasonNotInForce(const WarrantyRow& row, Timestamp at) {
  if (row.has_ended() && row.ended_at_us() <= at.micros) {
    switch (row.ended().cause()) {
      case ev::WarrantyEnded::CAUSE_CANCELLED:
        return "CANCELLED";
      case ev::WarrantyEnded::CAUSE_EXHAUSTED:
        return "EXHAUSTED";
      case ev::WarrantyEnded::CAUSE_VOIDED:
        return "VOIDED";
      case ev::WarrantyEnded::CAUSE_NOT_TRANSFERABLE:
        return "NOT_TRANSFERABLE";
      case ev::WarrantyEnded::CAUSE_SCRAPPED:
        return "SCRAPPED";
      default:
        return "TIME_ENDED";
    }
  }
  if (at < FromProto(row.issued().starts_at())) return "NOT_STARTED";
  if (at >= EndOf(row.issued())) return "TIME_ENDED";
  return {};
}

const ev::Cover* CoverOf(const ev::WarrantyIssued& issued, std::string_view component) {
  const ev::Cover* all_others = nullptr;
  for (const ev::Cover& cover : issued.covers()) {
    if (cover.component() == component && !component.empty()) return &cover;
    if (cover.component().empty()) all_others = &cover;
  }
  return all_others;
}

CoverVerdict Judge(const WarrantyRow& row, const Failure& failure) {
  const ev::WarrantyIssued& issued = row.issued();
  CoverVerdict verdict;
  verdict.set_warranty_id(issued.warranty_id());
  verdict.set_terms_id(issued.terms_id());
  verdict.set_terms_version(issued.terms_version());
  const Zone zone = ZoneOf(issued);
  const LocalDate start = zone.DateAt(FromProto(issued.starts_at()));
  const LocalDate failed = zone.DateAt(failure.at);
  const ev::Cover* const cover = CoverOf(issued, failure.component);
  verdict.set_reason([&]() -> std::string {
    if (const std::string_view reason = ReasonNotInForce(row, failure.at); !reason.empty())
      return std::string(reason);
    if (cover == nullptr) return "COMPONENT_NOT_COVERED";
    if (cover->excluded()) return "EXCLUDED";
    if (failure.at >= FromProto(cover->until())) return "TIME_ENDED";
    if (cover->usage_limit() > 0 && failure.usage > cover->usage_limit()) return "USAGE_EXCEEDED";
    if (issued.report_within_days() > 0 &&
        DaysBetween(failed, zone.DateAt(failure.reported_at)) > issued.report_within_days()) {
      return "REPORTED_TOO_LATE";
    }
    return "";
  }());
  if (!verdict.reason().empty()) return verdict;
  verdict.set_covered(true);
  verdict.set_basis_points(
      StepAt(cover->by_age(), WholeMonths(start, failed), cover->basis_points()));
  verdict.set_deductible_minor(cover->deductible_minor());
  return verdict;
}

const CoverVerdict& Better(const CoverVerdict& a, const CoverVerdict& b) {
  if (a.covered() != b.covered()) return a.covered() ? a : b;
  if (a.basis_points() != b.basis_points()) return a.basis_points() > b.basis_points() ? a : b;
  return b.deductible_minor() < a.deductible_minor() ? b : a;
}

int64_t Payable(int64_t accepted_minor, uint32_t basis_points, int64_t deductible_minor) {
  return std::max<int64_t>(
      0, PartOf(accepted_minor, basis_points, kWholeBasisPoints) - deductible_minor);
}

int64_t RefundAt(const ev::WarrantyIssued& issued, Timestamp at) {
  const int64_t price = issued.price().minor_units();
  const Zone zone = ZoneOf(issued);
  const LocalDate start = zone.DateAt(FromProto(issued.starts_at()));
  const LocalDate end = zone.DateAt(EndOf(issued));  // the day after the last one
  const LocalDate today = std::clamp(zone.DateAt(at), start, end);
  switch (issued.refund()) {
    case ev::WARRANTY_REFUND_BY_DAY: {
      const int64_t all = DaysBetween(start, end);
      return all == 0 ? 0 : PartOf(price, DaysBetween(today, end), all);
    }
    case ev::WARRANTY_REFUND_BY_MONTH: {
      const uint32_t all = WholeMonths(start, end);
      return all == 0 ? 0 : PartOf(price, WholeMonths(today, end), all);
    }
    case ev::WARRANTY_REFUND_BY_TABLE:
      return PartOf(price, StepAt(issued.refund_table(), WholeMonths(start, today), 0),
                    kWholeBasisPoints);
    default:
      return 0;
  }
}

}  // namespace daybook::projections::warranty
