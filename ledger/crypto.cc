#include "ledger/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

#include "ledger/check.h"

namespace daybook::ledger {
namespace {

// OpenSSL's generator costs 2 µs a call however little is asked for, so each thread draws ahead.
// What was handed out is wiped.
class DrawnAhead {
 public:
  ~DrawnAhead() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  void Fill(uint8_t* out, size_t length) {
    if (length > bytes_.size() / 4) return Draw(out, length);
    if (bytes_.size() - used_ < length) {
      Draw(bytes_.data(), bytes_.size());
      used_ = 0;
    }
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(used_), length, out);
    OPENSSL_cleanse(bytes_.data() + used_, length);
    used_ += length;
  }

 private:
  static void Draw(uint8_t* out, size_t length) {
    DAYBOOK_CHECK(RAND_bytes(out, static_cast<int>(length)) == 1, "no randomness");
  }
  std::array<uint8_t, 1024> bytes_{};
  size_t used_ = bytes_.size();
};

class SystemRandom : public RandomSource {
 public:
  void Fill(uint8_t* out, size_t length) override {
    thread_local DrawnAhead drawn;
    drawn.Fill(out, length);
  }
};

const unsigned char* Data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// One per thread. The cipher is given once: to give it again would throw away and make anew all
// that is kept.
class GcmContext {
 public:
  GcmContext()
      : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)), context_(EVP_CIPHER_CTX_new()) {
    DAYBOOK_CHECK(cipher_ != nullptr && context_ != nullptr &&
                      EVP_CipherInit_ex2(context_, cipher_, nullptr, nullptr, 1, nullptr) == 1,
                  "OpenSSL has no AES-256-GCM");
  }
  ~GcmContext() {
    EVP_CIPHER_CTX_free(context_);
    EVP_CIPHER_free(cipher_);
  }
  GcmContext(const GcmContext&) = delete;
  GcmContext& operator=(const GcmContext&) = delete;

  EVP_CIPHER_CTX* Start(bool encrypt, const SecretKey& key, std::string_view nonce,
                        std::string_view associated) {
    int length = 0;
    DAYBOOK_CHECK(EVP_CipherInit_ex2(context_, nullptr, key.bytes().data(), Data(nonce),
                                     encrypt ? 1 : 0, nullptr) == 1 &&
                      EVP_CipherUpdate(context_, nullptr, &length, Data(associated),
                                       static_cast<int>(associated.size())) == 1,
                  "AES-256-GCM");
    return context_;
  }

 private:
  EVP_CIPHER* const cipher_;
  EVP_CIPHER_CTX* const context_;
};

GcmContext& ThreadGcm() {
  thread_local GcmContext context;
  return context;
}

}  // namespace

SecretKey::~SecretKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

RandomSource* RandomSource::System() {
  static SystemRandom* const random = new SystemRandom;
  return random;
}

struct Hmac::State {
  EVP_MAC* mac = nullptr;
  EVP_MAC_CTX* context = nullptr;
};

Hmac::Hmac(const SecretKey& key) : state_(std::make_unique<State>()) {
  state_->mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  DAYBOOK_CHECK(state_->mac != nullptr, "OpenSSL has no HMAC");
  state_->context = EVP_MAC_CTX_new(state_->mac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  DAYBOOK_CHECK(state_->context != nullptr && EVP_MAC_init(state_->context, key.bytes().data(),
                                                           key.bytes().size(), parameters) == 1,
                "HMAC");
}

Hmac::~Hmac() {
  EVP_MAC_CTX_free(state_->context);
  EVP_MAC_free(state_->mac);
}

Bytes32 Hmac::Of(const std::string_view* parts, size_t count) const {
  const std::lock_guard lock(mutex_);
  // Without a key this goes back to the state after the key.
  DAYBOOK_CHECK(EVP_MAC_init(state_->context, nullptr, 0, nullptr) == 1, "HMAC");
  for (size_t i = 0; i < count; ++i) {
    DAYBOOK_CHECK(EVP_MAC_update(state_->context, Data(parts[i]), parts[i].size()) == 1, "HMAC");
  }
  Bytes32 mac;
  size_t length = 0;
  DAYBOOK_CHECK(
      EVP_MAC_final(state_->context, mac.data(), &length, mac.size()) == 1 && length == mac.size(),
      "HMAC");
  return mac;
}

Bytes16 Hmac::ShortOf(std::initializer_list<std::string_view> parts) const {
  const Bytes32 mac = Of(parts);
  Bytes16 first;
  std::copy_n(mac.begin(), first.size(), first.begin());
  return first;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string SealAesGcm(const SecretKey& key, const Bytes12& nonce, std::string_view associated,
                       std::string_view plain) {
  EVP_CIPHER_CTX* const context = ThreadGcm().Start(true, key, AsView(nonce), associated);
  std::string sealed(plain.size() + kGcmTagBytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  int length = 0;
  int rest = 0;
  DAYBOOK_CHECK(
      EVP_CipherUpdate(context, out, &length, Data(plain), static_cast<int>(plain.size())) == 1 &&
          EVP_CipherFinal_ex(context, out + length, &rest) == 1 &&
          static_cast<size_t>(length + rest) == plain.size() &&
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, out + plain.size()) ==
              1,
      "AES-256-GCM");
  return sealed;
}

bool OpenAesGcm(const SecretKey& key, std::string_view nonce, std::string_view associated,
                std::string_view sealed, std::string* plain) {
  plain->clear();
  if (nonce.size() != Bytes12{}.size() || sealed.size() < kGcmTagBytes) return false;
  EVP_CIPHER_CTX* const context = ThreadGcm().Start(false, key, nonce, associated);
  std::string_view tag = sealed.substr(sealed.size() - kGcmTagBytes);
  sealed.remove_suffix(kGcmTagBytes);
  plain->resize(sealed.size());
  auto* const out = reinterpret_cast<unsigned char*>(plain->data());
  int length = 0;
  int rest = 0;
  const bool genuine =
      EVP_CipherUpdate(context, out, &length, Data(sealed), static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes,
                          const_cast<char*>(tag.data())) == 1 &&
      EVP_CipherFinal_ex(context, out + length, &rest) == 1;
  if (!genuine) {
    OPENSSL_cleanse(plain->data(), plain->size());
    plain->clear();
  }
  return genuine;
}

}  // namespace daybook::ledger
