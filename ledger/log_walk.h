// Reads a whole log from its segment files, group by group, and changes nothing. Unlike an open it
// does not stop at damage: it says where the log breaks, looks for the next frame that is whole,
// and goes on from there, so that all damage is found at once and what lies behind it can be named.
//
// One thread; nobody may write to the files meanwhile, unless the walk ends before they do.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/segment_cursor.h"
#include "ledger/segment_files.h"

namespace daybook::ledger {

// A place where the log does not go on as it should.
struct LogBreak {
  Expectation expected;  // what should stand there
  std::string what;
  // The next group that can be read; none: nothing behind the break can.
  std::optional<Expectation> resumed;
};

struct LogVisitor {
  // A whole group; false ends the walk. `behind_break`: the first one behind damage.
  std::function<bool(const GroupView& group, bool behind_break)> group;
  // False ends the walk.
  std::function<bool(const LogBreak& found)> broken;
};

struct WalkedLog {
  GroupPlace sound;        // the last group before the first break; {} if there is none
  Expectation sound_next;  // where the one after it would stand
  GroupPlace last;         // the last group that could be read
  uint64_t last_segment = 0;
  uint64_t cut_bytes = 0;  // of a torn tail, which the next start cuts
  std::string cut_reason;
};

// Walks to the end, or to `until` (a group known to be there) if that is not {}: then nothing
// behind it is looked at, and its successor need not stand ready. Errors: NotFound if there are no
// segments; FailedPrecondition for what a later program wrote, or another ledger's; those of the
// file system.
absl::StatusOr<WalkedLog> WalkLog(SegmentFiles* files, const GroupPlace& until,
                                  const LogVisitor& visitor);

}  // namespace daybook::ledger
