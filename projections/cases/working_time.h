// Working time: how much of it lies between two instants, and when so much of it has passed. An
// instant is working time exactly if the local clock then shows a time inside the hours of its
// local day, and the day is no holiday. So an hour that the clock shows twice counts twice, one
// that it skips not at all.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "ledger/types.h"

namespace daybook::projections::cases {

// Hours of one week and days without any, in one zone. Immutable; any thread may use it.
class WorkingCalendar {
 public:
  // Minutes of a local day: 0 ≤ opens < closes ≤ 1,440.
  struct Hours {
    int opens = 0;
    int closes = 0;
    friend constexpr auto operator<=>(const Hours&, const Hours&) = default;
  };
  // By weekday, Monday first; may overlap. A week must have some. `holidays`: days since
  // 1970-01-01.
  WorkingCalendar(absl::TimeZone zone, std::array<std::vector<Hours>, 7> week,
                  std::set<int64_t> holidays);

  // Working microseconds in [from, to); 0 if `to` is not later.
  int64_t Between(ledger::Timestamp from, ledger::Timestamp to) const;
  // The first instant by which so many working microseconds have passed since `from`: `from` itself
  // for none, the closing time if they end with it.
  ledger::Timestamp After(ledger::Timestamp from, int64_t working_micros) const;
  // Minutes of a week without holidays.
  int WeeklyMinutes() const;

 private:
  // Visits the working spans from `from` on, in order, until `visit` returns false.
  void ForEachSpan(ledger::Timestamp from,
                   const std::function<bool(int64_t begin, int64_t end)>& visit) const;

  const absl::TimeZone zone_;
  std::array<std::vector<Hours>, 7> week_;  // without overlaps, in order
  const std::set<int64_t> holidays_;
};

}  // namespace daybook::projections::cases
