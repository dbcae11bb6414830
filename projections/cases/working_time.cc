#include "projections/cases/working_time.h"

#include <algorithm>

#include "projections/engine/refusal.h"

namespace daybook::projections::cases {
namespace {

constexpr int64_t kMicrosPerMinute = 60'000'000;
constexpr int64_t kMicrosPerDay = 24 * 60 * kMicrosPerMinute;
// 1970-01-01 was a Thursday; the week begins on Monday.
constexpr int64_t kWeekdayOfEpoch = 3;
// Every calendar that may be published has the longest target long before.
constexpr int64_t kLongestSearch = 100 * 366 * kMicrosPerDay;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Joins what overlaps or touches.
std::vector<WorkingCalendar::Hours> Joined(std::vector<WorkingCalendar::Hours> hours) {
  std::sort(hours.begin(), hours.end());
  std::vector<WorkingCalendar::Hours> joined;
  for (const auto& next : hours) {
    if (!joined.empty() && next.opens <= joined.back().closes) {
      joined.back().closes = std::max(joined.back().closes, next.closes);
    } else {
      joined.push_back(next);
    }
  }
  return joined;
}

}  // namespace

WorkingCalendar::WorkingCalendar(absl::TimeZone zone, std::array<std::vector<Hours>, 7> week,
                                 std::set<int64_t> holidays)
    : zone_(zone), week_(std::move(week)), holidays_(std::move(holidays)) {
  for (std::vector<Hours>& day : week_) day = Joined(std::move(day));
}

int WorkingCalendar::WeeklyMinutes() const {
  int minutes = 0;
  for (const std::vector<Hours>& day : week_) {
    for (const Hours& hours : day) minutes += hours.closes - hours.opens;
  }
  return minutes;
}

// Between two changes of the zone's offset local time runs evenly: there hours are plain spans.
void WorkingCalendar::ForEachSpan(
    ledger::Timestamp from, const std::function<bool(int64_t begin, int64_t end)>& visit) const {
  int64_t at = from.micros;
  const int64_t last = at + kLongestSearch;
  while (at < last) {
    const absl::Time time = absl::FromUnixMicros(at);
    const int64_t offset = int64_t{zone_.At(time).offset} * 1'000'000;
    int64_t even_until = last;
    if (absl::TimeZone::CivilTransition change; zone_.NextTransition(time, &change)) {
      const int64_t changes = absl::ToUnixMicros(zone_.At(change.to).trans);
      CheckInvariant(changes > at, "a zone's next change is not later");
      even_until = std::min(even_until, changes);
    }
    for (int64_t day = FloorDiv(at + offset, kMicrosPerDay);
         day * kMicrosPerDay - offset < even_until; ++day) {
      if (holidays_.contains(day)) continue;
      const int64_t weekday = ((day + kWeekdayOfEpoch) % 7 + 7) % 7;
      const int64_t midnight = day * kMicrosPerDay - offset;
      for (const Hours& hours : week_[static_cast<size_t>(weekday)]) {
        const int64_t begin = std::max(midnight + hours.opens * kMicrosPerMinute, at);
        const int64_t end = std::min(midnight + hours.closes * kMicrosPerMinute, even_until);
        if (begin < end && !visit(begin, end)) return;
      }
    }
    at = even_until;
  }
}

int64_t WorkingCalendar::Between(ledger::Timestamp from, ledger::Timestamp to) const {
  int64_t sum = 0;
  if (from >= to) return sum;
  ForEachSpan(from, [&](int64_t begin, int64_t end) {
    if (begin < to.micros) sum += std::min(end, to.micros) - begin;
    return end < to.micros;
  });
  return sum;
}

ledger::Timestamp WorkingCalendar::After(ledger::Timestamp from, int64_t working_micros) const {
  if (working_micros <= 0) return from;
  int64_t left = working_micros;
  ledger::Timestamp reached = ledger::kDistantFuture;
  ForEachSpan(from, [&](int64_t begin, int64_t end) {
    if (end - begin < left) {
      left -= end - begin;
      return true;
    }
    reached = {begin + left};
    return false;
  });
  CheckInvariant(reached != ledger::kDistantFuture, "a calendar has no working time");
  return reached;
}

}  // namespace daybook::projections::cases
