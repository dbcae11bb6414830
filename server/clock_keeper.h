// The server's clock: a guard over the machine's, and a file with the last instant that was good,
// so that a server which was idle for long, or stopped, is not taken for a clock that leapt.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "projections/engine/clock_guard.h"

namespace daybook::server {

class ClockKeeper {
 public:
  // `clock` must outlive it.
  ClockKeeper(const projections::Clock* clock, const projections::ClockBounds& bounds)
      : guard_(clock, bounds) {}
  ~ClockKeeper() { Stop(); }
  ClockKeeper(const ClockKeeper&) = delete;
  ClockKeeper& operator=(const ClockKeeper&) = delete;

  // Goes on from what the file "clock" in `directory` says, or from `last_recorded` if that is
  // later; keeps the file from now on.
  void Start(const std::string& directory, ledger::Timestamp last_recorded);
  // Writes the file once more. Idempotent.
  void Stop();

  projections::ClockGuard& guard() { return guard_; }

 private:
  void Keep();
  void Write() const;

  projections::ClockGuard guard_;
  std::string file_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::server
