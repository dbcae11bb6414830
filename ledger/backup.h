// Makes a backup of a ledger and its vault in a folder: while a server writes (which says where its
// log ends), or of files that nobody has open. FORMAT.md, "Backup", has the folder.
//
// The order makes it consistent: first the log up to an end that is durable, then the vault, which
// therefore has every key that the log uses. What is copied is checked: a backup of a damaged log
// fails instead of replacing a good one in silence. The manifest is written last, so one that was
// cut off is known as unfinished.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/file_system.h"
#include "ledger/segment.h"

namespace daybook::ledger {

struct BackupSource {
  FileSystem* file_system = FileSystem::Posix();
  std::string directory;  // the data directory
  // Last group to copy; {}: the end of a log that nobody writes.
  GroupPlace end;
};

struct BackupProgress {
  uint64_t bytes_total = 0;
  uint64_t bytes_done = 0;    // of files that are there by now
  uint64_t bytes_copied = 0;  // of these, what had to be copied
};

// Makes the backup, or goes on with what the folder has of one of the same ledger: a segment file
// whose bytes are the same is not copied again. `progress` is told now and then, and ends the
// backup by returning false. Errors: FailedPrecondition (the folder holds something else, or
// another ledger's backup; a server has the files open), ResourceExhausted (no room, found out
// before anything is copied), DataLoss (the log or the vault is damaged; the folder then keeps what
// was copied, unfinished), Cancelled, those of the file system.
absl::StatusOr<v1::BackupManifest> MakeBackup(
    const BackupSource& source, const std::string& folder,
    const std::function<bool(const BackupProgress&)>& progress);

}  // namespace daybook::ledger
