// Goal: a clock that leaps is not believed until it is right again or somebody says so; one that is
// set a little, or that slept with its machine, is.
#include "projections/engine/clock_guard.h"

#include <catch2/catch.hpp>

namespace daybook::projections {
namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kYear2024 = 1'704'067'200'000'000;

class TwoClocks : public Clock {
 public:
  ledger::Timestamp Now() const override { return {wall}; }
  int64_t MonotonicMicros() const override { return monotonic; }
  void Pass(int64_t micros) {
    wall += micros;
    monotonic += micros;
  }
  int64_t wall = kYear2024;
  int64_t monotonic = 17;
};

TEST_CASE("a leap either way is not believed, and the reckoning goes on") {
  for (const int64_t leap : {2 * kDay, -2 * kDay, 75 * 365 * kDay}) {
    TwoClocks clocks;
    ClockGuard guard(&clocks, {});
    clocks.Pass(kHour);
    CHECK(guard.Now().micros == kYear2024 + kHour);
    clocks.wall += leap;
    clocks.Pass(kHour);
    CHECK(guard.Now().micros == kYear2024 + 2 * kHour);
    CHECK(guard.Leapt());
    clocks.Pass(10 * kDay);
    CHECK(guard.Now().micros == kYear2024 + 2 * kHour + 10 * kDay);
    SECTION("it comes back by itself") {
      clocks.wall -= leap;
      CHECK(guard.Now().micros == clocks.wall);
      CHECK_FALSE(guard.Leapt());
    }
    SECTION("somebody says that it is right") {
      guard.Release();
      CHECK_FALSE(guard.Leapt());
      CHECK(guard.Now().micros == clocks.wall);
      clocks.Pass(kHour);
      CHECK(guard.Now().micros == clocks.wall);
      CHECK_FALSE(guard.Leapt());
    }
  }
}

TEST_CASE("small steps and long waits are believed") {
  TwoClocks clocks;
  ClockGuard guard(&clocks, {});
  for (int i = 0; i < 100; ++i) {
    clocks.Pass(30 * kDay);
    clocks.wall += i % 2 == 0 ? 20 * kHour : -23 * kHour;
    CHECK(guard.Now().micros == clocks.wall);
    CHECK_FALSE(guard.Leapt());
  }
}

TEST_CASE("a start goes on from the last good instant if the clock is far from it") {
  const auto leapt_at = [](int64_t since_last_good) {
    TwoClocks clocks;
    ClockGuard guard(&clocks, {});
    guard.GoOnFrom({clocks.wall - since_last_good});
    clocks.Pass(kHour);
    const int64_t now = guard.Now().micros;
    CHECK(now == (guard.Leapt() ? clocks.wall - since_last_good : clocks.wall));
    return guard.Leapt();
  };
  CHECK_FALSE(leapt_at(0));
  CHECK_FALSE(leapt_at(29 * kDay));
  CHECK(leapt_at(31 * kDay));
  CHECK_FALSE(leapt_at(-23 * kHour));
  CHECK(leapt_at(-25 * kHour));
}

}  // namespace
}  // namespace daybook::projections
