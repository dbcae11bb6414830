// Making an embedded ledger. Its identity is written first, under another name, and gets its own
// when the log is complete: whatever interrupts it, the directory then holds a whole ledger or one
// that nobody has used, which is begun anew.
#include <fmt/format.h>

#include "ledger/control_records.h"
#include "ledger/embedded.h"
#include "ledger/embedded_files.h"
#include "ledger/group_draft.h"
#include "ledger/partition_rules.h"

namespace daybook::ledger {
namespace {

absl::Status RemoveFiles(FileSystem* file_system, const std::string& directory) {
  auto names = file_system->List(directory);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (absl::Status status = file_system->Remove(directory + "/" + name); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// A log whose one group is the genesis of every partition.
absl::Status MakeSegments(const EmbeddedOptions& options, const LedgerIdentity& identity,
                          const std::string& directory) {
  FileSystem* const fs = options.file_system;
  absl::Status status = SegmentLog::Create(fs, directory, identity.id, options.segments);
  if (!status.ok()) return status;
  auto log = SegmentLog::Open(fs, directory, identity.id, options.segments, {}, {}, nullptr);
  if (!log.ok()) return log.status();
  PartitionRules rules(identity.id, identity.entity_partitions, identity.access_partitions);
  GroupDraft draft(&rules);
  const Timestamp now = options.now();
  for (const NamedPartitionState& named : rules.states()) {
    status = draft.AddControl(
        named.partition, EncodeGenesis(named.partition, identity.id, identity.entity_partitions,
                                       identity.access_partitions, now));
    if (!status.ok()) return status;
  }
  GroupPlace place;
  return (*log)->Append(draft.records(), &place, nullptr);
}

absl::Status CheckCounts(const EmbeddedOptions& options) {
  if (options.entity_partitions == 0 || options.entity_partitions > kMaxEntityPartitions ||
      options.access_partitions > kMaxAccessPartitions) {
    return absl::InvalidArgumentError(
        fmt::format("a ledger has 1 to {} entity partitions and up to {} access partitions",
                    kMaxEntityPartitions, kMaxAccessPartitions));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EmbeddedLedger::Create(const EmbeddedOptions& given) {
  EmbeddedOptions options = given;
  if (!options.now) options.now = SystemTime;
  if (absl::Status status = CheckCounts(options); !status.ok()) return status;
  FileSystem* const fs = options.file_system;
  const EmbeddedFiles files(options.directory);
  absl::Status status = fs->MakeDirectory(options.directory);
  if (!status.ok()) return status;
  auto lock = fs->Lock(files.lock);
  if (!lock.ok()) return lock.status();

  if (fs->Exists(files.identity)) {
    return absl::AlreadyExistsError(options.directory + " holds a ledger already");
  }
  if (fs->Exists(files.segments)) {
    if (!fs->Exists(files.new_identity)) {
      return absl::FailedPreconditionError(files.segments + " is there without " + files.identity +
                                           ": not overwritten");
    }
    status = RemoveFiles(fs, files.segments);
    if (!status.ok()) return status;
  }
  const LedgerIdentity identity{options.random->Draw<16>(), options.entity_partitions,
                                options.access_partitions};
  status = WriteIdentity(fs, files.new_identity, identity);
  if (status.ok()) status = fs->SyncDirectory(options.directory);
  if (status.ok()) status = MakeSegments(options, identity, files.segments);
  if (!status.ok()) return status;
  status = fs->Rename(files.new_identity, files.identity);
  if (status.ok()) status = fs->SyncDirectory(options.directory);
  return status;
}

}  // namespace daybook::ledger
