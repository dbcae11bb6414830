#include "ledger/new_epoch.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/control_records.h"
#include "ledger/crypto.h"
#include "ledger/embedded_files.h"
#include "ledger/record_judge.h"
#include "ledger/store.h"
#include "ledger/witness.h"

namespace daybook::ledger {
namespace {

absl::Status AppendEpoch(const NewEpoch& epoch, Store* store) {
  const WriterId writer = RandomSource::System()->Draw<16>();
  GroupDraft& draft = store->draft();
  for (const NamedPartitionState& named : store->rules().states()) {
    const auto tree = epoch.trees.find(named.partition);
    const Bytes32 root = tree == epoch.trees.end() ? TreeRoot().Root() : tree->second.Root();
    const absl::Status added = draft.AddControl(
        named.partition, EncodeEpoch(named.partition, epoch.identity.id, named.state, epoch.cause,
                                     root, writer, SystemTime()));
    if (!added.ok()) return added;
  }
  GroupPlace place;
  const absl::Status appended = store->AppendDraft(&place);
  draft.Clear();
  return appended;
}

}  // namespace

absl::StatusOr<LogSummary> SummariseLog(SegmentFiles* files, const LedgerIdentity& identity,
                                        const GroupPlace& until,
                                        const std::function<bool(uint64_t bytes)>& progress) {
  LogSummary summary;
  RecordJudge judge(identity.id, identity.entity_partitions, identity.access_partitions);
  absl::Status damage;
  LogVisitor visitor;
  visitor.broken = [&](const LogBreak& found) {
    damage = absl::DataLossError(found.what);
    return false;
  };
  visitor.group = [&](const GroupView& group, bool) {
    const absl::Status judged = judge.Judge(group, [&](const JudgedRecord& record) {
      if (record.reason != nullptr) {
        damage = absl::DataLossError(
            fmt::format("invalid record at {}: {}",
                        DescribePlace(record.place.segment, record.place.offset), record.reason));
      } else if (record.commit != nullptr) {
        summary.trees[record.header.partition].Add(HashOfCommit(*record.commit));
      }
      return damage.ok();
    });
    if (damage.ok()) damage = judged;
    if (damage.ok() && progress && !progress(group.place.length)) {
      damage = absl::CancelledError("given up");
    }
    return damage.ok();
  };
  auto walked = WalkLog(files, until, visitor);
  if (!walked.ok()) return walked.status();
  if (!damage.ok()) return damage;
  summary.log = *std::move(walked);
  summary.states = judge.states();
  return summary;
}

absl::StatusOr<SegmentOptions> OptionsLike(SegmentFiles* files, uint64_t segment) {
  const auto like = files->Get(segment);
  if (!like.ok()) return like.status();
  SegmentOptions options;
  options.alignment = (*like)->header.alignment;
  options.max_group_bytes = (*like)->header.largest_group;
  // A file that lost its end is no measure.
  options.segment_bytes =
      std::max<uint64_t>((*like)->size, uint64_t{kSegmentHeaderBytes} + options.max_group_bytes);
  return options;
}

absl::StatusOr<Epoch> BeginEpoch(const NewEpoch& epoch) {
  const EmbeddedFiles files(epoch.directory);
  StoreOptions options;
  options.file_system = epoch.file_system;
  options.segment_directory = files.segments;
  options.index_directory = files.index;
  options.ledger = epoch.identity.id;
  options.entity_partitions = epoch.identity.entity_partitions;
  options.access_partitions = epoch.identity.access_partitions;
  options.segments = epoch.segments;
  StoreReport report;
  auto store = Store::Open(options, &report);
  if (!store.ok()) return store.status();
  do {
    if (absl::Status status = AppendEpoch(epoch, store->get()); !status.ok()) return status;
  } while ((*store)->CurrentEpoch() < epoch.at_least);
  if (absl::Status status = (*store)->FlushIndex(); !status.ok()) return status;
  auto witness = WitnessFile::Open(epoch.file_system, files.witness, epoch.identity.id);
  if (!witness.ok()) return witness.status();
  const GroupPlace end = (*store)->DurableEnd();
  const Epoch begun = (*store)->CurrentEpoch();
  const absl::Status stored = (*witness)->Store({begun, end.group, end.chain});
  if (!stored.ok()) return stored;
  return begun;
}

}  // namespace daybook::ledger
