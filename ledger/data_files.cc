#include "ledger/data_files.h"

#include "ledger/read_only_file_system.h"

namespace daybook::ledger {

absl::StatusOr<std::vector<std::unique_ptr<File>>> LockForReading(const DataFiles& files) {
  std::vector<std::unique_ptr<File>> locks;
  for (const std::string& path : {files.lock, files.ledger.lock, files.vault_directory + "/LOCK"}) {
    auto lock = ReadOnlyFileSystem()->Lock(path);
    if (absl::IsNotFound(lock.status())) continue;
    if (!lock.ok()) return lock.status();
    locks.push_back(*std::move(lock));
  }
  return locks;
}

}  // namespace daybook::ledger
