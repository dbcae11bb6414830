#include "projections/engine/clock_guard.h"

#include <cstdlib>

#include "absl/time/time.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

namespace {

std::string Format(int64_t micros) {
  return absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMicros(micros), absl::UTCTimeZone());
}

}  // namespace

ClockGuard::ClockGuard(const Clock* clock, const ClockBounds& bounds)
    : clock_(clock), bounds_(bounds), offset_(clock->Now().micros - clock->MonotonicMicros()) {}

void ClockGuard::GoOnFrom(ledger::Timestamp last_good, bool was_leapt) {
  const int64_t later = clock_->Now().micros - last_good.micros;
  const int64_t bound = was_leapt ? bounds_.leap_micros : bounds_.gap_micros;
  if (later <= bound && later >= -bounds_.leap_micros) return;
  offset_.store(last_good.micros - clock_->MonotonicMicros());
  Believe(false);
}

ledger::Timestamp ClockGuard::Now() const {
  const int64_t monotonic = clock_->MonotonicMicros();
  const int64_t claimed = clock_->Now().micros;
  const int64_t expected = offset_.load(std::memory_order_relaxed) + monotonic;
  if (std::llabs(claimed - expected) > bounds_.leap_micros) {
    Believe(false);
    return {expected};
  }
  // Small steps are believed: clocks are set.
  offset_.store(claimed - monotonic, std::memory_order_relaxed);
  Believe(true);
  return {claimed};
}

void ClockGuard::Release() {
  offset_.store(clock_->Now().micros - clock_->MonotonicMicros());
  Believe(true);
}

void ClockGuard::Believe(bool believe) const {
  if (leapt_.load(std::memory_order_relaxed) == !believe) return;
  if (leapt_.exchange(!believe) == !believe) return;
  if (believe) {
    spdlog::info("the clock is believed: deadlines fire again");
  } else {
    spdlog::error(
        "the clock has leapt to {}: time goes on from {}, and deadlines wait until the clock is "
        "right again or is released (daybook clock release)",
        Format(clock_->Now().micros), Format(offset_.load() + clock_->MonotonicMicros()));
  }
}

}  // namespace daybook::projections
