// Wrapping keys by keys, and the inputs of key ids (FORMAT.md, "Key id" and "Vault file").
//
// Thread-safe.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto.h"
#include "ledger/key_store.h"

namespace daybook::ledger {

// The keys that a vault has of its own from the beginning, beside the one that makes key ids.
inline constexpr KeyPurpose kServicePurposes[] = {KeyPurpose::kToken, KeyPurpose::kFingerprint,
                                                  KeyPurpose::kEventId, KeyPurpose::kSigning};

// The master key's id, and that of the key-id key, which names all others.
inline constexpr KeyId kRootKeyId{};

// `key` sealed by `wrapping`, with everything needed to store it.
StoredKey WrapKey(KeyPurpose purpose, uint32_t version, const KeyId& id, const SecretKey& key,
                  const KeyId& wrapped_by, const SecretKey& wrapping, RandomSource* random);

// Errors: DataLoss unless `wrapping` sealed exactly this.
absl::StatusOr<SecretKey> UnwrapKey(const StoredKey& stored, const SecretKey& wrapping);

// `entity_key`: of the person, see EntityKey.
KeyId DataKeyId(const Hmac& key_ids, std::string_view entity_key, uint32_t retention_class);
KeyId PersonTombstoneId(const Hmac& key_ids, std::string_view entity_key);
// `tenant` is empty for the server's own keys.
KeyId ServiceKeyId(const Hmac& key_ids, KeyPurpose purpose, std::string_view tenant,
                   uint32_t version);

}  // namespace daybook::ledger
