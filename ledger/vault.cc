#include "ledger/vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/check.h"
#include "ledger/key_wrap.h"
#include "ledger/limits.h"

namespace daybook::ledger {
namespace {

absl::Status PersonDestroyed() {
  return absl::FailedPreconditionError("vault: the person's keys are destroyed");
}

std::vector<RetentionClass> AllClasses() {
  std::vector<RetentionClass> classes;
  for (int c = event::v1::RetentionClass_MIN; c <= event::v1::RetentionClass_MAX; ++c) {
    if (c != event::v1::RETENTION_CLASS_UNSPECIFIED && event::v1::RetentionClass_IsValid(c)) {
      classes.push_back(static_cast<RetentionClass>(c));
    }
  }
  return classes;
}

absl::Status CheckNames(const EntityRef& person) {
  if (person.tenant.empty() || person.tenant.size() > kMaxTenantLength || person.id.empty() ||
      person.id.size() > kMaxEntityIdLength) {
    return absl::InvalidArgumentError("vault: a person needs a tenant and an id within limits");
  }
  return absl::OkStatus();
}

}  // namespace

struct Vault::Tenant {
  KeyId id{};
  SecretKey key;
  uint32_t index_version = 0;
  std::unique_ptr<Hmac> index;
};

std::vector<StoredKey> Vault::FirstKeys(const SecretKey& master, RandomSource* random) {
  const SecretKey key_id_key = random->DrawKey();
  const Hmac key_ids(key_id_key);
  std::vector<StoredKey> keys;
  keys.push_back(
      WrapKey(KeyPurpose::kKeyId, 1, kRootKeyId, key_id_key, kRootKeyId, master, random));
  for (const KeyPurpose purpose : kServicePurposes) {
    keys.push_back(WrapKey(purpose, 1, ServiceKeyId(key_ids, purpose, {}, 1), random->DrawKey(),
                           kRootKeyId, master, random));
  }
  return keys;
}

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(std::unique_ptr<KeyStore> store,
                                                   const SecretKey& master, RandomSource* random,
                                                   const VaultOptions& options) {
  const auto root = store->Get(kRootKeyId);
  if (!root.ok()) {
    return absl::DataLossError(fmt::format("vault: the key-id key cannot be read: {}",
                                           std::string(root.status().message())));
  }
  const auto key_id_key = UnwrapKey(*root, master);
  if (!key_id_key.ok()) {
    return absl::FailedPreconditionError(
        "vault: the master key is not the one that it was made with");
  }
  std::unique_ptr<Vault> vault(new Vault(std::move(store), master, *key_id_key, random, options));
  if (auto status = vault->LoadServiceKeys(); !status.ok()) return status;
  return vault;
}

Vault::Vault(std::unique_ptr<KeyStore> store, const SecretKey& master, const SecretKey& key_id_key,
             RandomSource* random, const VaultOptions& options)
    : store_(std::move(store)),
      master_(master),
      random_(random),
      key_ids_(key_id_key),
      cache_(options.cached_keys) {}

Vault::~Vault() = default;

KeyId Vault::IdOfDataKey(const EntityRef& person, RetentionClass retention_class) const {
  return DataKeyId(key_ids_, EntityKey(person), static_cast<uint32_t>(retention_class));
}

KeyId Vault::IdOfPerson(const EntityRef& person) const {
  return PersonTombstoneId(key_ids_, EntityKey(person));
}

KeyId Vault::IdOfServiceKey(KeyPurpose purpose, std::string_view tenant, uint32_t version) const {
  return ServiceKeyId(key_ids_, purpose, tenant, version);
}

// Data keys.

absl::StatusOr<DataKey> Vault::EnsureKey(const EntityRef& person, RetentionClass retention_class) {
  if (retention_class == event::v1::RETENTION_CLASS_UNSPECIFIED) {
    return absl::InvalidArgumentError("vault: a data key needs a retention class");
  }
  if (auto status = CheckNames(person); !status.ok()) return status;
  const KeyId id = IdOfDataKey(person, retention_class);
  auto key = FindKey(id);
  if (absl::IsNotFound(key.status())) key = MakeDataKey(person, id);
  if (!key.ok()) return key.status();
  return DataKey{id, *key};
}

absl::StatusOr<SecretKey> Vault::FindKey(const KeyId& id) {
  SecretKey key;
  if (cache_.Find(id, &key)) return key;
  const auto stored = store_->Get(id);
  if (!stored.ok()) return stored.status();
  if (stored->purpose != KeyPurpose::kData) return absl::NotFoundError("vault: not a data key");
  const auto opened = Unwrap(*stored);
  if (!opened.ok()) return opened.status();
  return Remembered(id, *opened);
}

absl::StatusOr<SecretKey> Vault::Remembered(const KeyId& id, const SecretKey& key) {
  cache_.Insert(id, key);
  // A destruction that began after the store gave or took the key may have emptied the cache before
  // it was there.
  if (store_->StateOf(id) == KeyState::kDestroyed) {
    cache_.Erase(id);
    return PersonDestroyed();
  }
  return key;
}

absl::StatusOr<SecretKey> Vault::MakeDataKey(const EntityRef& person, const KeyId& id) {
  if (IsDestroyed(person)) return PersonDestroyed();
  const auto tenant = TenantOf(person.tenant);
  if (!tenant.ok()) return tenant.status();
  const SecretKey key = random_->DrawKey();
  const absl::Status added =
      store_->Add(WrapKey(KeyPurpose::kData, 1, id, key, (*tenant)->id, (*tenant)->key, random_));
  // Another thread may have been first.
  if (absl::IsAlreadyExists(added)) return FindKey(id);
  if (!added.ok()) return added;
  return Remembered(id, key);
}

absl::Status Vault::Destroy(const EntityRef& person, const std::vector<RetentionClass>& classes) {
  if (auto status = CheckNames(person); !status.ok()) return status;
  std::vector<KeyId> ids;
  for (const RetentionClass c : classes) ids.push_back(IdOfDataKey(person, c));
  absl::Status status = store_->Destroy(ids);
  for (const KeyId& id : ids) cache_.Erase(id);
  return status;
}

absl::Status Vault::Destroy(const EntityRef& person) {
  if (auto status = CheckNames(person); !status.ok()) return status;
  // Its own tombstone covers classes that a later program may know.
  std::vector<KeyId> ids = {IdOfPerson(person)};
  for (const RetentionClass c : AllClasses()) ids.push_back(IdOfDataKey(person, c));
  absl::Status status = store_->Destroy(ids);
  for (const KeyId& id : ids) cache_.Erase(id);
  return status;
}

bool Vault::IsDestroyed(const EntityRef& person) const {
  return CheckNames(person).ok() && store_->StateOf(IdOfPerson(person)) == KeyState::kDestroyed;
}

// Tenants.

absl::Status Vault::EnsureTenant(const std::string& tenant) { return TenantOf(tenant).status(); }

absl::StatusOr<Bytes16> Vault::IdentifierHash(const std::string& tenant, std::string_view text) {
  const auto keys = TenantOf(tenant);
  if (!keys.ok()) return keys.status();
  return (*keys)->index->ShortOf({text});
}

absl::StatusOr<uint32_t> Vault::IndexKeyVersion(const std::string& tenant) {
  const auto keys = TenantOf(tenant);
  if (!keys.ok()) return keys.status();
  return (*keys)->index_version;
}

absl::StatusOr<Vault::TenantPtr> Vault::TenantOf(const std::string& tenant) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = tenants_.find(tenant); found != tenants_.end()) return found->second;
  }
  if (tenant.empty() || tenant.size() > kMaxTenantLength) {
    return absl::InvalidArgumentError("vault: a tenant has 1 to 32 characters");
  }
  const std::lock_guard making(making_mutex_);
  return LoadTenant(tenant);
}

