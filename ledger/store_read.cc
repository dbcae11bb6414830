// The reading half of the store.
#include <algorithm>

#include <fmt/format.h>

#include "ledger/record_walk.h"
#include "ledger/store.h"

namespace daybook::ledger {
namespace {

// How many places are asked of the index at once.
constexpr size_t kPageEntries = 1024;
// Neighbours closer than this are read in one go, up to this much: fewer calls, and a disk reads it
// anyway.
constexpr uint32_t kMaxReadGap = 4096;
constexpr uint32_t kMaxReadBytes = 256 * 1024;

absl::Status DamagedAt(const RecordPlace& place, std::string_view what) {
  return absl::DataLossError(
      fmt::format("{}: {}", DescribePlace(place.segment, place.offset), what));
}

absl::StatusOr<CommitPtr> MakeCommit(const LedgerId& ledger, const IndexEntry& entry,
                                     std::string record) {
  RecordHeader header;
  if (DecodeHeader(record, ledger, &header) != HeaderVerdict::kOk) {
    return DamagedAt(entry.place, "no record");
  }
  if (!BodyMatches(header, std::string_view(record).substr(kHeaderBytes))) {
    return DamagedAt(entry.place, "damaged body");
  }
  if (header.kind != RecordKind::kCommit || header.sequence != entry.sequence) {
    return DamagedAt(entry.place, "not the commit that the index names");
  }
  return Commit::Make(header, std::move(record));
}

// The number of entries, from `first` on, that are worth reading together.
size_t CountNeighbours(const std::vector<IndexEntry>& entries, size_t first) {
  const RecordPlace& begin = entries[first].place;
  size_t end = first + 1;
  for (; end < entries.size(); ++end) {
    const RecordPlace& previous = entries[end - 1].place;
    const RecordPlace& place = entries[end].place;
    const uint32_t previous_end = previous.offset + previous.length;
    if (place.segment != begin.segment || place.offset < previous_end ||
        place.offset - previous_end > kMaxReadGap ||
        place.offset + place.length - begin.offset > kMaxReadBytes) {
      break;
    }
  }
  return end - first;
}

// Names come from outside: what cannot be an entity has no history, and no key either.
bool CanBeEntity(const EntityRef& entity) {
  return entity.tenant.size() <= kMaxTenantLength && entity.id.size() <= kMaxEntityIdLength;
}

}  // namespace

absl::Status Store::VisitEntries(const std::vector<IndexEntry>& entries, bool* stopped,
                                 const std::function<bool(const CommitPtr&)>& visit) const {
  std::string bytes;
  for (size_t first = 0; first < entries.size();) {
    const size_t count = CountNeighbours(entries, first);
    const RecordPlace& begin = entries[first].place;
    const RecordPlace& last = entries[first + count - 1].place;
    const absl::Status status =
        log_->Read({begin.segment, begin.offset, last.offset + last.length - begin.offset}, &bytes);
    if (!status.ok()) return status;
    for (size_t i = first; i < first + count; ++i) {
      const RecordPlace& place = entries[i].place;
      auto commit = MakeCommit(
          ledger_, entries[i],
          count == 1 ? std::move(bytes) : bytes.substr(place.offset - begin.offset, place.length));
      if (!commit.ok()) return commit.status();
      if (!visit(*commit)) {
        *stopped = true;
        return absl::OkStatus();
      }
    }
    first += count;
  }
  return absl::OkStatus();
}

absl::StatusOr<CommitPtr> Store::Read(PartitionId partition, Sequence sequence) const {
  if (sequence == Sequence() || sequence > LastDurable(partition)) {
    return absl::NotFoundError(
        fmt::format("partition {} has no commit {}", partition.value(), sequence.value()));
  }
  const auto entries = index_->ListPartition(partition, sequence, 1);
  if (!entries.ok()) return entries.status();
  if (entries->empty() || entries->front().sequence != sequence) {
    return absl::DataLossError(fmt::format("the index lacks commit {} of partition {}",
                                           sequence.value(), partition.value()));
  }
  std::string record;
  const absl::Status status = log_->Read(entries->front().place, &record);
  if (!status.ok()) return status;
  return MakeCommit(ledger_, entries->front(), std::move(record));
}

absl::Status Store::ReadPartition(PartitionId partition, Sequence from,
                                  const std::function<bool(const CommitPtr&)>& visit) const {
  const Sequence end = LastDurable(partition);
  bool stopped = false;
  for (Sequence next = std::max(from, Sequence(1)); next <= end && !stopped;) {
    const size_t limit = std::min<uint64_t>(kPageEntries, end.value() - next.value() + 1);
    const auto entries = index_->ListPartition(partition, next, limit);
    if (!entries.ok()) return entries.status();
    if (entries->empty() || entries->front().sequence != next) {
      return absl::DataLossError(fmt::format("the index lacks commit {} of partition {}",
                                             next.value(), partition.value()));
    }
    if (absl::Status status = VisitEntries(*entries, &stopped, visit); !status.ok()) return status;
    next = entries->back().sequence.next();
  }
  return absl::OkStatus();
}

absl::Status Store::ReadEntity(const EntityRef& entity, Sequence after,
                               const std::function<bool(const CommitPtr&)>& visit) const {
  if (!CanBeEntity(entity)) return absl::OkStatus();
  const std::string key = EntityKey(entity);
  bool stopped = false;
  while (!stopped) {
    const auto entries = index_->ListEntity(key, after, kPageEntries);
    if (!entries.ok()) return entries.status();
    if (entries->empty()) break;
    if (absl::Status status = VisitEntries(*entries, &stopped, visit); !status.ok()) return status;
    if (entries->size() < kPageEntries) break;
    after = entries->back().sequence;
  }
  return absl::OkStatus();
}

absl::Status Store::Scan(const GroupPlace& after,
                         const std::function<bool(const ScannedGroup&)>& visit) const {
  const GroupPlace end = DurableEnd();
  absl::Status failed;
  std::vector<CommitView> commits;
  const absl::Status scanned = log_->Scan(after, [&](const GroupView& group) {
    if (group.place.group > end.group) return false;  // durable, but not yet in the index
    commits.clear();
    const absl::Status walked =
        WalkRecords(group, ledger_,
                    [&](const RecordHeader& header, std::string_view record, const RecordPlace&) {
                      if (header.kind != RecordKind::kCommit) return true;
                      auto commit = CommitView::Parse(header, record);
                      failed = commit.status();
                      if (commit.ok()) commits.push_back(*std::move(commit));
                      return failed.ok();
                    });
    if (failed.ok()) failed = walked;
    return failed.ok() && visit(ScannedGroup{group.place, commits});
  });
  return failed.ok() ? scanned : failed;
}

absl::StatusOr<std::optional<RequestPlace>> Store::FindRequest(const EntityRef& entity,
                                                               std::string_view request_id) const {
  if (!CanBeEntity(entity) || request_id.empty()) return std::nullopt;
  return index_->FindRequest(KeyOfRequest(entity.tenant, entity.kind, entity.id, request_id));
}

absl::StatusOr<std::optional<RequestPlace>> Store::FindSource(
    const EntityRef& entity, std::string_view source, std::string_view source_event_id) const {
  if (!CanBeEntity(entity) || source_event_id.empty()) return std::nullopt;
  return index_->FindRequest(
      KeyOfSource(entity.tenant, entity.kind, entity.id, source, source_event_id));
}

}  // namespace daybook::ledger
