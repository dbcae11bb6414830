// Compares an index with the log that it was made from, in both directions: every commit has its
// rows, and no row is there without its commit. The rows of the log are made anew by the code that
// writes the index, and both sides are added up, row entry by row entry, into sums that do not
// depend on an order: so nothing is looked up, and memory does not grow with the ledger.
//
// Not thread-safe. Changes nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index_batch.h"
#include "ledger/index_rows.h"
#include "ledger/index_table.h"
#include "ledger/index_tail.h"

namespace daybook::ledger {

class IndexCheck {
 public:
  // Errors: NotFound if there is no index; DataLoss if it cannot be read or is of another ledger.
  static absl::StatusOr<std::unique_ptr<IndexCheck>> Open(const std::string& directory,
                                                          const LedgerId& ledger);
  ~IndexCheck();

  // How far the index says it has come.
  const GroupPlace& reached() const { return checkpoint_.reached; }
  // What the partitions then were.
  const std::vector<NamedPartitionState>& states() const { return checkpoint_.states; }
  // Takes a commit of a group up to reached(), in log order. Errors: DataLoss.
  absl::Status Add(const CommitView& commit, const RecordPlace& place);
  // After the last of them: what does not agree, a sentence each; empty if all is well. Errors:
  // DataLoss if the rows cannot be read.
  absl::StatusOr<std::vector<std::string>> Finish();

 private:
  class RowSums;

  IndexCheck(std::unique_ptr<IndexTable> table, IndexCheckpoint checkpoint);
  absl::Status FlushTail();

  const std::unique_ptr<IndexTable> table_;
  const IndexCheckpoint checkpoint_;
  IndexBatch batch_;
  std::unique_ptr<IndexTail> tail_;
  std::map<PartitionId, Sequence> last_;
  const std::unique_ptr<RowSums> of_log_;
};

}  // namespace daybook::ledger
