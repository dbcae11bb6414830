// Opens a damaged ledger again by giving up what lies behind its last sound group: says first what
// would be lost, and only when told to keeps the beginning, sets everything else aside untouched,
// and begins a new epoch.
//
// Nothing is deleted. What was set aside stands in a folder of its own with report.json (what this
// said) and lost.jsonl (every lost commit that can still be read). While it works the ledger has no
// identity file, so no server opens it half done; one that was cut off is called again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/file_system.h"
#include "ledger/verify.h"

namespace daybook::ledger {

struct RecoverOptions {
  FileSystem* file_system = FileSystem::Posix();
  std::string data_directory;
  // False: only says what would be done, and changes nothing.
  bool accept_loss = false;
  // What views say of the ledger; those beyond its end are damage too.
  std::vector<ClaimedPosition> positions;
  std::vector<ClaimedPlace> places;
  Epoch at_least{0};
};

// The report of a sound ledger has no problem, and nothing is done. Errors: FailedPrecondition (a
// server has it open, or a later program wrote it); NotFound (no ledger); DataLoss (nothing sound
// to keep, or the identity is lost: restore a backup); ResourceExhausted; those of the file system.
absl::StatusOr<v1::RecoveryReport> Recover(const RecoverOptions& options);

}  // namespace daybook::ledger
