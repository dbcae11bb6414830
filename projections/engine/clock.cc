#include "projections/engine/clock.h"

#include <ctime>

#include <chrono>

namespace daybook::projections {

namespace {
class SystemClock : public Clock {
 public:
  ledger::Timestamp Now() const override {
    using namespace std::chrono;
    return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
  }
  int64_t MonotonicMicros() const override {
    // steady_clock stands still while the machine is suspended.
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
  }
};
}  // namespace

const Clock* Clock::System() {
  static const SystemClock clock;
  return &clock;
}

}  // namespace daybook::projections
