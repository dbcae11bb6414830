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

// Where a group lies. {group 0} means "before the first". `chain` is the first 16 bytes of SHA-256
// of the group's own frame, which the next group's frame repeats: it stands for this group and all
// before it, so a place also proves which log it is from.
struct GroupPlace {
  GroupNumber group;
  uint64_t segment = 0;
  uint32_t offset = 0;  // of the frame
  uint32_t length = 0;  // frame and body
  Bytes16 chain{};
  friend bool operator==(const GroupPlace&, const GroupPlace&) = default;
};

struct SegmentOptions {
  // Size of files made from now on, header block included. At least one largest group and the
  // header, less than 4 GiB. Larger files switch more rarely and zero more ahead.
  uint64_t segment_bytes = kDefaultSegmentBytes;
  // Groups begin at multiples of this, in files made from now on: 8, or 4096, which costs room but
  // does not assume that a torn write spares its neighbours.
  uint32_t alignment = 8;
  // Largest group, frame included. How far a torn write can reach.
  uint32_t max_group_bytes = kMaxGroupBytes;
  // New segments are refused below this much room; 0: only when the disk is full.
  uint64_t min_free_bytes = 0;
  // Segments are made ahead by a thread of the log. False: by the appending thread when it needs
  // them, which makes the order of file system calls the same in every run.
  bool prepare_ahead = true;
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
  std::string_view body;     // the records, one after the other
  uint32_t body_offset = 0;  // of the body in the segment; a record's is this + its offset in body
};

class SegmentLog {
 public:
  // Makes a new log in `directory`, which is made if it is not there. Errors: FailedPrecondition if
  // there are segments in it already; ResourceExhausted, Internal.
  static absl::Status Create(FileSystem* fs, const std::string& directory, const LedgerId& id,
                             const SegmentOptions& options);

  // Opens a log: finds its end following the chain from `from` (the place that the index has
  // reached; {} if none) and judges what is behind it. `witnesses`: every place that anybody has
  // seen durable; an end before one of them, or a witness with another chain, refuses (segment 0:
  // the witness knows number and chain only; then one before `from` cannot be compared). Cuts a
  // torn tail, zeroes what is behind the end, writes the last group again and syncs. `fs` must
  // outlive the log; `report` may be null. Errors: NotFound if there are no segments; DataLoss
  // naming segment, offset and both figures; FailedPrecondition for files of another ledger or of a
  // later program.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(
      FileSystem* fs, const std::string& directory, const LedgerId& id,
      const SegmentOptions& options, const GroupPlace& from,
      const std::vector<GroupPlace>& witnesses, OpenReport* report);
  virtual ~SegmentLog() = default;

  // Writes `records` (at least one) as the next group and syncs. OK means durable; `places` (may be
  // null) gets the place of each record. Errors: ResourceExhausted if there is no room and
  // InvalidArgument for a group larger than the largest (in both cases nothing was written and the
  // log goes on; the next call finds out whether there is room again); anything else: the outcome
  // is unknown until the next Open and every later Append fails with FailedPrecondition.
  virtual absl::Status Append(const std::vector<std::string_view>& records, GroupPlace* place,
                              std::vector<RecordPlace>* places) = 0;

  // The last durable group.
  virtual GroupPlace durable_end() const = 0;
  // False after a failed write or sync.
  virtual bool writable() const = 0;
  // One record's bytes, as they are: the caller checks the record's own CRCs. Errors: DataLoss (the
  // file ends before), OutOfRange (beyond the durable end).
  virtual absl::Status Read(const RecordPlace& place, std::string* out) const = 0;
  // Hands out the groups after `after` up to the durable end as of the call, in order, with
  // read-ahead; stops when `visit` returns false. Every frame, chain and body CRC is checked.
  // Errors: DataLoss, also if `after` is not there.
  virtual absl::Status Scan(const GroupPlace& after,
                            const std::function<bool(const GroupView&)>& visit) const = 0;
  // Bytes of all groups, with frames and with what stays unused at the ends of segments.
  virtual uint64_t bytes() const = 0;
};

}  // namespace daybook::ledger
