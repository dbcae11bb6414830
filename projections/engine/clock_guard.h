// A clock that does not believe every clock: where the machine's time leaps, it goes on as the last
// good instant plus what has passed since, until the machine agrees again or an operator says that
// it is right. What is recorded then never runs away with a wrong clock, and no deadline fires by
// one.
//
// Thread-safe.
#pragma once

#include <atomic>

#include "projections/engine/clock.h"

namespace daybook::projections {

struct ClockBounds {
  // How far the clock may move against the monotonic one between two looks, either way.
  int64_t leap_micros = 86'400'000'000;
  // How much later than the last good instant a start may be.
  int64_t gap_micros = 30 * int64_t{86'400'000'000};
};

class ClockGuard : public Clock {
 public:
  // `clock` must outlive it. Its first instant is believed.
  ClockGuard(const Clock* clock, const ClockBounds& bounds);

  // At a start: the last instant that was good before. Later than it by more than a gap, or earlier
  // by more than a leap, the clock is not believed. `was_leapt`: it was not believed before the
  // start either, so it must agree with that instant as it must after a leap.
  void GoOnFrom(ledger::Timestamp last_good, bool was_leapt = false);

  ledger::Timestamp Now() const override;
  int64_t MonotonicMicros() const override { return clock_->MonotonicMicros(); }
  bool Leapt() const override { return leapt_.load(); }

  ledger::Timestamp Claimed() const override { return clock_->Now(); }
  // Believes the machine's clock from now on.
  void Release();

 private:
  void Believe(bool believe) const;

  const Clock* const clock_;
  const ClockBounds bounds_;
  // Good time less monotonic time.
  mutable std::atomic<int64_t> offset_;
  mutable std::atomic<bool> leapt_{false};
};

}  // namespace daybook::projections
