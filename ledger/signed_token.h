// Opaque texts that clients keep and hand back: URL-safe base64 of bytes that only we can have
// made. FORMAT.md ("Tokens") has the layout.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/crypto.h"

namespace daybook::ledger {

// The keys that sign tokens, by id: new tokens are signed with the current one, older keys stay
// good for those that are still about. Thread-safe once filled.
class TokenKeys {
 public:
  // Adds a key; the last one added is the current one.
  void Add(uint32_t id, const SecretKey& key);

  // Signs `payload` for a use ("position", "page"): a token made for one use is no token for
  // another. There must be a key.
  std::string Seal(std::string_view use, std::string_view payload) const;
  // The payload of such a text. Errors: InvalidArgument, with nothing said about where it failed.
  absl::StatusOr<std::string> Open(std::string_view use, std::string_view text) const;

 private:
  std::map<uint32_t, std::unique_ptr<Hmac>> keys_;
  uint32_t current_ = 0;
};

}  // namespace daybook::ledger
