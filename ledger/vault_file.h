// Looks at a vault's file and changes nothing: which keys it has, which are destroyed, what is
// damaged. What opening it would mend (a torn append, a destruction cut off in its middle) is told
// apart from damage by the same rules (FORMAT.md, "Vault file").
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/key_store.h"
#include "ledger/types.h"

namespace daybook::ledger {

struct VaultFileFault {
  uint64_t offset = 0;  // in the file
  std::string what;
  bool mended_by_opening = false;
};

struct VaultFile {
  std::vector<StoredKey> keys;           // in the order of the file, without destroyed ones
  absl::flat_hash_set<KeyId> destroyed;  // tombstones
  std::vector<VaultFileFault> faults;
  uint64_t end = 0;  // byte behind the last slot that is not empty
};

// `path`: of the file itself. Errors: NotFound, DataLoss (no vault, its header is damaged),
// FailedPrecondition (another ledger's, a later program's).
absl::StatusOr<VaultFile> ReadVaultFile(FileSystem* fs, const std::string& path,
                                        const LedgerId& ledger_id);

}  // namespace daybook::ledger
