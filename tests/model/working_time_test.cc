// Goal: working time is what counting minute by minute gives, over years, through every change of
// the clocks (domain.md 5.4).
#include "projections/cases/working_time.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include "absl/time/civil_time.h"
#include "tests/projections/fakes.h"

namespace daybook::model {
namespace {

using projections::Timestamp;
using projections::cases::WorkingCalendar;
using projections::testing::At;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;

absl::TimeZone ZoneOf(const std::string& name) {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone(name, &zone));
  return zone;
}

int64_t DayOf(int year, int month, int day) {
  return absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
}

struct Hours {
  absl::TimeZone zone;
  std::array<std::vector<WorkingCalendar::Hours>, 7> week;
  std::set<int64_t> holidays;
  WorkingCalendar Calendar() const { return {zone, week, holidays}; }
};

// Monday to Friday, 08 to 18.
Hours Office(const std::string& zone, std::set<int64_t> holidays = {}) {
  Hours hours{ZoneOf(zone), {}, std::move(holidays)};
  for (size_t day = 0; day < 5; ++day) hours.week[day] = {{8 * 60, 18 * 60}};
  return hours;
}

// Looks at the local clock at the beginning of every minute. Zones change on whole minutes.
class MinuteByMinute {
 public:
  MinuteByMinute(const Hours& hours, Timestamp from) : hours_(hours), at_(from.micros) {}
  Timestamp at() const { return {at_}; }
  // Goes one minute further; true if it was working time.
  bool Step() {
    const absl::CivilSecond local = hours_.zone.At(absl::FromUnixMicros(at_)).cs;
    at_ += kMinute;
    const absl::CivilDay day(local);
    if (hours_.holidays.contains(day - absl::CivilDay(1970, 1, 1))) return false;
    const auto weekday = static_cast<size_t>(absl::GetWeekday(day));  // Monday is the first
    const int minute = local.hour() * 60 + local.minute();
    for (const auto& open : hours_.week[weekday]) {
      if (open.opens <= minute && minute < open.closes) return true;
    }
    return false;
  }

 private:
  const Hours& hours_;
  int64_t at_;
};

TEST_CASE("four hours from Monday at five are over on Tuesday at eleven", "[working_time]") {
  const WorkingCalendar london = Office("Europe/London").Calendar();
  const Timestamp monday = At("2024-03-04T17:00:00Z");
  CHECK(london.After(monday, 4 * kHour) == At("2024-03-05T11:00:00Z"));
  CHECK(london.After(monday, 3 * kHour) == At("2024-03-05T10:00:00Z"));
  CHECK(london.Between(monday, At("2024-03-05T11:00:00Z")) == 4 * kHour);
  // Time that ends with the day ends then, and not when the next day opens.
  CHECK(london.After(monday, kHour) == At("2024-03-04T18:00:00Z"));
  CHECK(london.After(monday, 0) == monday);
  // From Friday evening over a weekend in which the clocks go forward.
  CHECK(london.After(At("2024-03-29T20:00:00Z"), kHour) == At("2024-04-01T08:00:00Z"));
}

TEST_CASE("holidays, and what lies before 1970", "[working_time]") {
  const Hours office =
      Office("Europe/London", {DayOf(2024, 12, 25), DayOf(2024, 12, 26), DayOf(1963, 5, 6)});
  const WorkingCalendar london = office.Calendar();
  CHECK(london.After(At("2024-12-24T17:00:00Z"), 2 * kHour) == At("2024-12-27T09:00:00Z"));
  CHECK(london.Between(At("2024-12-25T00:00:00Z"), At("2024-12-27T00:00:00Z")) == 0);
  CHECK(london.After(At("1963-05-03T16:00:00Z"), 2 * kHour) == At("1963-05-07T08:00:00Z"));
}

TEST_CASE("an hour that comes twice counts twice, one that does not come not at all",
          "[working_time]") {
  Hours nights{ZoneOf("Europe/London"), {}, {}};
  for (auto& day : nights.week) day = {{0, 3 * 60}};
  const WorkingCalendar calendar = nights.Calendar();
  CHECK(calendar.Between(At("2024-03-31T00:00:00Z"), At("2024-03-31T12:00:00Z")) == 2 * kHour);
  CHECK(calendar.Between(At("2024-10-26T23:00:00Z"), At("2024-10-27T12:00:00Z")) == 4 * kHour);
  Hours always{ZoneOf("Europe/London"), {}, {}};
  for (auto& day : always.week) day = {{0, 12 * 60}, {12 * 60, 24 * 60}};
  CHECK(always.Calendar().Between(At("2024-01-01T00:00:00Z"), At("2025-01-01T00:00:00Z")) ==
        366 * 24 * kHour);
}

TEST_CASE("three years, minute by minute, in zones whose clocks change at different hours",
          "[working_time]") {
  // Lord Howe changes by half an hour; Beirut skips and repeats midnight; Apia left out a whole
  // day.
  for (const char* name : {"Europe/London", "America/New_York", "Australia/Lord_Howe",
                           "Asia/Beirut", "Pacific/Apia", "UTC"}) {
    INFO(name);
    Hours hours = Office(name, {DayOf(2011, 12, 26), DayOf(2012, 1, 2)});
    hours.week[5] = {{22 * 60, 24 * 60}, {30, 3 * 60}};
    hours.week[6] = {{0, 2 * 60 + 30}, {23 * 60, 24 * 60}, {60, 90}};
    const WorkingCalendar calendar = hours.Calendar();
    const Timestamp from = At("2010-01-01T00:07:00Z");
    MinuteByMinute model(hours, from);
    int64_t worked = 0;
    for (int minute = 0; minute < 3 * 366 * 24 * 60; ++minute) {
      const bool works = model.Step();
      worked += works ? kMinute : 0;
      // All of it at the end of hours and now and then between.
      if (minute % 977 != 0) continue;
      REQUIRE(calendar.Between(from, model.at()) == worked);
      if (works) REQUIRE(calendar.After(from, worked) == model.at());
    }
  }
}

TEST_CASE("any hours from any instant are those counted minute by minute", "[working_time]") {
  rc::prop("minute by minute", [] {
    Hours hours{ZoneOf(*rc::gen::element<std::string>("Europe/London", "America/New_York",
                                                      "Australia/Lord_Howe", "Asia/Beirut",
                                                      "America/Havana", "UTC")),
                {},
                {}};
    for (auto& day : hours.week) {
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
        const int opens = *rc::gen::inRange(0, 1440);
        day.push_back({opens, *rc::gen::inRange(opens + 1, 1441)});
      }
    }
    hours.week[2].push_back({600, 900});
    const int64_t first_day = DayOf(2023, 1, 1);
    for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
      hours.holidays.insert(first_day + *rc::gen::inRange(0, 400));
    }
    const WorkingCalendar calendar = hours.Calendar();
    const Timestamp from{(first_day * 1440 + *rc::gen::inRange(0, 366 * 1440)) * kMinute};
    const int64_t wanted = *rc::gen::inRange(1, 700) * kMinute;
    MinuteByMinute model(hours, from);
    int64_t worked = 0;
    while (worked < wanted) worked += model.Step() ? kMinute : 0;
    RC_ASSERT(calendar.After(from, wanted) == model.at());
    RC_ASSERT(calendar.Between(from, model.at()) == wanted);
    // A part of a minute is a part of the last one.
    RC_ASSERT(calendar.After(from, wanted - 1).micros == model.at().micros - 1);
  });
}

}  // namespace
}  // namespace daybook::model
