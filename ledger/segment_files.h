// The segment files of one directory: their names, which there are, and open descriptors of those
// in use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/segment_format.h"

namespace daybook::ledger {

// The name under which a segment is being made; what bears it may be thrown away at any time.
inline constexpr char kUnfinishedSegmentName[] = "unfinished.segment";

// "0000000000000001.segment": 16 hexadecimal digits, so names sort like numbers.
std::string SegmentName(uint64_t number);
// The number in a name; 0 if it is not that of a segment.
uint64_t SegmentNumber(std::string_view name);
std::string SegmentPath(const std::string& directory, uint64_t number);

// An open segment whose header has been checked. Immutable but for what is written into the file.
struct Segment {
  std::unique_ptr<File> file;
  SegmentHeader header;
  uint32_t salt_start = 0;
  uint64_t size = 0;  // of the file: what a group must fit into

  // Like File::ReadAt, but with zeros behind the end of the file: a shorter file reads as if zeros
  // followed.
  absl::Status ReadPadded(uint64_t offset, size_t length, std::string* out) const;
  // "segment 3 offset 4096", for messages.
  std::string At(uint64_t offset) const;
};
using SegmentPtr = std::shared_ptr<const Segment>;

// Opens segments on demand and keeps some of them open. Thread-safe.
class SegmentFiles {
 public:
  SegmentFiles(FileSystem* fs, std::string directory, const LedgerId& ledger_id)
      : fs_(fs), directory_(std::move(directory)), ledger_id_(ledger_id) {}

  // The highest number, all from 1 to there being present; 0 if there are no segments. Errors:
  // DataLoss if one is missing.
  absl::StatusOr<uint64_t> Last() const;
  // Errors: NotFound; DataLoss if its header is damaged or bears another number; FailedPrecondition
  // if it is of another ledger or a later version.
  absl::StatusOr<SegmentPtr> Get(uint64_t number);

  FileSystem* fs() const { return fs_; }
  const std::string& directory() const { return directory_; }
  const LedgerId& ledger_id() const { return ledger_id_; }

 private:
  absl::StatusOr<SegmentPtr> Open(uint64_t number) const;

  FileSystem* const fs_;
  const std::string directory_;
  const LedgerId ledger_id_;
  struct Opened {
    SegmentPtr segment;
    uint64_t last_use = 0;
  };
  std::mutex mutex_;
  std::map<uint64_t, Opened> open_;
  uint64_t uses_ = 0;
};

}  // namespace daybook::ledger
