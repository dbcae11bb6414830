// What of a vault can be checked without changing it: its slots, that each key opens with the one
// that wraps it, and which keys there are.
//
// Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ledger/findings.h"
#include "ledger/master_key.h"
#include "ledger/record.h"
#include "ledger/vault_file.h"

namespace daybook::ledger {

class VaultCheck {
 public:
  // Reads the vault of `data` and reports what is wrong. `master` may be null: then nothing is
  // unwrapped. False if there is no vault that can be read.
  bool Run(FileSystem* fs, const std::string& data, const LedgerId& ledger, MasterKeySource* master,
           Findings* findings);

  KeyState StateOf(const KeyId& id) const;
  uint64_t keys() const { return keys_.size(); }
  uint64_t destroyed() const { return destroyed_.size(); }
  // One for each version of the event id key; empty without a master key.
  const std::vector<std::unique_ptr<EventIdMaker>>& id_makers() const { return id_makers_; }

 private:
  void Unwrap(const std::vector<StoredKey>& keys, const SecretKey& master, Findings* findings);

  absl::flat_hash_set<KeyId> keys_;
  absl::flat_hash_set<KeyId> destroyed_;
  std::vector<std::unique_ptr<EventIdMaker>> id_makers_;
};

}  // namespace daybook::ledger
