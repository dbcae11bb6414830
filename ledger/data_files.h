// Names in a server's data directory, and in the folder of a backup, which has the same shape.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/embedded_files.h"
#include "ledger/file_system.h"

namespace daybook::ledger {

// The same below the directory, as manifests and findings name them.
inline constexpr char kIdentityPath[] = "ledger/ledger.id";
inline constexpr char kSegmentsPath[] = "ledger/segments/";
inline constexpr char kVaultPath[] = "vault/vault";

struct DataFiles {
  explicit DataFiles(const std::string& data)
      : lock(data + "/LOCK"),
        ledger_directory(data + "/ledger"),
        vault_directory(data + "/vault"),
        vault(vault_directory + "/vault"),
        master_key(vault_directory + "/master.key"),
        views(data + "/views"),
        manifest(data + "/manifest.json"),
        unfinished(data + "/unfinished"),
        ledger(ledger_directory) {}

  const std::string lock, ledger_directory, vault_directory, vault, master_key, views;
  const std::string manifest;    // of a finished backup
  const std::string unfinished;  // while a backup is being made
  const EmbeddedFiles ledger;
};

// Shared locks on what a server would lock, so that none starts meanwhile; what is not there (in a
// backup, or a copy) is not locked. Errors: FailedPrecondition if a server has it open.
absl::StatusOr<std::vector<std::unique_ptr<File>>> LockForReading(const DataFiles& files);

}  // namespace daybook::ledger
