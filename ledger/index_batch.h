// What the index wants to know of a group, picked out of its commits before the group is written:
// so a commit that the index could not read is refused in time, and little is left to do between
// the sync and the answer.
//
// Not thread-safe. Keeps its memory when it is cleared.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ledger/index_tail.h"
#include "ledger/record.h"
#include "ledger/request_key.h"

namespace daybook::ledger {

class IndexBatch {
 public:
  // Takes a commit, which is the group's record number `record`. Errors: DataLoss if its requests
  // cannot be read; then the batch is as before.
  absl::Status Add(const CommitView& commit, size_t record);
  // Drops all commits but the first `count`.
  void Truncate(size_t count);
  void Clear() { Truncate(0); }
  size_t size() const { return commits_.size(); }

  // Adds everything to a tail; `places` are those of the group's records.
  void MoveTo(const std::vector<RecordPlace>& places, IndexTail* tail) const;

 private:
  struct Request {
    RequestKey key;
    uint32_t index;
  };
  struct Commit {
    PartitionId partition;
    Sequence sequence;
    size_t record;
    size_t requests_end;  // in requests_
    size_t entities_end;  // in entity_ends_
  };
  // Flat lists instead of one in each commit: a group costs no allocation once they have grown.
  std::vector<Commit> commits_;
  std::vector<Request> requests_;
  std::vector<size_t> entity_ends_;  // in entity_keys_
  std::string entity_keys_;
};

}  // namespace daybook::ledger
