#include "ledger/master_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>

#include <cctype>
#include <utility>

namespace daybook::ledger {
namespace {

constexpr size_t kHexDigits = 64;

// A string that holds a secret and leaves nothing behind.
struct SecretText {
  std::string text;
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
};

}  // namespace

absl::StatusOr<SecretKey> ParseMasterKey(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.size() != kHexDigits) {
    return absl::InvalidArgumentError("the master key is not 64 hexadecimal digits");
  }
  Bytes32 bytes{};
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::isxdigit(c) == 0) {
      return absl::InvalidArgumentError("the master key is not 64 hexadecimal digits");
    }
    const int digit = std::isdigit(c) != 0 ? c - '0' : std::tolower(c) - 'a' + 10;
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] << 4 | digit);
  }
  SecretKey key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

absl::StatusOr<SecretKey> FileMasterKey::Get(bool create) {
  return create && !fs_->Exists(path()) ? Make() : Read();
}

absl::StatusOr<SecretKey> FileMasterKey::Read() const {
  auto file = fs_->Open(path(), false);
  if (!file.ok()) return file.status();
  SecretText digits;
  if (auto status = (*file)->ReadAt(0, kHexDigits + 2, &digits.text); !status.ok()) return status;
  return ParseMasterKey(digits.text);
}

absl::StatusOr<SecretKey> FileMasterKey::Make() const {
  const SecretKey key = random_->DrawKey();
  if (auto status = Keep(key); !status.ok()) return status;
  return key;
}

absl::Status FileMasterKey::Keep(const SecretKey& key) const {
  const SecretText digits{fmt::format("{:02x}\n", fmt::join(key.bytes(), ""))};
  const std::string unfinished = path() + ".new";
  auto file = fs_->Open(unfinished, true);
  if (!file.ok()) return file.status();
  if (auto status = (*file)->Truncate(0); !status.ok()) return status;
  if (auto status = (*file)->WriteAt(0, digits.text); !status.ok()) return status;
  if (auto status = (*file)->Sync(); !status.ok()) return status;
  if (auto status = fs_->Rename(unfinished, path()); !status.ok()) return status;
  return fs_->SyncDirectory(directory_);
}

absl::StatusOr<SecretKey> CallbackMasterKey::Get(bool /*create*/) {
  auto fetched = fetch_();
  if (!fetched.ok()) return fetched.status();
  const SecretText digits{*std::move(fetched)};
  return ParseMasterKey(digits.text);
}

}  // namespace daybook::ledger
