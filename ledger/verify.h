// Verifies a whole ledger that no server has open, or a finished backup of one, and changes
// nothing: everything is computed anew from the bytes of the segments and compared with what else
// there is (vault, index, witness, what views say of themselves, a backup's manifest).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/commit_check.h"
#include "ledger/file_system.h"
#include "ledger/master_key.h"
#include "ledger/read_only_file_system.h"
#include "ledger/segment.h"

namespace daybook::ledger {

// What somebody (a view) says of the ledger: how far it has read, and what it saw there.
struct ClaimedPosition {
  std::string who;  // "views/points@2"
  PartitionId partition;
  Sequence sequence;
  RecordHash hash{};
};
struct ClaimedPlace {
  std::string who;
  GroupPlace place;
};

struct VerifyOptions {
  FileSystem* file_system = ReadOnlyFileSystem();
  std::string directory;              // a data directory, or a backup's folder
  PayloadTypes payload_types;         // empty: events are not looked into
  MasterKeySource* master = nullptr;  // null: keys are not unwrapped
  std::vector<ClaimedPosition> positions;
  std::vector<ClaimedPlace> places;
  // Told now and then how far it is, in bytes.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

// Errors: NotFound (there is no ledger); FailedPrecondition (a server has it open, or a later
// program wrote it); those of the file system. Whatever is wrong with the ledger is in the report.
absl::StatusOr<v1::VerifyReport> Verify(const VerifyOptions& options);

// The figures alone, without checking what is not needed for them. Errors: the same, and DataLoss
// if the log is damaged.
absl::StatusOr<v1::LedgerFigures> CountFigures(const VerifyOptions& options);

}  // namespace daybook::ledger
