// Finds the end of a log after a stop of any kind, tells a torn write from a loss, and makes the
// end safe to go on from.
//
// Not thread-safe; nobody else may use the files meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/segment.h"
#include "ledger/segment_cursor.h"
#include "ledger/segment_files.h"

namespace daybook::ledger {

// Where a log ends.
struct LogEnd {
  GroupPlace last;            // the last whole group; {} if there is none
  Expectation next;           // where the next one would stand, if it fits there
  uint64_t last_segment = 0;  // the highest number that exists
  uint64_t cut_bytes = 0;     // from the first to the last byte of a torn write that are not zero
  std::string cut_reason;     // empty if nothing is cut
};

// Follows the log from `from` and judges what stands behind its end. Changes nothing. Errors: as
// SegmentLog::Open.
absl::StatusOr<LogEnd> FindEnd(SegmentFiles* files, const GroupPlace& from,
                               const std::vector<GroupPlace>& witnesses);

// Zeroes what a torn write may have reached behind `end`, writes the last group again, and syncs
// both: after a failed sync, the page cache shows what the disk lacks. Errors: those of the file
// system; DataLoss if the last group is bad.
absl::Status SecureEnd(SegmentFiles* files, const LogEnd& end);

}  // namespace daybook::ledger
