// The three clocks of a case: what an action at an instant does to them. Pure arithmetic over the
// agreement's calendar; what comes out is recorded, so no fold asks a calendar.
#pragma once

#include <vector>

#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/rules.h"
#include "projections/cases/sla.h"

namespace daybook::projections::cases {

// A target of a version of an agreement.
struct Agreed {
  const Sla* sla = nullptr;
  uint32_t target = 0;
};

// The clocks of one case while an action is decided. `at` is the instant of the action; an instant
// that is due counts as passed.
class ClockBoard {
 public:
  // `agreed` is null where no agreement holds: then no clock starts.
  ClockBoard(const Agreed* agreed, const Clocks& clocks, ledger::Timestamp at)
      : agreed_(agreed), clocks_(clocks), at_(at) {}

  // Starts it with its whole time, also if it ran before; nothing if the target does not have it.
  void Start(daybook::event::v1::SlaClock clock);
  // The company did what it waited for. Nothing if it is not active.
  void Stop(daybook::event::v1::SlaClock clock);
  void StopAll();
  // Other targets hold from now on: what has passed of a clock counts for the new one; a breach
  // stays one; a clock that the new target does not have goes. Those of `wanted` that it has and
  // that were never there start.
  void Retarget(const Agreed* agreed, const std::vector<daybook::event::v1::SlaClock>& wanted);
  // Lets active clocks stand still or go on, as the status wants it. Call it last.
  void Follow(daybook::event::v1::CaseStatus status);

  // True if it runs, stands still, or was breached and not stopped.
  bool IsActive(daybook::event::v1::SlaClock clock) const;
  // Clocks that are not as they were, as they are now; those that went have no state.
  Clocks ChangedSince(const Clocks& before) const;

 private:
  int64_t LeftOf(const daybook::event::v1::CaseClock& clock) const;
  void Run(int64_t left_micros, daybook::event::v1::CaseClock* clock) const;
  void Pause(daybook::event::v1::CaseClock* clock) const;

  const Agreed* agreed_;
  Clocks clocks_;
  const ledger::Timestamp at_;
};

}  // namespace daybook::projections::cases
