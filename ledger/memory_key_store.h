// A key store without a disk: for simulations, and for servers that keep nothing.
#pragma once

#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "ledger/key_store.h"

namespace daybook::ledger {

class MemoryKeyStore : public KeyStore {
 public:
  explicit MemoryKeyStore(const std::vector<StoredKey>& first) {
    for (const StoredKey& key : first) keys_.emplace(key.id, key);
  }

  KeyState StateOf(const KeyId& id) const override {
    const std::lock_guard lock(mutex_);
    const auto key = keys_.find(id);
    if (key == keys_.end()) return KeyState::kMissing;
    return key->second.has_value() ? KeyState::kLive : KeyState::kDestroyed;
  }
  absl::StatusOr<StoredKey> Get(const KeyId& id) const override {
    const std::lock_guard lock(mutex_);
    const auto key = keys_.find(id);
    if (key == keys_.end()) return absl::NotFoundError("vault: no such key");
    if (!key->second) return absl::FailedPreconditionError("vault: the key is destroyed");
    return *key->second;
  }
  absl::Status Add(const StoredKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = keys_.try_emplace(key.id, key);
    if (is_new) return absl::OkStatus();
    return entry->second ? absl::AlreadyExistsError("vault: there is such a key")
                         : absl::FailedPreconditionError("vault: the key is destroyed");
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Destroy(const std::vector<KeyId>& ids) override {
    const std::lock_guard lock(mutex_);
    for (const KeyId& id : ids) keys_[id] = std::nullopt;
    return absl::OkStatus();
  }

 private:
  mutable std::mutex mutex_;
  absl::flat_hash_map<KeyId, std::optional<StoredKey>> keys_;  // nullopt: destroyed
};

}  // namespace daybook::ledger
