// Where the key that wraps all others comes from. The vault asks once, when it is made or opened.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/crypto.h"
#include "ledger/file_system.h"

namespace daybook::ledger {

class MasterKeySource {
 public:
  virtual ~MasterKeySource() = default;
  // The key; `create` when a vault is being made and a source that keeps the key itself may make
  // one. Errors: NotFound, InvalidArgument (not a key), those of the file system.
  virtual absl::StatusOr<SecretKey> Get(bool create) = 0;
};

// A file of 64 hexadecimal digits and a line end, readable by its owner only. Whoever has it and
// the vault has every key: keep it out of the backups that hold the vault.
class FileMasterKey : public MasterKeySource {
 public:
  FileMasterKey(FileSystem* fs, std::string directory, RandomSource* random)
      : fs_(fs), directory_(std::move(directory)), random_(random) {}
  absl::StatusOr<SecretKey> Get(bool create) override;
  // Stores a key that comes from elsewhere, durably.
  absl::Status Keep(const SecretKey& key) const;
  std::string path() const { return directory_ + "/master.key"; }

 private:
  absl::StatusOr<SecretKey> Read() const;
  absl::StatusOr<SecretKey> Make() const;
  FileSystem* const fs_;
  const std::string directory_;
  RandomSource* const random_;
};

// 64 hexadecimal digits from anywhere else: an environment variable, a key service.
class CallbackMasterKey : public MasterKeySource {
 public:
  explicit CallbackMasterKey(std::function<absl::StatusOr<std::string>()> fetch)
      : fetch_(std::move(fetch)) {}
  absl::StatusOr<SecretKey> Get(bool create) override;

 private:
  const std::function<absl::StatusOr<std::string>()> fetch_;
};

// 64 hexadecimal digits, with or without a line end behind them. Errors: InvalidArgument, never
// quoting the text.
absl::StatusOr<SecretKey> ParseMasterKey(std::string_view text);

}  // namespace daybook::ledger
