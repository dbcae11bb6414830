// Goal: days begin where the zone says, periods count as calendars do (domain.md 5.1 rule 7).
#include "projections/engine/calendar.h"

#include <catch2/catch.hpp>

#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;

daybook::event::v1::Period Span(uint32_t years, uint32_t months, uint32_t days) {
  daybook::event::v1::Period period;
  period.set_years(years);
  period.set_months(months);
  period.set_days(days);
  return period;
}

TEST_CASE("a period is added in years and months, clamped, then in days") {
  CHECK(AddPeriod({2023, 1, 31}, Span(0, 1, 0)) == LocalDate{2023, 2, 28});
  CHECK(AddPeriod({2024, 1, 31}, Span(0, 1, 0)) == LocalDate{2024, 2, 29});
  CHECK(AddPeriod({2024, 2, 29}, Span(1, 0, 0)) == LocalDate{2025, 2, 28});
  CHECK(AddPeriod({2024, 2, 29}, Span(4, 0, 0)) == LocalDate{2028, 2, 29});
  CHECK(AddPeriod({2024, 1, 31}, Span(0, 1, 1)) == LocalDate{2024, 3, 1});
  CHECK(AddPeriod({2023, 11, 30}, Span(1, 15, 0)) == LocalDate{2026, 2, 28});
  CHECK(AddPeriod({2024, 12, 31}, Span(0, 0, 366)) == LocalDate{2026, 1, 1});
  CHECK(AddPeriod({2000, 2, 29}, Span(100, 0, 0)) == LocalDate{2100, 2, 28});
  CHECK(AddPeriod({2024, 5, 17}, Span(0, 0, 0)) == LocalDate{2024, 5, 17});
}

TEST_CASE("a local day begins at the first instant that has its date") {
  const Zone london = *Zone::Load("Europe/London");
  CHECK(london.FirstInstantOf({2024, 1, 2}) == At("2024-01-02T00:00:00Z"));
  CHECK(london.FirstInstantOf({2024, 7, 2}) == At("2024-07-01T23:00:00Z"));
  // Midnight was skipped: the clock went from 23:59:59 to 01:00.
  const Zone beirut = *Zone::Load("Asia/Beirut");
  CHECK(beirut.FirstInstantOf({2022, 3, 27}) == At("2022-03-26T22:00:00Z"));
  // Midnight came twice within one day: the clock went from 01:00 back to 00:00.
  const Zone havana = *Zone::Load("America/Havana");
  CHECK(havana.FirstInstantOf({2022, 11, 6}) == At("2022-11-06T04:00:00Z"));
}

TEST_CASE("a date belongs to the zone") {
  CHECK(Zone::Load("Europe/London")->DateAt(At("2024-06-30T23:30:00Z")) == LocalDate{2024, 7, 1});
  CHECK(Zone::Load("UTC")->DateAt(At("2024-06-30T23:30:00Z")) == LocalDate{2024, 6, 30});
  CHECK(Zone::Load("Etc/GMT-14")->DateAt(At("1969-12-31T10:00:00Z")) == LocalDate{1970, 1, 1});
}

TEST_CASE("what lives until the end of a day is over at the first instant of the next") {
  const Zone london = *Zone::Load("Europe/London");
  // Bought in winter, over in summer time.
  CHECK(london.EndOfLife(At("2024-01-31T12:00:00Z"), Span(0, 6, 0)) == At("2024-07-31T23:00:00Z"));
  CHECK(london.EndOfLife(At("2024-01-31T12:00:00Z"), Span(0, 1, 0)) == At("2024-03-01T00:00:00Z"));
  CHECK(london.EndOfLife(At("2024-02-29T12:00:00Z"), Span(1, 0, 0)) == At("2025-03-01T00:00:00Z"));
  CHECK(london.EndOfLife(At("2010-12-04T09:00:00Z"), Span(0, 12, 0)) == At("2011-12-05T00:00:00Z"));
  CHECK(london.EndOfLife(At("2024-05-05T12:00:00Z"), Span(0, 0, 0)) == At("2024-05-05T23:00:00Z"));
}

TEST_CASE("a local time of day is kept; twice means the later instant, never means after the gap") {
  const Zone london = *Zone::Load("Europe/London");
  CHECK(london.Plus(At("2024-03-01T10:15:30.000001Z"), Span(0, 1, 0)) ==
        At("2024-04-01T09:15:30.000001Z"));
  // 01:30 on 27 October 2024 is 00:30Z and 01:30Z.
  CHECK(london.Plus(At("2024-09-27T00:30:00Z"), Span(0, 1, 0)) == At("2024-10-27T01:30:00Z"));
  // 01:30 on 31 March 2024 does not exist.
  CHECK(london.Plus(At("2024-03-30T01:30:00Z"), Span(0, 0, 1)) == At("2024-03-31T01:00:00Z"));
  CHECK(london.Plus(At("2024-03-30T01:30:00Z"), Span(0, 0, 2)) == At("2024-04-01T00:30:00Z"));
}

TEST_CASE("an unknown zone is none") { CHECK_FALSE(Zone::Load("Europe/Atlantis").has_value()); }

}  // namespace
}  // namespace daybook::projections
