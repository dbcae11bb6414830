#include "server/bearer_token.h"

#include "absl/strings/escaping.h"
#include "ledger/sha256.h"

namespace daybook::server {
namespace {

constexpr std::string_view kPrefix = "daybook_";
constexpr size_t kSecretCharacters = 43;

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string DrawToken(ledger::RandomSource* random) {
  const auto secret = random->Draw<32>();
  const std::string_view bytes = ledger::AsView(secret);
  std::string text = absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()));
  return std::string(kPrefix) + text;
}

bool HashToken(std::string_view text, ledger::Bytes32* sha256) {
  if (text.size() != kPrefix.size() + kSecretCharacters || !text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  for (const char c : text) {
    if (!IsBase64Url(c)) return false;
  }
  std::string secret;
  if (!absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &secret) ||
      secret.size() != sha256->size()) {
    return false;
  }
  *sha256 = ledger::Sha256Of(secret);
  return true;
}

}  // namespace daybook::server
