// A keyed store of wrapped keys that really loses what it is told to destroy: the vault's disk. The
// embedded one is a file that overwrites (file_key_store.h); a compacted topic that every instance
// follows is another.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto.h"
#include "ledger/types.h"

namespace daybook::ledger {

// Names a key without saying whose it is: a keyed hash (FORMAT.md, "Key id"). All zero is the
// master key, which is never stored, and the key-id key itself.
using KeyId = Bytes16;

// ❄ What a key is for; stored as one byte and part of each key id.
enum class KeyPurpose : uint8_t {
  kData = 1,         // seals one retention class of one person
  kPerson = 2,       // never a key: the tombstone of a whole person
  kKeyId = 3,        // makes key ids; cannot be rotated
  kTenant = 4,       // wraps a tenant's data keys and index key
  kIndex = 5,        // hashes a tenant's identifiers for index views
  kToken = 6,        // signs position and page tokens
  kFingerprint = 7,  // makes request fingerprints
  kEventId = 8,      // makes event ids
  kSigning = 9,      // Ed25519 seed that signs tree heads
};

// A wrapped key. The associated data of `wrapped` is everything before it, so a key cannot be
// passed off as another.
struct StoredKey {
  KeyPurpose purpose = KeyPurpose::kData;
  uint32_t version = 1;  // counts rotations of service keys from 1; 1 for data keys
  KeyId id{};
  KeyId wrapped_by{};
  Bytes12 nonce{};
  Bytes32 wrapped{};
  Bytes16 tag{};
  friend bool operator==(const StoredKey&, const StoredKey&) = default;
};

enum class KeyState {
  kMissing,
  kLive,
  kDestroyed,  // for ever
};

// Thread-safe. After a failed sync nothing is written any more: every call that would returns that
// error.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  virtual KeyState StateOf(const KeyId& id) const = 0;
  // Errors: NotFound (missing), FailedPrecondition (destroyed), DataLoss.
  virtual absl::StatusOr<StoredKey> Get(const KeyId& id) const = 0;
  // Takes a key; Get finds it at once, but only Sync makes it durable. Errors: AlreadyExists,
  // FailedPrecondition (destroyed).
  virtual absl::Status Add(const StoredKey& key) = 0;
  // Makes everything that was added before the call durable; costs an atomic load if that is done
  // already. Errors: ResourceExhausted (no room; may be tried again), Internal.
  virtual absl::Status Sync() = 0;
  // Destroys the keys with these ids, whether they exist or not: Get fails from now on, and when
  // this returns OK the tombstones are durable and the wrapped keys overwritten. If it fails it may
  // be tried again.
  virtual absl::Status Destroy(const std::vector<KeyId>& ids) = 0;
};

}  // namespace daybook::ledger