absl::StatusOr<Vault::TenantPtr> Vault::LoadTenant(const std::string& tenant) {
  const auto keys = std::make_shared<Tenant>();
  const uint32_t version = std::max(1u, LastVersion(KeyPurpose::kTenant, tenant));
  keys->id = IdOfServiceKey(KeyPurpose::kTenant, tenant, version);
  auto key = EnsureServiceKey(KeyPurpose::kTenant, tenant, version, kRootKeyId, master_);
  if (!key.ok()) return key.status();
  keys->key = *key;
  keys->index_version = std::max(1u, LastVersion(KeyPurpose::kIndex, tenant));
  key = EnsureServiceKey(KeyPurpose::kIndex, tenant, keys->index_version, keys->id, keys->key);
  if (!key.ok()) return key.status();
  keys->index = std::make_unique<Hmac>(*key);
  // Hashes and data keys may be stored as soon as the tenant is known, so its keys are durable
  // before.
  if (auto status = store_->Sync(); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  tenants_[tenant] = keys;
  return TenantPtr(keys);
}

absl::StatusOr<uint32_t> Vault::RotateOfTenant(KeyPurpose purpose, const std::string& tenant) {
  if (purpose != KeyPurpose::kTenant && purpose != KeyPurpose::kIndex) {
    return absl::InvalidArgumentError("vault: not a key of a tenant");
  }
  const auto before = TenantOf(tenant);
  if (!before.ok()) return before.status();
  const std::lock_guard making(making_mutex_);
  const bool wraps = purpose == KeyPurpose::kTenant;
  const uint32_t version = LastVersion(purpose, tenant) + 1;
  const auto key = EnsureServiceKey(purpose, tenant, version, wraps ? kRootKeyId : (*before)->id,
                                    wraps ? master_ : (*before)->key);
  if (!key.ok()) return key.status();
  const auto after = LoadTenant(tenant);
  if (!after.ok()) return after.status();
  return version;
}

// Service keys.

absl::Status Vault::LoadServiceKeys() {
  for (const KeyPurpose purpose : kServicePurposes) {
    std::vector<SecretKey>& keys = service_keys_[purpose];
    for (uint32_t version = 1;; ++version) {
      const auto stored = store_->Get(IdOfServiceKey(purpose, {}, version));
      if (absl::IsNotFound(stored.status()) && version > 1) break;
      if (!stored.ok()) {
        return absl::DataLossError(fmt::format("vault: service key {} cannot be read: {}",
                                               static_cast<int>(purpose),
                                               std::string(stored.status().message())));
      }
      const auto key = UnwrapKey(*stored, master_);
      if (!key.ok()) return key.status();
      keys.push_back(*key);
    }
  }
  return absl::OkStatus();
}

ServiceKey Vault::CurrentKey(KeyPurpose purpose) const {
  const std::lock_guard lock(mutex_);
  const auto keys = service_keys_.find(purpose);
  DAYBOOK_CHECK(keys != service_keys_.end(), "not a service key");
  return {static_cast<uint32_t>(keys->second.size()), keys->second.back()};
}

uint32_t Vault::CurrentVersion(KeyPurpose purpose) const {
  const std::lock_guard lock(mutex_);
  const auto keys = service_keys_.find(purpose);
  DAYBOOK_CHECK(keys != service_keys_.end(), "not a service key");
  return static_cast<uint32_t>(keys->second.size());
}

absl::StatusOr<SecretKey> Vault::KeyOfVersion(KeyPurpose purpose, uint32_t version) const {
  const std::lock_guard lock(mutex_);
  const auto keys = service_keys_.find(purpose);
  DAYBOOK_CHECK(keys != service_keys_.end(), "not a service key");
  if (version < 1 || version > keys->second.size()) {
    return absl::NotFoundError(fmt::format("vault: no version {} of a service key", version));
  }
  return keys->second[version - 1];
}

absl::StatusOr<uint32_t> Vault::Rotate(KeyPurpose purpose) {
  const std::lock_guard making(making_mutex_);
  uint32_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto keys = service_keys_.find(purpose);
    if (keys == service_keys_.end()) {
      return absl::InvalidArgumentError("vault: not a service key");
    }
    version = static_cast<uint32_t>(keys->second.size() + 1);
  }
  const auto key = EnsureServiceKey(purpose, {}, version, kRootKeyId, master_);
  if (!key.ok()) return key.status();
  if (auto status = store_->Sync(); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  service_keys_[purpose].push_back(*key);
  return version;
}

uint32_t Vault::LastVersion(KeyPurpose purpose, std::string_view tenant) const {
  uint32_t version = 0;
  while (store_->StateOf(IdOfServiceKey(purpose, tenant, version + 1)) == KeyState::kLive) {
    ++version;
  }
  return version;
}

// A key that was added but not synced when a call failed is there already when the call is
// repeated.
absl::StatusOr<SecretKey> Vault::EnsureServiceKey(KeyPurpose purpose, std::string_view tenant,
                                                  uint32_t version, const KeyId& wrapped_by,
                                                  const SecretKey& wrapping) {
  const KeyId id = IdOfServiceKey(purpose, tenant, version);
  if (store_->StateOf(id) == KeyState::kMissing) {
    const absl::Status added = store_->Add(
        WrapKey(purpose, version, id, random_->DrawKey(), wrapped_by, wrapping, random_));
    if (!added.ok()) return added;
  }
  const auto stored = store_->Get(id);
  if (!stored.ok()) return stored.status();
  return Unwrap(*stored);
}

// Unwrapping.

absl::StatusOr<SecretKey> Vault::Unwrap(const StoredKey& stored) {
  if (stored.wrapped_by == kRootKeyId) return UnwrapKey(stored, master_);
  const auto wrapping = WrappingKey(stored.wrapped_by);
  if (!wrapping.ok()) return wrapping.status();
  return UnwrapKey(stored, *wrapping);
}

absl::StatusOr<SecretKey> Vault::WrappingKey(const KeyId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto key = wrapping_keys_.find(id); key != wrapping_keys_.end()) return key->second;
  }
  const auto stored = store_->Get(id);
  if (!stored.ok() || stored->purpose != KeyPurpose::kTenant) {
    return absl::DataLossError("vault: the tenant key that wraps a key is not there");
  }
  auto key = UnwrapKey(*stored, master_);
  if (!key.ok()) return key.status();
  const std::lock_guard lock(mutex_);
  wrapping_keys_[id] = *key;
  return key;
}

}  // namespace daybook::ledger
