// What a cut gives up: reads a log to its end, across damage, and says what lies behind the cut.
//
// One use, one thread.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/identity.h"
#include "ledger/log_walk.h"
#include "ledger/new_epoch.h"
#include "ledger/record_judge.h"

namespace daybook::ledger {

// A log with the place from which on it is not sound.
struct CutLog {
  std::string problem;  // empty: sound to its end
  GroupPlace last;      // the last sound group
  Expectation next;     // where the one after it would stand
  uint64_t last_segment = 0;
  std::vector<NamedPartitionState> states;  // after the last sound group
  Trees trees;
  // Of commits behind the cut that can be read, by partition.
  struct Readable {
    uint64_t count = 0;
    Sequence last;
  };
  std::map<PartitionId, Readable> readable;
};

// `lost` is told of each commit behind the cut that can be read. Errors: NotFound,
// FailedPrecondition, those of the file system.
absl::StatusOr<CutLog> FindCut(SegmentFiles* files, const LedgerIdentity& identity,
                               const std::function<void(const v1::LostCommit&)>& lost);

}  // namespace daybook::ledger
