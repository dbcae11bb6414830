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
  // Microseconds since some fixed instant; never goes backwards.
  virtual int64_t MonotonicMicros() const = 0;

  // The machine's; lives for ever.
  static const Clock* System();
};

}  // namespace daybook::projections
