#include "ledger/vault_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "ledger/data_files.h"
#include "ledger/figures.h"
#include "ledger/key_wrap.h"

namespace daybook::ledger {
namespace {

constexpr std::string_view kRestoreVault =
    "What is sealed under a lost key cannot be read again. A backup's vault made after the last "
    "new "
    "key has it: restore that backup.";

}  // namespace

bool VaultCheck::Run(FileSystem* fs, const std::string& data, const LedgerId& ledger,
                     MasterKeySource* master, Findings* findings) {
  const auto file = ReadVaultFile(fs, DataFiles(data).vault, ledger);
  if (!file.ok()) {
    findings->Damage("vault", kVaultPath, std::string(file.status().message()), kRestoreVault);
    return false;
  }
  findings->Checked("vault");
  for (const VaultFileFault& fault : file->faults) {
    v1::Finding* const finding =
        fault.mended_by_opening
            ? findings->Note("vault", kVaultPath, fault.what, "The next start completes it.")
            : findings->Damage("vault", kVaultPath, fault.what, kRestoreVault);
    finding->set_offset(fault.offset);
  }
  // A vault without one of its own keys opens no more, whatever became of it.
  const auto has = [&file](KeyPurpose purpose) {
    return std::any_of(file->keys.begin(), file->keys.end(),
                       [purpose](const StoredKey& key) { return key.purpose == purpose; });
  };
  if (!has(KeyPurpose::kKeyId) ||
      !std::all_of(std::begin(kServicePurposes), std::end(kServicePurposes), has)) {
    findings->Damage("vault", kVaultPath, "one of the vault's own keys is not there",
                     kRestoreVault);
  }
  for (const StoredKey& key : file->keys) keys_.insert(key.id);
  destroyed_ = file->destroyed;
  if (master == nullptr) {
    findings->NotChecked("keys open with the master key", "none was given");
    return true;
  }
  const auto key = master->Get(/*create=*/false);
  if (key.ok()) {
    Unwrap(file->keys, *key, findings);
  } else {
    findings->NotChecked("keys open with the master key", std::string(key.status().message()));
  }
  return true;
}

void VaultCheck::Unwrap(const std::vector<StoredKey>& keys, const SecretKey& master,
                        Findings* findings) {
  const auto root = std::find_if(keys.begin(), keys.end(),
                                 [](const StoredKey& key) { return key.id == kRootKeyId; });
  if (root != keys.end() && !UnwrapKey(*root, master).ok()) {
    findings->Damage("vault", kVaultPath, "the master key is not the one that it was made with",
                     "Without the right master key nothing sealed can be read: find that key.");
    return;
  }
  absl::flat_hash_map<KeyId, SecretKey> wrapping{{kRootKeyId, master}};
  // Keys that wrap others are appended before those.
  for (const StoredKey& key : keys) {
    const auto outer = wrapping.find(key.wrapped_by);
    const auto opened = outer == wrapping.end()
                            ? absl::DataLossError("vault: the key that wraps it is not there")
                            : UnwrapKey(key, outer->second);
    if (!opened.ok()) {
      findings->Damage(
          "vault", kVaultPath,
          fmt::format("key {}: {}", HexOf(AsView(key.id)), std::string(opened.status().message())),
          kRestoreVault);
      continue;
    }
    if (key.purpose == KeyPurpose::kTenant) wrapping.emplace(key.id, *opened);
    if (key.purpose == KeyPurpose::kEventId) {
      id_makers_.push_back(std::make_unique<EventIdMaker>(opened->bytes()));
    }
  }
}

KeyState VaultCheck::StateOf(const KeyId& id) const {
  if (destroyed_.contains(id)) return KeyState::kDestroyed;
  return keys_.contains(id) ? KeyState::kLive : KeyState::kMissing;
}

}  // namespace daybook::ledger
