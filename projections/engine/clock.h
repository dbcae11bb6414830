// Time, injected: the engine never reads a clock of its own.
#pragma once

#include "ledger/types.h"

namespace daybook::projections {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time; may go backwards.
  virtual ledger::Timestamp Now() const = 0;
  // Microseconds since some fixed instant, also while the machine sleeps; never goes backwards.
  virtual int64_t MonotonicMicros() const = 0;
  // What the machine's clock says, believed or not.
  virtual ledger::Timestamp Claimed() const { return Now(); }
  // True while what the machine says is not believed: deadlines wait.
  virtual bool Leapt() const { return false; }

  // The machine's; lives for ever.
  static const Clock* System();
};

}  // namespace daybook::projections
