// A group being put together: records that would be valid after everything that is durable and
// after each other. What is refused leaves no trace, so one bad batch does not harm its neighbours
// in the group.
//
// Not thread-safe: of the one writer. Keeps its memory from group to group.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ledger/index_batch.h"
#include "ledger/partition_rules.h"
#include "ledger/record.h"

namespace daybook::ledger {

class GroupDraft {
 public:
  // `rules` must outlive the draft; between groups they are at the durable end.
  explicit GroupDraft(PartitionRules* rules) : rules_(rules) {}

  // Takes all of `commits` or none. Errors: FailedPrecondition if one is not the owner's next
  // commit, InvalidArgument if its bytes are not what they should be.
  absl::Status AddCommits(const std::vector<CommitPtr>& commits);
  // Takes a record of another kind (genesis, claim, hand-over, epoch). Errors: the same.
  absl::Status AddControl(PartitionId partition, std::string record);

  bool empty() const { return records_.empty(); }
  size_t bytes() const { return bytes_; }
  const std::vector<std::string_view>& records() const { return records_; }
  const std::vector<CommitPtr>& commits() const { return commits_; }
  const IndexBatch& index_batch() const { return index_batch_; }

  // The group is durable: what follows is judged after it.
  void Keep() { rules_->Keep(); }
  // The group came to nothing.
  void TakeBack() { rules_->TakeBack(0); }
  // Forgets the records; after Keep or TakeBack.
  void Clear();

 private:
  absl::Status Judge(PartitionId partition, Sequence sequence, std::string_view record);

  PartitionRules* const rules_;
  std::vector<std::string_view> records_;
  std::vector<CommitPtr> commits_;
  std::deque<std::string> control_records_;
  IndexBatch index_batch_;
  size_t bytes_ = 0;
};

}  // namespace daybook::ledger
