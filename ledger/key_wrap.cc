#include "ledger/key_wrap.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <string>

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/key_slot.h"
#include "ledger/limits.h"

namespace daybook::ledger {
namespace {

std::string OneByte(KeyPurpose purpose) { return {static_cast<char>(purpose)}; }

std::string Little(uint32_t value) {
  std::string bytes;
  AppendLittle(value, &bytes);
  return bytes;
}

}  // namespace

StoredKey WrapKey(KeyPurpose purpose, uint32_t version, const KeyId& id, const SecretKey& key,
                  const KeyId& wrapped_by, const SecretKey& wrapping, RandomSource* random) {
  StoredKey stored;
  stored.purpose = purpose;
  stored.version = version;
  stored.id = id;
  stored.wrapped_by = wrapped_by;
  stored.nonce = random->Draw<12>();
  const std::string sealed =
      SealAesGcm(wrapping, stored.nonce, WrapAssociatedData(stored), key.view());
  std::copy_n(sealed.begin(), stored.wrapped.size(),
              reinterpret_cast<char*>(stored.wrapped.data()));
  std::copy_n(sealed.begin() + stored.wrapped.size(), stored.tag.size(),
              reinterpret_cast<char*>(stored.tag.data()));
  return stored;
}

absl::StatusOr<SecretKey> UnwrapKey(const StoredKey& stored, const SecretKey& wrapping) {
  std::string sealed(AsView(stored.wrapped));
  sealed += AsView(stored.tag);
  std::string plain;
  if (!OpenAesGcm(wrapping, AsView(stored.nonce), WrapAssociatedData(stored), sealed, &plain)) {
    return absl::DataLossError("vault: a key does not open with the key that wraps it");
  }
  Bytes32 bytes;
  std::copy_n(plain.begin(), bytes.size(), reinterpret_cast<char*>(bytes.data()));
  SecretKey key(bytes);
  OPENSSL_cleanse(plain.data(), plain.size());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

KeyId DataKeyId(const Hmac& key_ids, std::string_view entity_key, uint32_t retention_class) {
  return key_ids.ShortOf({OneByte(KeyPurpose::kData), entity_key, Little(retention_class)});
}

KeyId PersonTombstoneId(const Hmac& key_ids, std::string_view entity_key) {
  return key_ids.ShortOf({OneByte(KeyPurpose::kPerson), entity_key});
}

KeyId ServiceKeyId(const Hmac& key_ids, KeyPurpose purpose, std::string_view tenant,
                   uint32_t version) {
  DAYBOOK_CHECK(tenant.size() <= kMaxTenantLength, "tenant longer than its limit");
  const std::string length(1, static_cast<char>(tenant.size()));
  return key_ids.ShortOf({OneByte(purpose), length, tenant, Little(version)});
}

}  // namespace daybook::ledger
