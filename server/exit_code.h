// What daybookd returns to the shell. Documented in server/README.md; units and scripts rely on the
// numbers.
#pragma once

#include "absl/status/status.h"

namespace daybook::server {

enum class ExitCode : int {
  // Stopped by a signal, drained. (A second signal ends the process as signals do.)
  kOk = 0,
  // Something broke.
  kBroken = 1,
  // The configuration does not say what to do.
  kUsage = 2,
  // Another process has the data directory, or it is of another ledger or a later program.
  kInUse = 3,
  // Something acknowledged is missing or damaged; the message has the figures.
  kDataLoss = 4,
  // The address cannot be listened on.
  kCannotListen = 5,
};

inline ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kInUse;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kDataLoss;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kCannotListen;
    default:
      return ExitCode::kBroken;
  }
}

}  // namespace daybook::server
