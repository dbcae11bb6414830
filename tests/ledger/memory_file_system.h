// A file system in memory whose calls can be made to fail and whose power can be cut: what was not
// synced is then kept, lost or torn, sector by sector. Files and names are separate: a name
// survives only if its directory was synced.
//
// Thread-safe.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ledger/file_system.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {

class MemoryFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, bool create) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  bool Exists(const std::string& path) override;
  absl::Status MakeDirectory(const std::string& path) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string&) override { return uint64_t{1} << 40; }
  absl::Status SyncDirectory(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override;

  // Lets `calls` more changing calls succeed; from then on all fail with `error`, the first write
  // among them half done.
  void FailAfter(int calls, absl::Status error = absl::InternalError("no power"));
  void Mend() { FailAfter(std::numeric_limits<int>::max()); }
  // Changing calls so far.
  int calls() const { return calls_; }
  // Cuts the power and brings it back; open files must be gone.
  void Crash(SeededRandom* random);

  // A file's bytes as a reader sees them, to look at or to damage (both as written and as synced).
  std::string Contents(const std::string& path);
  void Damage(const std::string& path, uint64_t offset, std::string_view bytes);

 private:
  struct Write {
    uint64_t offset;
    std::string bytes;
  };
  struct Node {
    std::string seen;     // what reads show
    std::string durable;  // what a power cut leaves at least
    std::vector<Write> unsynced;
  };
  class OpenFile;
  class HeldLock;

  // Counts a changing call; not OK if it shall fail.
  absl::Status Spend();

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> names_, durable_names_;
  std::set<std::string> directories_, locks_;
  int calls_ = 0;
  int fail_after_ = std::numeric_limits<int>::max();
  bool half_done_ = false;
  absl::Status error_;
};

}  // namespace daybook::ledger
