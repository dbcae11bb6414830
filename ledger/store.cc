#include "ledger/store.h"

#include <fmt/format.h>

#include "daybook/event/v1/envelope.pb.h"
#include "ledger/check.h"
#include "ledger/record_walk.h"
#include "ledger/segment_format.h"

namespace daybook::ledger {
namespace {

// The partitions are named twice, in the genesis and beside the segments: both must say the same.
absl::Status CheckGenesis(std::string_view record, const StoreOptions& options) {
  const std::string_view body = record.substr(kHeaderBytes);
  event::v1::GenesisBody genesis;
  if (!genesis.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
      genesis.entity_partitions() != options.entity_partitions ||
      genesis.access_partitions() != options.access_partitions) {
    return absl::DataLossError(
        fmt::format("the log was made with {} entity and {} access partitions, not {} and {}",
                    genesis.entity_partitions(), genesis.access_partitions(),
                    options.entity_partitions, options.access_partitions));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options,
                                                   StoreReport* report) {
  auto index =
      Index::Open(options.index_directory, options.ledger, options.index, &report->index_discarded);
  if (!index.ok()) return index.status();
  const GroupPlace reached = (*index)->opened_at().reached;
  std::vector<GroupPlace> witnesses = options.witnesses;
  if (reached.group != GroupNumber()) witnesses.push_back(reached);
  auto log = SegmentLog::Open(options.file_system, options.segment_directory, options.ledger,
                              options.segments, reached, witnesses, &report->log);
  if (!log.ok()) return log.status();
  std::unique_ptr<Store> store(new Store(options, *std::move(index), *std::move(log)));
  if (absl::Status status = store->RereadTail(options, report); !status.ok()) return status;
  return store;
}

Store::Store(const StoreOptions& options, std::unique_ptr<Index> index,
             std::unique_ptr<SegmentLog> log)
    : ledger_(options.ledger),
      max_draft_bytes_(options.segments.max_group_bytes - kFrameBytes),
      index_(std::move(index)),
      log_(std::move(log)),
      rules_(options.ledger, options.entity_partitions, options.access_partitions),
      draft_(&rules_),
      published_(std::make_unique<Published[]>(rules_.size())) {}

absl::Status Store::RereadTail(const StoreOptions& options, StoreReport* report) {
  const IndexCheckpoint& from = index_->opened_at();
  if (from.reached.group != GroupNumber() && !rules_.Restore(from.states)) {
    return absl::FailedPreconditionError("the index is of a ledger with other partitions");
  }
  absl::Status failed;
  IndexBatch batch;
  const auto reread = [&](const GroupView& group) {
    batch.Clear();
    places_.clear();
    absl::Status status = WalkRecords(
        group, ledger_,
        [&](const RecordHeader& header, std::string_view record, const RecordPlace& place) {
          places_.push_back(place);
          if (header.kind == RecordKind::kSourcePosition) return true;
          const char* reason = "no such partition";
          if (!rules_.Has(header.partition) ||
              rules_.Judge(header.partition, record, &reason) != Verdict::kValid) {
            failed = absl::DataLossError(
                fmt::format("invalid record at {}: partition {}, sequence {}: {}",
                            DescribePlace(place.segment, place.offset), header.partition.value(),
                            header.sequence.value(), reason));
            return false;
          }
          if (header.kind == RecordKind::kGenesis) failed = CheckGenesis(record, options);
          if (header.kind != RecordKind::kCommit) return failed.ok();
          const auto commit = CommitView::Parse(header, record);
          failed = commit.ok() ? batch.Add(*commit, places_.size() - 1) : commit.status();
          return failed.ok();
        });
    rules_.Keep();
    if (failed.ok()) failed = status;
    if (failed.ok()) failed = index_->WaitForRoom();
    if (!failed.ok()) return false;
    index_->Add(batch, places_, group.place, rules_.states());
    ++report->reread_groups;
    report->reread_commits += batch.size();
    return true;
  };
  const absl::Status scanned = log_->Scan(from.reached, reread);
  if (!failed.ok()) return failed;
  if (!scanned.ok()) return scanned;
  Publish(log_->durable_end());
  return absl::OkStatus();
}

absl::Status Store::AppendDraft(GroupPlace* place) {
  DAYBOOK_CHECK(!draft_.empty(), "appended a group of nothing");
  absl::Status status = index_->WaitForRoom();
  if (!status.ok()) {
    // Nothing was written, and it goes on when the index can be written again.
    status = absl::ResourceExhaustedError(status.message());
  } else {
    places_.clear();
    status = log_->Append(draft_.records(), place, &places_);
  }
  if (!status.ok()) {
    draft_.TakeBack();
    return status;
  }
  draft_.Keep();
  index_->Add(draft_.index_batch(), places_, *place, rules_.states());
  Publish(*place);
  return absl::OkStatus();
}

void Store::Publish(const GroupPlace& end) {
  const std::vector<NamedPartitionState>& states = rules_.states();
  for (size_t slot = 0; slot < states.size(); ++slot) {
    const PartitionState& state = states[slot].state;
    Published& published = published_[slot];
    published.last_recorded_at.store(state.last_recorded_at.micros, std::memory_order_relaxed);
    published.term.store(state.term.value(), std::memory_order_relaxed);
    published.epoch.store(state.epoch.value(), std::memory_order_relaxed);
    published.last.store(state.last.value(), std::memory_order_release);
  }
  const std::lock_guard lock(end_mutex_);
  end_ = end;
}

const Store::Published* Store::Find(PartitionId partition) const {
  const size_t slot = rules_.Slot(partition);
  return slot < rules_.size() ? &published_[slot] : nullptr;
}

Sequence Store::LastDurable(PartitionId partition) const {
  const Published* const found = Find(partition);
  return Sequence(found == nullptr ? 0 : found->last.load(std::memory_order_acquire));
}

Timestamp Store::LastRecordedAt(PartitionId partition) const {
  const Published* const found = Find(partition);
  if (found == nullptr) return kDistantPast;
  return Timestamp{found->last_recorded_at.load(std::memory_order_relaxed)};
}

Term Store::CurrentTerm(PartitionId partition) const {
  const Published* const found = Find(partition);
  return Term(found == nullptr ? 0 : found->term.load(std::memory_order_relaxed));
}

Epoch Store::CurrentEpoch() const {
  return Epoch(published_[0].epoch.load(std::memory_order_relaxed));
}

GroupPlace Store::DurableEnd() const {
  const std::lock_guard lock(end_mutex_);
  return end_;
}

}  // namespace daybook::ledger
