// Sorts more records than fit into memory: full buffers are sorted and spilled to temporary files,
// which are merged at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook::tools {

// Records in ascending order of their keys' bytes; records of equal keys in the order in which they
// were added. First Add as often as wanted, then Finish once, then Next to the end. Not
// thread-safe. Temporary files have no name: they go with the process, however it ends.
class ExternalSort {
 public:
  // Spills when records and their bookkeeping fill `memory_bytes`. `directory` must have room for
  // all records.
  ExternalSort(size_t memory_bytes, std::string directory);
  ~ExternalSort();
  ExternalSort(const ExternalSort&) = delete;
  ExternalSort& operator=(const ExternalSort&) = delete;

  // ResourceExhausted or Internal if the temporary file cannot be written.
  absl::Status Add(std::string_view key, std::string_view payload);
  absl::Status Finish();

  // False at the end. The views are valid until the next call. DataLoss if a temporary file cannot
  // be read back.
  absl::StatusOr<bool> Next(std::string_view& key, std::string_view& payload);

  uint64_t size() const { return size_; }
  // Files written so far, merged ones too.
  size_t spills() const { return spills_; }

 private:
  class Run;
  class MemoryRun;
  class FileRun;

  // Where a record lies, with the first bytes of its key: most comparisons need no more.
  struct Entry {
    uint64_t prefix;
    const char* record;
  };

  char* Allocate(size_t size);
  void SortEntries();
  absl::Status Spill();
  absl::StatusOr<std::unique_ptr<Run>> WriteMerged(std::vector<std::unique_ptr<Run>> runs);
  static absl::Status StartHeap(std::vector<std::unique_ptr<Run>>& runs);
  // Leaves the smallest record's run at the back of the heap, or empties `runs`.
  static absl::Status Advance(std::vector<std::unique_ptr<Run>>& runs);

  const size_t memory_bytes_;
  const std::string directory_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_used_ = 0;
  size_t block_size_ = 0;
  size_t used_bytes_ = 0;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<Run>> runs_;
  uint64_t size_ = 0;
  size_t spills_ = 0;
  bool started_ = false;
};

}  // namespace daybook::tools
