#include "ledger/sha256.h"

#include <openssl/evp.h>

#include "ledger/check.h"

namespace daybook::ledger {

Sha256::Sha256() : digest_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  DAYBOOK_CHECK(digest_ != nullptr && context_ != nullptr, "OpenSSL has no SHA-256");
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(digest_);
}

void Sha256::Start() {
  DAYBOOK_CHECK(EVP_DigestInit_ex2(context_, digest_, nullptr) == 1, "SHA-256 failed");
}

void Sha256::Add(std::string_view bytes) {
  DAYBOOK_CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1, "SHA-256 failed");
}

Bytes32 Sha256::Finish() {
  Bytes32 hash;
  DAYBOOK_CHECK(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1, "SHA-256 failed");
  return hash;
}

Bytes32 Sha256Of(std::string_view bytes) {
  thread_local Sha256 sha256;
  sha256.Start();
  sha256.Add(bytes);
  return sha256.Finish();
}

}  // namespace daybook::ledger
