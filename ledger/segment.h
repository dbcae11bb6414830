// The log on disk: groups of records in preallocated, zero-filled segment files, with exactly one
// place that syncs. ledger.md 4.1 has the rules; FORMAT.md has the bytes. This knows frames and
// chains, not what records mean.
//
// One writer thread calls Append; any thread may Read and Scan up to the durable end. A background
// thread owned by the log prepares the next segment.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/limits.h"
#include "ledger/types.h"

namespace daybook::ledger {

// Where a record lies: `offset` is that of its header in the segment file.
struct RecordPlace {
  uint64_t segment = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
  friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

// Where a group lies. {group 0} means "before the first". `chain` is that of the group itself, so a
// place also proves which log it is from.
struct GroupPlace {
  GroupNumber group;
  uint64_t segment = 0;
  uint32_t offset = 0;  // of the frame
  uint32_t length = 0;  // frame and body
  Bytes16 chain{};
  friend bool operator==(const GroupPlace&, const GroupPlace&) = default;
};

struct SegmentOptions {
  uint64_t segment_bytes = kDefaultSegmentBytes;  // of files made from now on
  uint32_t alignment =
      8;  // of groups: 8, or 4096 (does not assume that a torn write spares its neighbours)
  uint64_t min_free_bytes =
      0;  // refuse new segments below this much room; 0: only when the disk is full
};

// What a start found.
struct OpenReport {
  GroupPlace last;         // the durable end
  uint64_t cut_bytes = 0;  // of a torn tail; 0 after a clean stop
  std::string cut_reason;  // for the log; empty if nothing was cut
};

// What a group that the reader hands out looks like; views are valid during the call.
struct GroupView {
  GroupPlace place;
  uint32_t record_count = 0;
  std::string_view body;  // the records, one after the other
  uint32_t body_offset =
      0;  // of the body in the segment: place of a record = body_offset + its offset in body
};

class SegmentLog {
 public:
  // Makes the first segment of a new log in an empty directory.
  static absl::Status Create(FileSystem* fs, const std::string& directory, const LedgerId& id,
                             const SegmentOptions& options);

  // Opens a log: finds its end following the chain from `from` (the place that the index has
  // reached; {} if none) and judges what is behind it. `witnesses`: every place that anybody has
  // seen durable; an end before one of them, or a witness with another chain, refuses. Cuts a torn
  // tail, zeroes what is behind the end, writes the last group again and syncs. Errors: DataLoss
  // naming segment, offset and both figures; FailedPrecondition for another ledger's files.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(
      FileSystem* fs, const std::string& directory, const LedgerId& id,
      const SegmentOptions& options, const GroupPlace& from,
      const std::vector<GroupPlace>& witnesses, OpenReport* report);
  virtual ~SegmentLog() = default;

  // Writes `records` as the next group and syncs. OK means durable. Errors: ResourceExhausted if
  // there is no room (nothing was written; may be tried again); anything else: the outcome is
  // unknown and every later Append fails. `record_offsets` (may be null) gets the place of each
  // record.
  virtual absl::Status Append(const std::vector<std::string_view>& records, GroupPlace* place,
                              std::vector<RecordPlace>* places) = 0;

  // The last durable group.
  virtual GroupPlace durable_end() const = 0;
  // False after a failed write or sync.
  virtual bool writable() const = 0;
  // One record's bytes. Errors: DataLoss, OutOfRange (beyond the durable end).
  virtual absl::Status Read(const RecordPlace& place, std::string* out) const = 0;
  // Hands out the groups after `after` up to the durable end as of the call, in order, with
  // read-ahead; stops when `visit` returns false. Every frame, chain and body CRC is checked.
  // Errors: DataLoss.
  virtual absl::Status Scan(const GroupPlace& after,
                            const std::function<bool(const GroupView&)>& visit) const = 0;
  // Bytes of all groups, frames included.
  virtual uint64_t bytes() const = 0;
};

}  // namespace daybook::ledger
