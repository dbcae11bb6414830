// Counts what a ledger holds, commit by commit.
//
// Not thread-safe. Memory: 16 bytes and a little for each entity.
#pragma once

#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/record_judge.h"
#include "ledger/segment.h"
#include "ledger/tree_root.h"

namespace daybook::ledger {

class FigureCounter {
 public:
  void AddGroup(const GroupView& group);
  // A valid record; `hash` is that of a commit, and ignored for other kinds.
  void AddRecord(const JudgedRecord& record, const RecordHash& hash);
  // A commit's requests: how many have a request id, and how many a source's id.
  void AddRequests(uint64_t requests, uint64_t source_events);

  // Of a partition so far; of no commits if it has none.
  const TreeRoot& Tree(PartitionId partition) { return partitions_[partition].tree; }
  // Adds what was counted to `out`, with the partitions' states as they are at the end.
  void Fill(const std::vector<NamedPartitionState>& states, v1::LedgerFigures* out);

 private:
  struct Partition {
    TreeRoot tree;
    uint64_t events = 0;
    uint64_t bytes = 0;
    Timestamp first, last;
  };
  struct Type {
    uint64_t events = 0;
    uint64_t bytes = 0;
  };

  absl::flat_hash_map<PartitionId, Partition> partitions_;
  std::map<uint16_t, Type> types_;
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> entities_;  // 128-bit hashes of their keys
  uint64_t groups_ = 0, group_bytes_ = 0, commits_ = 0, events_ = 0, requests_ = 0;
  uint64_t source_events_ = 0, largest_commit_ = 0;
};

// The partitions alone, as a manifest has them.
void FillPartition(const NamedPartitionState& state, const TreeRoot& tree,
                   v1::PartitionFigures* out);

// 64, or 32, lower-case hexadecimal digits.
std::string HexOf(std::string_view bytes);

}  // namespace daybook::ledger
