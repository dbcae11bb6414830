#include "ledger/figures.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "google/protobuf/util/time_util.h"

namespace daybook::ledger {

using google::protobuf::util::TimeUtil;

void FigureCounter::AddGroup(const GroupView& group) {
  ++groups_;
  group_bytes_ += group.place.length;
}

void FigureCounter::AddRecord(const JudgedRecord& record, const RecordHash& hash) {
  Partition& partition = partitions_[record.header.partition];
  partition.bytes += record.bytes.size();
  if (record.commit == nullptr) return;
  if (partition.tree.size() == 0) partition.first = record.header.recorded_at;
  partition.last = record.header.recorded_at;
  partition.tree.Add(hash);
  partition.events += record.commit->events().size();
  ++commits_;
  events_ += record.commit->events().size();
  largest_commit_ = std::max<uint64_t>(largest_commit_, record.bytes.size());
  std::string key;
  for (const EventView& event : record.commit->events()) {
    Type& type = types_[event.type];
    ++type.events;
    type.bytes += event.bytes.size();
    key.clear();
    AppendEntityKey(record.commit->tenant(), event.entity_kind, event.entity_id, &key);
    const XXH128_hash_t entity = XXH3_128bits(key.data(), key.size());
    entities_.emplace(entity.low64, entity.high64);
  }
}

void FigureCounter::AddRequests(uint64_t requests, uint64_t source_events) {
  requests_ += requests;
  source_events_ += source_events;
}

void FillPartition(const NamedPartitionState& state, const TreeRoot& tree,
                   v1::PartitionFigures* out) {
  out->set_partition(state.partition.value());
  out->set_epoch(state.state.epoch.value());
  out->set_term(state.state.term.value());
  out->set_last_sequence(state.state.last.value());
  out->set_root(HexOf(AsView(tree.Root())));
}

void FigureCounter::Fill(const std::vector<NamedPartitionState>& states, v1::LedgerFigures* out) {
  for (const NamedPartitionState& state : states) {
    const Partition& counted = partitions_[state.partition];
    v1::PartitionFigures* partition = out->add_partitions();
    FillPartition(state, counted.tree, partition);
    partition->set_events(counted.events);
    partition->set_bytes(counted.bytes);
    if (counted.tree.size() == 0) continue;
    *partition->mutable_first_recorded_at() =
        TimeUtil::MicrosecondsToTimestamp(counted.first.micros);
    *partition->mutable_last_recorded_at() = TimeUtil::MicrosecondsToTimestamp(counted.last.micros);
  }
  for (const auto& [number, counted] : types_) {
    v1::EventTypeFigures* type = out->add_types();
    type->set_type(static_cast<event::v1::EventType>(number));
    type->set_events(counted.events);
    type->set_bytes(counted.bytes);
  }
  if (!states.empty()) out->set_epoch(states.front().state.epoch.value());
  out->set_groups(groups_);
  out->set_group_bytes(group_bytes_);
  out->set_commits(commits_);
  out->set_events(events_);
  out->set_requests(requests_);
  out->set_source_events(source_events_);
  out->set_entities(entities_.size());
  out->set_largest_commit_bytes(largest_commit_);
}

std::string HexOf(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

}  // namespace daybook::ledger
