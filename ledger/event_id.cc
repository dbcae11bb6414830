// Event ids: a UUIDv7 that is a function of where the event stands. FORMAT.md has the bits.
#include <openssl/evp.h>

#include <algorithm>

#include "ledger/check.h"
#include "ledger/record.h"

namespace daybook::ledger {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr uint64_t kTimeMask = (uint64_t{1} << 48) - 1;

void StoreBig(uint64_t value, size_t bytes, uint8_t* out) {
  for (size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<uint8_t>(value >> (8 * (bytes - 1 - i)));
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsDashPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

struct EventIdMaker::Cipher {
  explicit Cipher(const Bytes32& key)
      : algorithm(EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)),
        context(EVP_CIPHER_CTX_new()) {
    DAYBOOK_CHECK(algorithm != nullptr && context != nullptr, "OpenSSL has no AES-256");
    DAYBOOK_CHECK(EVP_EncryptInit_ex2(context, algorithm, key.data(), nullptr, nullptr) == 1,
                  "AES-256 failed");
    EVP_CIPHER_CTX_set_padding(context, 0);
  }
  ~Cipher() {
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(algorithm);
  }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  // ECB of one block keeps no state between calls, so the context need not be initialised again.
  Bytes16 Encrypt(const Bytes16& block) {
    Bytes16 out;
    int length = 0;
    DAYBOOK_CHECK(EVP_EncryptUpdate(context, out.data(), &length, block.data(),
                                    static_cast<int>(block.size())) == 1 &&
                      length == static_cast<int>(out.size()),
                  "AES-256 failed");
    return out;
  }

  EVP_CIPHER* const algorithm;
  EVP_CIPHER_CTX* const context;
};

EventIdMaker::EventIdMaker(const Bytes32& key) : cipher_(std::make_unique<Cipher>(key)) {}
EventIdMaker::~EventIdMaker() = default;

EventId EventIdMaker::Make(Epoch epoch, PartitionId partition, Sequence sequence, uint16_t index,
                           Timestamp recorded_at) {
  DAYBOOK_CHECK(sequence.value() <= kTimeMask, "sequence longer than 48 bits");
  Bytes16 block;
  StoreBig(epoch.value(), 4, &block[0]);
  StoreBig(partition.value(), 4, &block[4]);
  StoreBig(sequence.value(), 6, &block[8]);
  StoreBig(index, 2, &block[14]);
  const Bytes16 random = cipher_->Encrypt(block);

  const uint64_t millis =
      static_cast<uint64_t>(std::max<int64_t>(0, recorded_at.micros) / kMicrosPerMilli);
  EventId id;
  StoreBig(millis & kTimeMask, 6, &id[0]);
  // random's bits 0-11 and 12-73, with version and variant put before each.
  id[6] = static_cast<uint8_t>(0x70 | (random[0] >> 4));
  id[7] = static_cast<uint8_t>((random[0] << 4) | (random[1] >> 4));
  id[8] = static_cast<uint8_t>(0x80 | ((random[1] & 0x0f) << 2) | (random[2] >> 6));
  for (size_t i = 9; i < id.size(); ++i) {
    id[i] = static_cast<uint8_t>((random[i - 7] << 2) | (random[i - 6] >> 6));
  }
  return id;
}

std::string FormatEventId(const EventId& id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (uint8_t byte : id) {
    if (IsDashPlace(text.size())) text.push_back('-');
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0x0f]);
  }
  return text;
}

bool ParseEventId(std::string_view text, EventId* out) {
  if (text.size() != 36) return false;
  EventId id;
  size_t at = 0;
  for (size_t i = 0; i < text.size();) {
    if (IsDashPlace(i)) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    id[at++] = static_cast<uint8_t>(high << 4 | low);
    i += 2;
  }
  *out = id;
  return true;
}

}  // namespace daybook::ledger
