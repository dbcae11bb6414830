// The cryptography of the ledger over OpenSSL: secrets that wipe themselves, random bytes,
// HMAC-SHA-256 and AES-256-GCM, each with its OpenSSL objects kept, because making them costs more
// than using them.
//
// A failure inside OpenSSL (out of memory, no entropy) ends the process: there is no safe way to go
// on.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "ledger/types.h"

namespace daybook::ledger {

using Bytes12 = std::array<uint8_t, 12>;

inline std::string_view AsView(const Bytes12& b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// 32 secret bytes: an AES-256 or HMAC key. Copies are deliberate and each wipes itself when it
// goes.
class SecretKey {
 public:
  SecretKey() = default;
  explicit SecretKey(const Bytes32& bytes) : bytes_(bytes) {}
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
  const Bytes32& bytes() const { return bytes_; }
  std::string_view view() const { return AsView(bytes_); }

 private:
  Bytes32 bytes_{};
};

// Where randomness comes from, so that tests can repeat it. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void Fill(uint8_t* out, size_t length) = 0;

  template <size_t N>
  std::array<uint8_t, N> Draw() {
    std::array<uint8_t, N> bytes;
    Fill(bytes.data(), N);
    return bytes;
  }
  SecretKey DrawKey() { return SecretKey(Draw<32>()); }

  // OpenSSL's generator; lives for ever.
  static RandomSource* System();
};

// HMAC-SHA-256 under one key, kept ready. Thread-safe; threads that share one take turns.
class Hmac {
 public:
  explicit Hmac(const SecretKey& key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  // The MAC of the concatenated parts; delimiting them is the caller's matter.
  Bytes32 Of(std::initializer_list<std::string_view> parts) const {
    return Of(parts.begin(), parts.size());
  }
  Bytes32 Of(const std::string_view* parts, size_t count) const;
  // Its first 16 bytes.
  Bytes16 ShortOf(std::initializer_list<std::string_view> parts) const;

 private:
  struct State;
  mutable std::mutex mutex_;
  const std::unique_ptr<State> state_;
};

// True if both are equal; takes the same time wherever they differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

inline constexpr size_t kGcmTagBytes = 16;

// AES-256-GCM: the ciphertext of `plain` followed by its tag. A nonce must never be used twice with
// a key. Thread-safe.
std::string SealAesGcm(const SecretKey& key, const Bytes12& nonce, std::string_view associated,
                       std::string_view plain);

// The reverse; false, and `plain` empty, unless key, nonce, associated data and every byte are
// those of the sealing.
bool OpenAesGcm(const SecretKey& key, std::string_view nonce, std::string_view associated,
                std::string_view sealed, std::string* plain);

}  // namespace daybook::ledger
