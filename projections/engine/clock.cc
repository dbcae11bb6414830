#include "projections/engine/clock.h"

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
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  }
};
}  // namespace

const Clock* Clock::System() {
  static const SystemClock clock;
  return &clock;
}

}  // namespace daybook::projections
