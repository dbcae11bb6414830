// The witness: a file of two slots that says, apart from the log, which group was seen durable.
// Written once a second and at a clean stop, so that a log that lost its end is told from one that
// never had it.
//
// One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/types.h"

namespace daybook::ledger {

// What was seen durable.
struct Witness {
  Epoch epoch{1};
  GroupNumber group;
  Bytes16 chain{};  // GroupPlace::chain of that group
  friend bool operator==(const Witness&, const Witness&) = default;
};

class WitnessFile {
 public:
  // Opens the file, or makes it, and reads both slots. `fs` must outlive this. Errors: DataLoss if
  // both slots are damaged (one is what a crash leaves); FailedPrecondition if it is of another
  // ledger or a later version; ResourceExhausted, Internal.
  static absl::StatusOr<std::unique_ptr<WitnessFile>> Open(FileSystem* fs, const std::string& path,
                                                           const LedgerId& ledger_id);

  // The same without making or keeping anything: the newest that is stored; empty if there is no
  // file, or nothing in it. Errors: as Open.
  static absl::StatusOr<std::optional<Witness>> Read(FileSystem* fs, const std::string& path,
                                                     const LedgerId& ledger_id);

  // The newest that is stored: highest epoch, then highest group. Empty if nothing has been stored
  // yet.
  const std::optional<Witness>& newest() const { return newest_; }

  // Writes the slot that does not hold the newest, and syncs. A witness that is not newer changes
  // nothing. After a failure every later call fails with FailedPrecondition; open again.
  absl::Status Store(const Witness& witness);

 private:
  WitnessFile(std::unique_ptr<File> file, const LedgerId& ledger_id)
      : file_(std::move(file)), ledger_id_(ledger_id) {}
  absl::Status Load();

  const std::unique_ptr<File> file_;
  const LedgerId ledger_id_;
  std::optional<Witness> newest_;
  size_t next_slot_ = 0;
  bool failed_ = false;
};

}  // namespace daybook::ledger
