// Goal: covers end, parts are paid and refunds are given as a plain count of days and months says
// (domain.md 5.2).
#include "projections/warranty/rules.h"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <vector>

#include "projections/engine/validation.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::warranty {
namespace {

namespace ev = daybook::event::v1;
using testing::At;

ev::WarrantyIssued Issued(std::string_view from, std::string_view until, ev::WarrantyRefund refund,
                          int64_t price) {
  ev::WarrantyIssued issued;
  issued.set_zone("UTC");
  issued.set_currency("GBP");
  issued.set_refund(refund);
  issued.mutable_price()->set_minor_units(price);
  *issued.mutable_starts_at() = ToProto(At(from));
  *issued.mutable_until() = ToProto(At(until));
  return issued;
}

// A calendar of its own.
bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int DaysIn(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}
LocalDate NextDay(LocalDate date) {
  if (++date.day > DaysIn(date.year, date.month)) {
    date.day = 1;
    if (++date.month > 12) {
      date.month = 1;
      ++date.year;
    }
  }
  return date;
}

TEST_CASE("months are whole as birthdays are") {
  CHECK(WholeMonths({2024, 1, 31}, {2024, 2, 28}) == 0);
  CHECK(WholeMonths({2024, 1, 31}, {2024, 2, 29}) == 1);
  CHECK(WholeMonths({2024, 2, 29}, {2026, 2, 28}) == 24);
  CHECK(WholeMonths({2024, 5, 10}, {2024, 5, 9}) == 0);
}

TEST_CASE("whole months against a walk over the days") {
  rc::prop("a month is over on its day, or on the last of a shorter month", [] {
    LocalDate from{*rc::gen::inRange(1990, 2040), *rc::gen::inRange(1, 13), 1};
    from.day = *rc::gen::inRange(1, DaysIn(from.year, from.month) + 1);
    const int days = *rc::gen::inRange(0, 1500);
    LocalDate date = from;
    uint32_t months = 0;
    for (int i = 0; i < days; ++i) {
      date = NextDay(date);
      const bool last = date.day == DaysIn(date.year, date.month);
      months += date.day == from.day || (last && date.day < from.day) ? 1 : 0;
    }
    RC_ASSERT(WholeMonths(from, date) == months);
  });
}

TEST_CASE("refunds by days, months and table") {
  // 365 days, 12 months.
  const auto day =
      Issued("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", ev::WARRANTY_REFUND_BY_DAY, 36500);
  CHECK(RefundAt(day, At("2024-06-01T12:00:00Z")) == 36500);
  CHECK(RefundAt(day, At("2025-01-01T12:00:00Z")) == 36500);
  CHECK(RefundAt(day, At("2025-01-02T00:00:00Z")) == 36400);
  CHECK(RefundAt(day, At("2025-12-31T23:59:59Z")) == 100);
  CHECK(RefundAt(day, At("2026-01-01T00:00:00Z")) == 0);
  auto month = day;
  month.set_refund(ev::WARRANTY_REFUND_BY_MONTH);
  CHECK(RefundAt(month, At("2025-01-01T12:00:00Z")) == 36500);
  CHECK(RefundAt(month, At("2025-01-02T12:00:00Z")) == 33458);  // 11 of 12: 33,458.33
  CHECK(RefundAt(month, At("2025-12-01T12:00:00Z")) == 3042);   // 3,041.67
  auto table = day;
  table.set_refund(ev::WARRANTY_REFUND_BY_TABLE);
  CHECK(RefundAt(table, At("2025-01-01T12:00:00Z")) == 0);
  const std::vector<std::pair<uint32_t, uint32_t>> steps = {{0, 10'000}, {1, 5'000}, {6, 333}};
  for (const auto& [from, part] : steps) {
    auto* step = table.add_refund_table();
    step->set_from_month(from);
    step->set_basis_points(part);
  }
  CHECK(RefundAt(table, At("2025-01-31T12:00:00Z")) == 36500);
  CHECK(RefundAt(table, At("2025-02-01T12:00:00Z")) == 18250);
  CHECK(RefundAt(table, At("2025-07-01T12:00:00Z")) == 1215);  // 1,215.45
}

TEST_CASE("a refund by days falls by what each day is worth, and never below nothing") {
  rc::prop("against a count of the days left", [] {
    const int64_t price = *rc::gen::inRange<int64_t>(0, 1'000'000);
    const auto issued =
        Issued("2023-03-01T00:00:00Z", "2025-03-02T00:00:00Z", ev::WARRANTY_REFUND_BY_DAY, price);
    const int64_t all = 732;  // with a leap day
    const int64_t gone = *rc::gen::inRange<int64_t>(0, 800);
    const Timestamp at{At("2023-03-01T09:00:00Z").micros + gone * 86'400'000'000};
    const int64_t left = std::max<int64_t>(0, all - gone);
    const int64_t refund = RefundAt(issued, at);
    // The nearest whole unit.
    RC_ASSERT(2 * std::llabs(refund * all - price * left) <= all);
  });
}

TEST_CASE("what is payable") {
  CHECK(Payable(10'000, 10'000, 0) == 10'000);
  CHECK(Payable(10'001, 5'000, 0) == 5'000);  // a half goes to the even
  CHECK(Payable(10'003, 5'000, 0) == 5'002);
  CHECK(Payable(10'000, 5'000, 2'500) == 2'500);
  CHECK(Payable(10'000, 5'000, 6'000) == 0);
}

}  // namespace
}  // namespace daybook::projections::warranty
