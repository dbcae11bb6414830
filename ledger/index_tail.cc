#include "ledger/index_tail.h"

#include <algorithm>
#include <cstring>

#include "ledger/check.h"

namespace daybook::ledger {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;

// Cuts commits into runs and puts each as one row, when it is full and at the end.
template <typename MakeKey>
class RunWriter {
 public:
  RunWriter(IndexTable* table, MakeKey make_key) : table_(table), make_key_(make_key) {}

  absl::Status Add(const IndexEntry& entry) {
    if (length_ == kMaxRunLength) {
      if (absl::Status status = Finish(); !status.ok()) return status;
    }
    if (length_ == 0) first_ = entry.sequence;
    AppendRunEntry(length_ == 0 ? nullptr : &previous_, entry, &value_);
    previous_ = entry;
    ++length_;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (length_ == 0) return absl::OkStatus();
    absl::Status status = table_->Put(make_key_(first_), value_);
    length_ = 0;
    value_.clear();
    return status;
  }

 private:
  IndexTable* const table_;
  const MakeKey make_key_;
  IndexEntry previous_;
  Sequence first_;
  size_t length_ = 0;
  std::string value_;
};

}  // namespace

void IndexTail::AddCommit(PartitionId partition, const IndexEntry& entry) {
  std::vector<uint32_t>& list = partitions_[partition];
  DAYBOOK_CHECK(list.empty() || commits_[list.back()].sequence.next() == entry.sequence,
                "commits reach the index in sequence order");
  list.push_back(static_cast<uint32_t>(commits_.size()));
  commits_.push_back({entry.place, entry.sequence, partition});
}

void IndexTail::AddEntity(std::string_view entity_key) {
  const auto commit = static_cast<uint32_t>(commits_.size() - 1);
  const auto link = static_cast<uint32_t>(links_.size());
  if (const auto found = entities_.find(entity_key); found != entities_.end()) {
    EntityChain& chain = found->second;
    if (links_[chain.last_link].commit == commit) return;  // another event of the same commit
    links_[chain.last_link].next = link;
    chain.last_link = link;
  } else {
    entities_.emplace(Keep(entity_key), EntityChain{link, link});
  }
  links_.push_back({commit, kNone});
}

void IndexTail::AddRequest(const RequestKey& key, uint32_t request_index) {
  requests_.insert_or_assign(key,
                             Request{static_cast<uint32_t>(commits_.size() - 1), request_index});
}

void IndexTail::SetCheckpoint(const LedgerId& ledger, const GroupPlace& reached,
                              const std::vector<NamedPartitionState>& states) {
  checkpoint_.ledger = ledger;
  checkpoint_.reached = reached;
  checkpoint_.states = states;
}

std::string_view IndexTail::Keep(std::string_view bytes) {
  DAYBOOK_CHECK(bytes.size() <= kChunkBytes, "an entity key fits into a chunk");
  if (chunks_.empty() || chunk_used_ + bytes.size() > kChunkBytes) {
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunkBytes));
    chunk_used_ = 0;
  }
  char* const kept = chunks_.back().get() + chunk_used_;
  std::memcpy(kept, bytes.data(), bytes.size());
  chunk_used_ += bytes.size();
  return {kept, bytes.size()};
}

size_t IndexTail::bytes() const {
  constexpr size_t kControlByte = 1;
  return commits_.size() * (sizeof(Commit) + sizeof(uint32_t)) + links_.size() * sizeof(Link) +
         entities_.capacity() * (sizeof(std::string_view) + sizeof(EntityChain) + kControlByte) +
         requests_.capacity() * (sizeof(RequestKey) + sizeof(Request) + kControlByte) +
         chunks_.size() * kChunkBytes;
}

IndexEntry IndexTail::EntryOf(uint32_t commit) const {
  return {commits_[commit].sequence, commits_[commit].place};
}

std::optional<RequestPlace> IndexTail::FindRequest(const RequestKey& key) const {
  const auto found = requests_.find(key);
  if (found == requests_.end()) return std::nullopt;
  const Commit& commit = commits_[found->second.commit];
  return RequestPlace{commit.partition, commit.sequence, found->second.index};
}

void IndexTail::ListPartition(PartitionId partition, Sequence from, size_t limit,
                              std::vector<IndexEntry>* out) const {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  const std::vector<uint32_t>& list = found->second;
  const Sequence first = commits_[list.front()].sequence;
  if (from < first || from.value() - first.value() >= list.size()) return;
  for (size_t i = from.value() - first.value(); i < list.size() && limit > 0; ++i, --limit) {
    out->push_back(EntryOf(list[i]));
  }
}

void IndexTail::ListEntity(std::string_view entity_key, Sequence after, size_t limit,
                           std::vector<IndexEntry>* out) const {
  const auto found = entities_.find(entity_key);
  if (found == entities_.end()) return;
  for (uint32_t at = found->second.first_link; at != kNone && limit > 0; at = links_[at].next) {
    if (commits_[links_[at].commit].sequence <= after) continue;
    out->push_back(EntryOf(links_[at].commit));
    --limit;
  }
}

absl::Status IndexTail::WriteTo(IndexTable* table) const {
  absl::Status status = WriteEntities(table);
  if (status.ok()) status = WritePartitions(table);
  if (status.ok()) status = WriteRequests(table);
  if (status.ok()) status = table->Put(kCheckpointKey, EncodeCheckpoint(checkpoint_));
  return status;
}

absl::Status IndexTail::WriteEntities(IndexTable* table) const {
  std::vector<std::pair<std::string_view, uint32_t>> sorted;
  sorted.reserve(entities_.size());
  for (const auto& [key, chain] : entities_) sorted.emplace_back(key, chain.first_link);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [key, first_link] : sorted) {
    RunWriter run(table, [key = key](Sequence first) { return EntityRowKey(key, first); });
    for (uint32_t at = first_link; at != kNone; at = links_[at].next) {
      if (absl::Status status = run.Add(EntryOf(links_[at].commit)); !status.ok()) return status;
    }
    if (absl::Status status = run.Finish(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status IndexTail::WritePartitions(IndexTable* table) const {
  std::vector<PartitionId> sorted;
  for (const auto& [partition, list] : partitions_) sorted.push_back(partition);
  std::sort(sorted.begin(), sorted.end());
  for (const PartitionId partition : sorted) {
    RunWriter run(table, [partition](Sequence first) { return PartitionRowKey(partition, first); });
    for (const uint32_t commit : partitions_.at(partition)) {
      if (absl::Status status = run.Add(EntryOf(commit)); !status.ok()) return status;
    }
    if (absl::Status status = run.Finish(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status IndexTail::WriteRequests(IndexTable* table) const {
  std::vector<std::pair<RequestKey, Request>> sorted;
  sorted.reserve(requests_.size());
  for (const auto& [key, request] : requests_) sorted.emplace_back(key, request);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [key, request] : sorted) {
    const Commit& commit = commits_[request.commit];
    const std::string value =
        EncodeRequestPlace({commit.partition, commit.sequence, request.index});
    if (absl::Status status = table->Put(RequestRowKey(key), value); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace daybook::ledger
