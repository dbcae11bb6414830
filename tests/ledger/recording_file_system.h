// A disk in memory that remembers what was written and what was synced, so that a test can pull the
// plug after any call and look at every state that a real disk might be in then.
//
// The model: a write goes to the page cache. A sync moves the dirty pages of that file to the disk.
// Until then each page of 4 KiB reaches the disk or not, in any of the versions that it has had
// since, independently of all others; a torn page does so sector by sector (512 bytes). After a
// failed sync the cache keeps the bytes and calls them clean, while the disk has got some of them
// or none. Names behave alike: only a sync of the directory fixes them.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ledger/file_system.h"

namespace daybook::ledger {

class RecordingFileSystem : public FileSystem {
 public:
  static constexpr size_t kPage = 4096;
  static constexpr size_t kSector = 512;

  enum class Fault {
    kDie,   // the plug: the call does what it would, unsynced, and no later call works
    kFail,  // Internal; a write does a part of its work, a failed sync cleans pages that the disk
            // lacks
    kNoSpace,  // ResourceExhausted, likewise
  };

  RecordingFileSystem() = default;
  ~RecordingFileSystem() override = default;

  // Calls are counted from 1. `sticky`: all later calls fail as well.
  void SetFault(Fault fault, uint64_t call, bool sticky = false);
  void ClearFault();
  uint64_t calls() const;
  // True once a fault has struck.
  bool struck() const;

  // Room for the sum of all files. `honest`: FreeBytes says so; otherwise it promises plenty.
  void SetCapacity(uint64_t bytes, bool honest);

  // A disk as it may look after the power failed now.
  std::unique_ptr<RecordingFileSystem> Crash(std::mt19937_64* random) const;

  // For tests that damage what was synced: cache and disk alike, no call counted.
  std::string Contents(const std::string& path) const;
  void SetContents(const std::string& path, std::string contents);
  void RemoveFile(const std::string& path);
  std::vector<std::string> Files() const;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, bool create) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  bool Exists(const std::string& path) override;
  absl::Status MakeDirectory(const std::string& path) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override;

 private:
  friend class RecordedFile;

  struct Inode {
    std::string cache;
    std::string disk;
    // For each dirty page its contents after each write since it was clean.
    std::map<uint64_t, std::vector<std::string>> dirty;
    bool is_directory = false;
  };
  using InodePtr = std::shared_ptr<Inode>;
  // A change of names that no sync of the directory has fixed: these names now mean these files
  // (null: nothing).
  struct NameChange {
    std::string directory;
    std::vector<std::pair<std::string, InodePtr>> names;
  };

  // Counts a call. An error if it must fail; `dying` if it is the last that takes effect.
  absl::Status Count(bool* dying);
  void Write(Inode* inode, uint64_t offset, std::string_view data);
  absl::Status WriteCall(Inode* inode, uint64_t offset, std::string_view data);
  absl::Status SyncCall(Inode* inode);
  void Change(const std::string& directory, std::vector<std::pair<std::string, InodePtr>> names);
  uint64_t Used() const;
  static std::string PageOf(const std::string& bytes, uint64_t page);
  static void PutPage(std::string* bytes, uint64_t page, std::string_view contents);

  mutable std::mutex mutex_;
  std::map<std::string, InodePtr> names_;          // as the running system sees them
  std::map<std::string, InodePtr> durable_names_;  // as the disk has them
  std::vector<NameChange> changes_;
  uint64_t calls_ = 0;
  std::optional<Fault> fault_;
  uint64_t fault_call_ = 0;
  bool fault_sticky_ = false;
  bool struck_ = false;
  std::optional<uint64_t> capacity_;
  bool honest_ = true;
  std::mt19937_64 random_{1};  // what a failed call leaves behind
};

}  // namespace daybook::ledger
