// Checks that stay on in release builds: a broken invariant ends the process with a message instead
// of reaching the disk. For mistakes of our own code only; whatever comes from outside is answered
// with a Status.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace daybook::ledger {

[[noreturn]] inline void CheckFailed(const char* condition, const char* message, const char* file,
                                     int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, message);
  std::abort();
}

}  // namespace daybook::ledger

// Ends the process with `message` unless `condition` holds.
#define DAYBOOK_CHECK(condition, message)                                      \
  do {                                                                         \
    if (!(condition)) [[unlikely]]                                             \
      ::daybook::ledger::CheckFailed(#condition, message, __FILE__, __LINE__); \
  } while (false)
