// The embedded vault: a directory with the key store's file and, unless it comes from elsewhere,
// the master key's.
#pragma once

#include <memory>
#include <string>

#include "ledger/file_key_store.h"
#include "ledger/file_system.h"
#include "ledger/master_key.h"
#include "ledger/vault.h"

namespace daybook::ledger {

// Makes the directory, a master key if `master` makes them and there is none, and a store with its
// first keys. A crash leaves no vault, but perhaps a master key that the next attempt uses. Errors:
// AlreadyExists, those of the file system and of `master`.
absl::Status CreateFileVault(FileSystem* fs, const std::string& directory,
                             const LedgerId& ledger_id, MasterKeySource* master,
                             RandomSource* random, const FileKeyStoreOptions& options = {});

// Opens it. `fs` and `random` must outlive the vault. Errors: those of FileKeyStore::Open,
// Vault::Open and `master`.
absl::StatusOr<std::unique_ptr<Vault>> OpenFileVault(FileSystem* fs, const std::string& directory,
                                                     const LedgerId& ledger_id,
                                                     MasterKeySource* master, RandomSource* random,
                                                     const VaultOptions& options = {},
                                                     const FileKeyStoreOptions& store_options = {});

}  // namespace daybook::ledger
