// One generation of what the index's table lacks: the newest commits by partition, entity and
// request, in compact hash maps (about 150 bytes a commit), because putting single random keys into
// a sorted structure would be the dearest part of a write. When it is large enough it is frozen,
// sorted once and written to the table.
//
// Not thread-safe; a frozen one is read only and may be read by any thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "ledger/index_rows.h"
#include "ledger/index_table.h"
#include "ledger/request_key.h"

namespace daybook::ledger {

class IndexTail {
 public:
  // Commits of a partition come in sequence order, without gaps.
  void AddCommit(PartitionId partition, const IndexEntry& entry);
  // Both belong to the commit added last.
  void AddEntity(std::string_view entity_key);
  void AddRequest(const RequestKey& key, uint32_t request_index);
  // Everything up to here, and what the partitions then were.
  void SetCheckpoint(const LedgerId& ledger, const GroupPlace& reached,
                     const std::vector<NamedPartitionState>& states);

  bool empty() const { return checkpoint_.reached.group == GroupNumber(); }
  size_t commit_count() const { return commits_.size(); }
  // An estimate of the memory used.
  size_t bytes() const;
  const IndexCheckpoint& checkpoint() const { return checkpoint_; }

  std::optional<RequestPlace> FindRequest(const RequestKey& key) const;
  // Appends up to `limit` commits of the partition from `from` on; nothing if `from` is before the
  // first one here.
  void ListPartition(PartitionId partition, Sequence from, size_t limit,
                     std::vector<IndexEntry>* out) const;
  // Appends up to `limit` commits of the entity with sequences above `after`.
  void ListEntity(std::string_view entity_key, Sequence after, size_t limit,
                  std::vector<IndexEntry>* out) const;

  // Puts all rows, the checkpoint last.
  absl::Status WriteTo(IndexTable* table) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Commit {
    RecordPlace place;
    Sequence sequence;
    PartitionId partition;
  };
  // Commits of one entity form a chain through `links_`.
  struct EntityChain {
    uint32_t first_link;
    uint32_t last_link;
  };
  struct Link {
    uint32_t commit;
    uint32_t next;
  };
  struct Request {
    uint32_t commit;
    uint32_t index;
  };

  std::string_view Keep(std::string_view bytes);
  IndexEntry EntryOf(uint32_t commit) const;
  absl::Status WriteEntities(IndexTable* table) const;
  absl::Status WritePartitions(IndexTable* table) const;
  absl::Status WriteRequests(IndexTable* table) const;

  std::deque<Commit> commits_;
  absl::flat_hash_map<PartitionId, std::vector<uint32_t>> partitions_;
  absl::flat_hash_map<std::string_view, EntityChain> entities_;  // keys lie in chunks_
  std::deque<Link> links_;
  absl::flat_hash_map<RequestKey, Request, RequestKeyHash> requests_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t chunk_used_ = 0;
  IndexCheckpoint checkpoint_;
};

}  // namespace daybook::ledger
