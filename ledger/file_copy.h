// Copies files durably through a FileSystem, whole or up to a place, and says what their bytes hash
// to. Thread-safe: no state.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/file_system.h"

namespace daybook::ledger {

struct CopyOptions {
  uint64_t length = UINT64_MAX;  // copies no more of the file than this
  uint64_t pad_to = 0;           // writes zeros behind it up to this size
  // Told of each piece; ends the copy with Cancelled by returning false. May be empty.
  std::function<bool(uint64_t bytes)> progress;
};

// Copies `from` to `to`, which is replaced, and syncs it (its directory is the caller's to sync).
// `described` (may be null) gets size and hash of what was copied, without the padding. Errors:
// those of the file system, Cancelled.
absl::Status CopyFile(FileSystem* fs, const std::string& from, const std::string& to,
                      const CopyOptions& options, v1::BackupFile* described);

// The directory and those above it that are missing, durably. Errors: those of the file system.
absl::Status MakeDirectories(FileSystem* fs, const std::string& directory);

}  // namespace daybook::ledger
