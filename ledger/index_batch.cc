#include "ledger/index_batch.h"

#include "ledger/request_walk.h"

namespace daybook::ledger {

absl::Status IndexBatch::Add(const CommitView& commit, size_t record) {
  const size_t requests_before = requests_.size();
  const PartitionId partition = commit.header().partition;
  const absl::Status status =
      WalkRequests(commit.requests(), [&](const RequestNames& names, uint32_t index) {
        if (!names.request_id.empty()) {
          requests_.push_back(
              {KeyOfRequest(commit.tenant(), names.entity_kind, names.entity_id, names.request_id),
               index});
        }
        if (!names.source_event_id.empty()) {
          requests_.push_back({KeyOfSource(commit.tenant(), names.entity_kind, names.entity_id,
                                           names.source, names.source_event_id),
                               index});
        }
      });
  if (!status.ok()) {
    requests_.resize(requests_before);
    return status;
  }
  // An entity's history lies in one partition: access records have entities of a kind of their own.
  for (const EventView& event : commit.events()) {
    AppendEntityKey(commit.tenant(), event.entity_kind, event.entity_id, &entity_keys_);
    entity_ends_.push_back(entity_keys_.size());
  }
  commits_.push_back(
      {partition, commit.header().sequence, record, requests_.size(), entity_ends_.size()});
  return absl::OkStatus();
}

void IndexBatch::Truncate(size_t count) {
  commits_.resize(count);
  requests_.resize(count == 0 ? 0 : commits_.back().requests_end);
  entity_ends_.resize(count == 0 ? 0 : commits_.back().entities_end);
  entity_keys_.resize(entity_ends_.empty() ? 0 : entity_ends_.back());
}

void IndexBatch::MoveTo(const std::vector<RecordPlace>& places, IndexTail* tail) const {
  size_t request = 0, entity = 0, begin = 0;
  for (const Commit& commit : commits_) {
    tail->AddCommit(commit.partition, {commit.sequence, places[commit.record]});
    for (; request < commit.requests_end; ++request) {
      tail->AddRequest(requests_[request].key, requests_[request].index);
    }
    for (; entity < commit.entities_end; ++entity) {
      const size_t end = entity_ends_[entity];
      tail->AddEntity(std::string_view(entity_keys_).substr(begin, end - begin));
      begin = end;
    }
  }
}

}  // namespace daybook::ledger
