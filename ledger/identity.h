// What a ledger on disk is, in the small text file `ledger.id` that stands beside its segments:
// written once, when the ledger is complete, so a directory with this file is a ledger and one
// without is not. FORMAT.md has an example.
//
// Thread-safe: no state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/types.h"

namespace daybook::ledger {

struct LedgerIdentity {
  LedgerId id{};
  uint32_t entity_partitions = 0;
  uint32_t access_partitions = 0;
  friend bool operator==(const LedgerIdentity&, const LedgerIdentity&) = default;
};

// Writes and syncs the file; its directory is the caller's to sync.
absl::Status WriteIdentity(FileSystem* file_system, const std::string& path,
                           const LedgerIdentity& identity);
// Errors: NotFound; DataLoss if it was changed; FailedPrecondition if a later program wrote it.
absl::StatusOr<LedgerIdentity> ReadIdentity(FileSystem* file_system, const std::string& path);

}  // namespace daybook::ledger
