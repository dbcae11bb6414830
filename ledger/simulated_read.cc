// The reading half of the simulated ledger: everything is copied under the log's lock and visited
// outside of it.
#include <algorithm>

#include "ledger/simulated.h"

namespace daybook::ledger {
namespace {

absl::Status Visit(const std::vector<CommitPtr>& commits,
                   const std::function<bool(const CommitPtr&)>& visit) {
  for (const CommitPtr& commit : commits) {
    if (!visit(commit)) break;
  }
  return absl::OkStatus();
}

bool CanBeEntity(const EntityRef& entity) {
  return entity.tenant.size() <= kMaxTenantLength && entity.id.size() <= kMaxEntityIdLength;
}

}  // namespace

LedgerInfo SimulatedLedger::info() const {
  const std::lock_guard lock(log_->mutex());
  const SimulatedLogOptions& options = log_->options();
  return {options.ledger, rules_.state(kRegistryPartition).epoch, options.entity_partitions,
          options.access_partitions};
}

absl::Status SimulatedLedger::writable() const {
  const std::lock_guard lock(log_->mutex());
  if (stopped_ || !started_) return absl::UnavailableError("the ledger is not running");
  return absl::OkStatus();
}

Sequence SimulatedLedger::LastDurable(PartitionId partition) const {
  const std::lock_guard lock(log_->mutex());
  return rules_.Has(partition) ? rules_.state(partition).last : Sequence();
}

Timestamp SimulatedLedger::LastRecordedAt(PartitionId partition) const {
  const std::lock_guard lock(log_->mutex());
  return rules_.Has(partition) ? rules_.state(partition).last_recorded_at : kDistantPast;
}

Term SimulatedLedger::CurrentTerm(PartitionId partition) const {
  const std::lock_guard lock(log_->mutex());
  return rules_.Has(partition) ? rules_.state(partition).term : Term();
}

GroupPlace SimulatedLedger::DurableEnd() const {
  const std::lock_guard lock(log_->mutex());
  return store_.groups().back().place;
}

absl::StatusOr<Sequence> SimulatedLedger::LatestEnd(PartitionId partition) {
  return log_->End(partition);
}

uint64_t SimulatedLedger::StoredBytes() const {
  const std::lock_guard lock(log_->mutex());
  return stored_bytes_;
}

absl::StatusOr<CommitPtr> SimulatedLedger::Read(PartitionId partition, Sequence sequence) const {
  const std::lock_guard lock(log_->mutex());
  const std::vector<CommitPtr>& commits = store_.Partition(partition);
  if (sequence == Sequence() || sequence.value() > commits.size()) {
    return absl::NotFoundError("no such commit");
  }
  return commits[sequence.value() - 1];
}

absl::Status SimulatedLedger::ReadPartition(
    PartitionId partition, Sequence from,
    const std::function<bool(const CommitPtr&)>& visit) const {
  std::vector<CommitPtr> found;
  {
    const std::lock_guard lock(log_->mutex());
    const std::vector<CommitPtr>& commits = store_.Partition(partition);
    const size_t first = std::max<uint64_t>(from.value(), 1) - 1;
    if (first < commits.size()) {
      found.assign(commits.begin() + static_cast<std::ptrdiff_t>(first), commits.end());
    }
  }
  return Visit(found, visit);
}

absl::Status SimulatedLedger::ReadEntity(const EntityRef& entity, Sequence after,
                                         const std::function<bool(const CommitPtr&)>& visit) const {
  if (!CanBeEntity(entity)) return absl::OkStatus();
  std::vector<CommitPtr> found;
  {
    const std::lock_guard lock(log_->mutex());
    for (const CommitPtr& commit : store_.Entity(entity)) {
      if (commit->sequence() > after) found.push_back(commit);
    }
  }
  return Visit(found, visit);
}

absl::Status SimulatedLedger::Scan(const GroupPlace& after,
                                   const std::function<bool(const ScannedGroup&)>& visit) const {
  std::vector<MemoryStore::Group> found;
  {
    const std::lock_guard lock(log_->mutex());
    const std::vector<MemoryStore::Group>& groups = store_.groups();
    const uint64_t first = after.group.value();
    if (first > groups.size() || (first > 0 && groups[first - 1].place.chain != after.chain)) {
      return absl::DataLossError("no such group");
    }
    found.assign(groups.begin() + static_cast<std::ptrdiff_t>(first), groups.end());
  }
  std::vector<CommitView> views;
  for (const MemoryStore::Group& group : found) {
    views.clear();
    for (const CommitPtr& commit : group.commits) views.push_back(commit->view());
    if (!visit(ScannedGroup{group.place, views})) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RequestPlace>> SimulatedLedger::FindRequest(
    const EntityRef& entity, std::string_view request_id) const {
  if (request_id.empty()) return std::nullopt;
  const std::lock_guard lock(log_->mutex());
  return store_.FindRequest(KeyOfRequest(entity.tenant, entity.kind, entity.id, request_id));
}

absl::StatusOr<std::optional<RequestPlace>> SimulatedLedger::FindSource(
    const EntityRef& entity, std::string_view source, std::string_view source_event_id) const {
  if (source_event_id.empty()) return std::nullopt;
  const std::lock_guard lock(log_->mutex());
  return store_.FindRequest(
      KeyOfSource(entity.tenant, entity.kind, entity.id, source, source_event_id));
}

}  // namespace daybook::ledger
