#include "ledger/signed_token.h"

#include "absl/strings/escaping.h"
#include "ledger/check.h"
#include "ledger/limits.h"
#include "ledger/varint.h"

namespace daybook::ledger {
namespace {

constexpr char kVersion = 1;
constexpr size_t kMacBytes = 16;

Bytes16 MacOf(const Hmac& key, std::string_view use, std::string_view signed_bytes) {
  const char length = static_cast<char>(use.size());
  return key.ShortOf({std::string_view(&length, 1), use, signed_bytes});
}

}  // namespace

void TokenKeys::Add(uint32_t id, const SecretKey& key) {
  keys_[id] = std::make_unique<Hmac>(key);
  current_ = id;
}

std::string TokenKeys::Seal(std::string_view use, std::string_view payload) const {
  DAYBOOK_CHECK(!keys_.empty(), "a token needs a key");
  std::string bytes(1, kVersion);
  AppendVarint(current_, &bytes);
  bytes.append(payload);
  bytes.append(AsView(MacOf(*keys_.at(current_), use, bytes)));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::string> TokenKeys::Open(std::string_view use, std::string_view text) const {
  const absl::Status refused = absl::InvalidArgumentError("not a token of this server");
  std::string bytes;
  if (text.size() > kMaxTokenLength ||
      !absl::WebSafeBase64Unescape({text.data(), text.size()}, &bytes) ||
      bytes.size() < 1 + kMacBytes) {
    return refused;
  }
  // Base64 has several texts for the same bytes; only ours counts.
  if (absl::WebSafeBase64Escape(bytes) != text) return refused;
  const std::string_view all(bytes);
  const std::string_view signed_bytes = all.substr(0, all.size() - kMacBytes);
  std::string_view rest = signed_bytes.substr(1);
  uint32_t id = 0;
  if (signed_bytes[0] != kVersion || !TakeVarint32(&rest, &id)) return refused;
  const auto key = keys_.find(id);
  if (key == keys_.end()) return refused;
  if (!EqualInConstantTime(AsView(MacOf(*key->second, use, signed_bytes)),
                           all.substr(signed_bytes.size()))) {
    return refused;
  }
  return std::string(rest);
}

}  // namespace daybook::ledger
