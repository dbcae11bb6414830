#include "ledger/file_vault.h"

#include <utility>

namespace daybook::ledger {

absl::Status CreateFileVault(FileSystem* fs, const std::string& directory,
                             const LedgerId& ledger_id, MasterKeySource* master,
                             RandomSource* random, const FileKeyStoreOptions& options) {
  if (auto status = FileKeyStore::MakeDirectory(fs, directory); !status.ok()) return status;
  const auto key = master->Get(/*create=*/true);
  if (!key.ok()) return key.status();
  return FileKeyStore::Create(fs, directory, ledger_id, Vault::FirstKeys(*key, random), options);
}

absl::StatusOr<std::unique_ptr<Vault>> OpenFileVault(FileSystem* fs, const std::string& directory,
                                                     const LedgerId& ledger_id,
                                                     MasterKeySource* master, RandomSource* random,
                                                     const VaultOptions& options,
                                                     const FileKeyStoreOptions& store_options) {
  auto store = FileKeyStore::Open(fs, directory, ledger_id, store_options);
  if (!store.ok()) return store.status();
  const auto key = master->Get(/*create=*/false);
  if (!key.ok()) return key.status();
  return Vault::Open(*std::move(store), *key, random, options);
}

}  // namespace daybook::ledger
