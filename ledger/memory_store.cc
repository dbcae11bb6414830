#include "ledger/memory_store.h"

#include "ledger/check.h"
#include "ledger/request_walk.h"

namespace daybook::ledger {
namespace {

const std::vector<CommitPtr>& None() {
  static const std::vector<CommitPtr>* const none = new std::vector<CommitPtr>;
  return *none;
}

}  // namespace

void MemoryStore::Add(Group group) {
  DAYBOOK_CHECK(group.place.group.value() == groups_.size() + 1, "groups come in order");
  for (const CommitPtr& commit : group.commits) Index(commit);
  groups_.push_back(std::move(group));
}

void MemoryStore::Index(const CommitPtr& commit) {
  const CommitView& view = commit->view();
  std::vector<CommitPtr>& partition = partitions_[commit->partition()];
  DAYBOOK_CHECK(commit->sequence().value() == partition.size() + 1, "commits come in order");
  partition.push_back(commit);
  for (const EventView& event : view.events()) {
    std::string key;
    AppendEntityKey(view.tenant(), event.entity_kind, event.entity_id, &key);
    std::vector<CommitPtr>& history = entities_[key];
    if (history.empty() || history.back() != commit) history.push_back(commit);
  }
  const absl::Status walked = WalkRequests(view.requests(), [&](const RequestNames& names,
                                                                uint32_t index) {
    const RequestPlace place{commit->partition(), commit->sequence(), index};
    if (!names.request_id.empty()) {
      requests_[KeyOfRequest(view.tenant(), names.entity_kind, names.entity_id, names.request_id)] =
          place;
    }
    if (!names.source_event_id.empty()) {
      requests_[KeyOfSource(view.tenant(), names.entity_kind, names.entity_id, names.source,
                            names.source_event_id)] = place;
    }
  });
  DAYBOOK_CHECK(walked.ok(), "requests of a commit cannot be read");
}

const std::vector<CommitPtr>& MemoryStore::Partition(PartitionId partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? None() : found->second;
}

const std::vector<CommitPtr>& MemoryStore::Entity(const EntityRef& entity) const {
  const auto found = entities_.find(EntityKey(entity));
  return found == entities_.end() ? None() : found->second;
}

std::optional<RequestPlace> MemoryStore::FindRequest(const RequestKey& key) const {
  const auto found = requests_.find(key);
  if (found == requests_.end()) return std::nullopt;
  return found->second;
}

}  // namespace daybook::ledger
