// Begins a new epoch in a ledger's directory that nobody has open: after a restore or a recovery,
// so that what goes on from here is never taken for what went on before (ledger/README.md,
// "Epochs").
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/identity.h"
#include "ledger/index_rows.h"
#include "ledger/log_walk.h"
#include "ledger/segment.h"
#include "ledger/tree_root.h"

namespace daybook::ledger {

// The commits of each partition, as one hash.
using Trees = std::map<PartitionId, TreeRoot>;

// A log's partitions after its last group.
struct LogSummary {
  WalkedLog log;
  std::vector<NamedPartitionState> states;
  Trees trees;
};

// Reads a log to its end, or to `until` if that is not {}, and checks every group and record.
// `progress` (may be empty) is told of each group's bytes and ends the reading with Cancelled by
// returning false. Errors: DataLoss naming the first damage.
absl::StatusOr<LogSummary> SummariseLog(SegmentFiles* files, const LedgerIdentity& identity,
                                        const GroupPlace& until,
                                        const std::function<bool(uint64_t bytes)>& progress);

struct NewEpoch {
  FileSystem* file_system = FileSystem::Posix();
  std::string directory;  // of the ledger
  LedgerIdentity identity;
  std::string cause;  // "restore" or "recover"
  Trees trees;        // of the log as it is
  Epoch at_least{0};  // goes on to this one, should a continuation have had the next number already
  SegmentOptions segments;
};

// What segments are to be like that follow one; its file has its full size. Errors: those of
// SegmentFiles::Get.
absl::StatusOr<SegmentOptions> OptionsLike(SegmentFiles* files, uint64_t segment);

// Opens the log, makes its index, appends epoch records to all partitions and writes the witness.
// The epoch that was begun. Errors: those of Store::Open and of the file system.
absl::StatusOr<Epoch> BeginEpoch(const NewEpoch& epoch);

}  // namespace daybook::ledger
