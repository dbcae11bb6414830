// The keys of a ledger: what seals persons' fields, hashes their identifiers and makes tokens,
// fingerprints and event ids. Keys are wrapped (master key ▸ tenant keys ▸ data keys) and kept
// apart from ledger and views, so that destroying a person's keys erases the person everywhere.
//
// Key ids are keyed hashes: neither the store nor an event names a person. Everything is
// thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/event/v1/sealed.pb.h"
#include "ledger/crypto.h"
#include "ledger/key_cache.h"
#include "ledger/key_store.h"
#include "ledger/types.h"

namespace daybook::ledger {

using event::v1::RetentionClass;

// What seals the values of one retention class of one person.
struct DataKey {
  KeyId id{};
  SecretKey key;
};

// A key of the server itself. `version` counts rotations from 1 and is what is stored beside what
// the key made.
struct ServiceKey {
  uint32_t version = 0;
  SecretKey key;
};

struct VaultOptions {
  // Unwrapped data keys kept in memory: 64 bytes each, and what a miss costs is one small read and
  // one unwrapping.
  size_t cached_keys = 65536;
};

class Vault {
 public:
  // What a new key store begins with: the key-id key and the first version of each service key,
  // wrapped by `master`.
  static std::vector<StoredKey> FirstKeys(const SecretKey& master, RandomSource* random);

  // `random` must outlive the vault. Errors: FailedPrecondition (another master key), DataLoss.
  static absl::StatusOr<std::unique_ptr<Vault>> Open(std::unique_ptr<KeyStore> store,
                                                     const SecretKey& master, RandomSource* random,
                                                     const VaultOptions& options = {});
  ~Vault();

  // The key of a person and class, made if there is none: then it becomes durable with the next
  // Sync, which must come before anything sealed with it does. Errors: FailedPrecondition
  // (destroyed), InvalidArgument (no class).
  absl::StatusOr<DataKey> EnsureKey(const EntityRef& person, RetentionClass retention_class);
  // Errors: FailedPrecondition (destroyed), NotFound (never was here), DataLoss.
  absl::StatusOr<SecretKey> FindKey(const KeyId& id);
  // Makes every key that EnsureKey gave out so far durable. Next to nothing if all are.
  absl::Status Sync() { return store_->Sync(); }

  // Destroys the person's keys of all classes and lets no new one be made, for ever. OK: durable.
  // Otherwise reads fail already, and it must be tried again (also after a restart).
  absl::Status Destroy(const EntityRef& person);
  // The same for some classes only.
  absl::Status Destroy(const EntityRef& person, const std::vector<RetentionClass>& classes);
  // True after Destroy of the whole person.
  bool IsDestroyed(const EntityRef& person) const;

  // Makes a tenant's keys, durably, if there are none; everything else that names a tenant does it
  // too.
  absl::Status EnsureTenant(const std::string& tenant);
  // For the rows of index views: a hash of `text` that only this tenant's vault can make.
  absl::StatusOr<Bytes16> IdentifierHash(const std::string& tenant, std::string_view text);

  // Which of the tenant's index keys IdentifierHash uses: an index view keeps it and is rebuilt
  // when it changes.
  absl::StatusOr<uint32_t> IndexKeyVersion(const std::string& tenant);

  // Token, fingerprint, event-id and signing keys; there is always one.
  ServiceKey CurrentKey(KeyPurpose purpose) const;
  uint32_t CurrentVersion(KeyPurpose purpose) const;
  // An older version, for what it made. Errors: NotFound.
  absl::StatusOr<SecretKey> KeyOfVersion(KeyPurpose purpose, uint32_t version) const;
  // Makes the next version of one of these and returns its number, durable; what the older ones
  // made stays good.
  absl::StatusOr<uint32_t> Rotate(KeyPurpose purpose);
  // The same for kTenant (data keys made from now on are wrapped by it) and kIndex.
  absl::StatusOr<uint32_t> RotateOfTenant(KeyPurpose purpose, const std::string& tenant);

  // Golden: FORMAT.md, "Key id".
  KeyId IdOfDataKey(const EntityRef& person, RetentionClass retention_class) const;

 private:
  struct Tenant;
  using TenantPtr = std::shared_ptr<const Tenant>;

  Vault(std::unique_ptr<KeyStore> store, const SecretKey& master, const SecretKey& key_id_key,
        RandomSource* random, const VaultOptions& options);

  KeyId IdOfPerson(const EntityRef& person) const;
  KeyId IdOfServiceKey(KeyPurpose purpose, std::string_view tenant, uint32_t version) const;
  absl::Status LoadServiceKeys();
  absl::StatusOr<TenantPtr> TenantOf(const std::string& tenant);
  absl::StatusOr<TenantPtr> LoadTenant(const std::string& tenant);
  uint32_t LastVersion(KeyPurpose purpose, std::string_view tenant) const;
  absl::StatusOr<SecretKey> EnsureServiceKey(KeyPurpose purpose, std::string_view tenant,
                                             uint32_t version, const KeyId& wrapped_by,
                                             const SecretKey& wrapping);
  absl::StatusOr<SecretKey> MakeDataKey(const EntityRef& person, const KeyId& id);
  absl::StatusOr<SecretKey> Remembered(const KeyId& id, const SecretKey& key);
  absl::StatusOr<SecretKey> Unwrap(const StoredKey& stored);
  absl::StatusOr<SecretKey> WrappingKey(const KeyId& id);

  const std::unique_ptr<KeyStore> store_;
  const SecretKey master_;
  RandomSource* const random_;
  const Hmac key_ids_;
  KeyCache cache_;

  mutable std::mutex mutex_;  // never held while the store works
  absl::flat_hash_map<std::string, TenantPtr> tenants_;
  absl::flat_hash_map<KeyId, SecretKey>
      wrapping_keys_;  // tenant keys of all versions that were needed
  absl::flat_hash_map<KeyPurpose, std::vector<SecretKey>> service_keys_;  // version − 1

  std::mutex making_mutex_;  // one tenant or service key is made at a time; before mutex_
};

}  // namespace daybook::ledger
