// Makes a data directory out of a backup: checks every file against the manifest, begins a new
// epoch, and destroys again what was erased since. The directory becomes a ledger with its last
// step: one that was cut off is none, and is deleted and made again.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/file_system.h"
#include "ledger/master_key.h"
#include "ledger/types.h"

namespace daybook::ledger {

struct RestoreOptions {
  FileSystem* file_system = FileSystem::Posix();
  std::string backup;
  std::string data_directory;         // absent or empty
  MasterKeySource* master = nullptr;  // the key that the vault was made with; it gets a copy
  // A data directory or backup whose vault knows of later erasures; empty: none.
  std::string erasures_from;
  Epoch at_least{0};
  std::function<void(uint64_t done, uint64_t total)> progress;
};

// Errors: NotFound (no backup, or an unfinished one), FailedPrecondition (the data directory is not
// empty; another master key), DataLoss (the backup is damaged), ResourceExhausted (no room), those
// of the file system.
absl::StatusOr<v1::RestoreReport> Restore(const RestoreOptions& options);

}  // namespace daybook::ledger
