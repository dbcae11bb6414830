// Walks the groups of a log one after the other and checks each: number, chain, frame, body.
//
// Not thread-safe; the files it reads may be appended to meanwhile, if the caller stops at the
// durable end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/segment.h"
#include "ledger/segment_files.h"
#include "ledger/segment_format.h"

namespace daybook::ledger {

// A place where the next group may begin, and what it must say to be the next one.
struct Expectation {
  uint64_t segment = 1;
  uint64_t offset = kSegmentHeaderBytes;
  GroupNumber number{1};
  Bytes16 chain{};
};

// What stands at a place.
enum class Standing {
  kGroup,      // the expected group, whole
  kNothing,    // not the expected frame
  kTornGroup,  // the expected frame before another body, or one that is out of bounds
};

// Reads a file in long strides, so that many small reads cost one call.
class StridingReader {
 public:
  // Reads ahead to the end of `last` and no further, because what is behind is being written.
  void StopBehind(const GroupPlace& last) { last_ = last; }
  // `length` bytes from `offset` of `segment`, zeros behind its end; valid until the next call.
  absl::StatusOr<std::string_view> Read(const SegmentPtr& segment, uint64_t offset, size_t length);

 private:
  GroupPlace last_;  // {}: no such limit
  SegmentPtr segment_;
  uint64_t begin_ = 0;
  std::string buffer_;
};

class GroupCursor {
 public:
  // Begins behind `after` ({} for the beginning), whose own frame must be there. `files` must
  // outlive the cursor. Errors: DataLoss if another group or none stands at `after`.
  static absl::StatusOr<GroupCursor> StartAfter(SegmentFiles* files, const GroupPlace& after);

  // Begins with the group that `expected` names, without looking whether it is there.
  static GroupCursor StartAt(SegmentFiles* files, const Expectation& expected);

  // Reads nothing behind `last`, which must be the last group that Next is called for.
  void StopBehind(const GroupPlace& last) { reader_.StopBehind(last); }

  // Looks at the next place, in the segment so far or at the beginning of the following one, and
  // steps over a group that it finds. Errors: DataLoss, FailedPrecondition for what a later program
  // wrote.
  absl::StatusOr<Standing> Next(GroupView* group);

  // Where the next group is looked for first, and what it must say.
  const Expectation& expectation() const { return expected_; }

 private:
  explicit GroupCursor(SegmentFiles* files) : files_(files) {}
  absl::StatusOr<Standing> Look(const SegmentPtr& segment, const Expectation& expected,
                                GroupView* group);
  void StepOver(const GroupPlace& place, const SegmentHeader& header);

  SegmentFiles* files_;
  Expectation expected_;
  SegmentPtr segment_;  // of expected_, once it has been looked at
  StridingReader reader_;
};

}  // namespace daybook::ledger
