// A bounded cache of unwrapped keys. Two generations instead of a list: what was not used while one
// generation filled up goes when the next has.
//
// Thread-safe.
#pragma once

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "ledger/crypto.h"
#include "ledger/key_store.h"

namespace daybook::ledger {

class KeyCache {
 public:
  // Holds at most `capacity` keys.
  explicit KeyCache(size_t capacity) : generation_(std::max<size_t>(1, capacity / 2)) {}

  bool Find(const KeyId& id, SecretKey* key) {
    const std::lock_guard lock(mutex_);
    if (const auto young = young_.find(id); young != young_.end()) {
      *key = young->second;
      return true;
    }
    const auto old = old_.find(id);
    if (old == old_.end()) return false;
    *key = old->second;
    old_.erase(old);
    InsertLocked(id, *key);
    return true;
  }

  void Insert(const KeyId& id, const SecretKey& key) {
    const std::lock_guard lock(mutex_);
    old_.erase(id);
    InsertLocked(id, key);
  }

  void Erase(const KeyId& id) {
    const std::lock_guard lock(mutex_);
    young_.erase(id);
    old_.erase(id);
  }

  size_t size() const {
    const std::lock_guard lock(mutex_);
    return young_.size() + old_.size();
  }

 private:
  void InsertLocked(const KeyId& id, const SecretKey& key) {
    if (young_.size() >= generation_) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(id, key);
  }

  const size_t generation_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<KeyId, SecretKey> young_, old_;
};

}  // namespace daybook::ledger
