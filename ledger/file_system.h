// The few calls that touch a disk, so that tests can record them, fail each of them and play back a
// crash. Everything in the ledger that writes files of its own (segments, vault, heads, witness)
// goes through this; RocksDB does not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook::ledger {

// An open file. One thread at a time, except ReadAt, which any thread may call beside a WriteAt
// elsewhere in the file.
class File {
 public:
  virtual ~File() = default;
  // Writes all of `data` or fails; a failed write may have written a part. Errors:
  // ResourceExhausted (no space), Internal.
  virtual absl::Status WriteAt(uint64_t offset, std::string_view data) = 0;
  // Reads up to `length` bytes into `out` (resized to what was there; shorter only at the end of
  // the file).
  virtual absl::Status ReadAt(uint64_t offset, size_t length, std::string* out) const = 0;
  // fdatasync. After a failure the page cache may show what the disk lacks: never try again,
  // reopen.
  virtual absl::Status Sync() = 0;
  // fsync: the file's size and times as well, so that later calls of Sync carry no metadata.
  // Failures as above.
  virtual absl::Status SyncWithMetadata() = 0;
  virtual absl::StatusOr<uint64_t> Size() const = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
};

// A file system. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Opens for reading and writing; `create` makes it if it is not there. Errors: NotFound,
  // Internal.
  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, bool create) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // Names of what is in a directory, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  virtual bool Exists(const std::string& path) = 0;
  // Succeeds if it is there already.
  virtual absl::Status MakeDirectory(const std::string& path) = 0;
  // Room left for this process on the disk that holds `directory`.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) = 0;
  // fsync of the directory itself: makes renames, creations and removals in it durable.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Takes an exclusive lock that lasts as long as the returned object; FailedPrecondition if
  // another process has it.
  virtual absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) = 0;

  // The real one; lives for ever.
  static FileSystem* Posix();
};

}  // namespace daybook::ledger
