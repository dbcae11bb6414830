// The index behind the segment log: where a commit lies, which commits an entity has, where a
// request was recorded. It is written behind: what its table lacks is held in memory (the tail),
// and look-ups ask the tail first. Everything in it can be made again from the log, so its
// directory may be deleted while no process uses it.
//
// Threads: one writer calls WaitForRoom and Add; any thread looks things up; one thread of its own
// writes frozen tails.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index_batch.h"
#include "ledger/index_rows.h"
#include "ledger/index_table.h"
#include "ledger/index_tail.h"
#include "ledger/limits.h"
#include "ledger/request_key.h"

namespace daybook::ledger {

struct IndexOptions {
  // Rows live in memory instead of in RocksDB; every open then reads the whole log.
  bool in_memory = false;
  // Blocks, filters and their indexes of the table; larger if look-ups by entity or old requests
  // hit the disk often.
  size_t cache_bytes = 64 * 1024 * 1024;
  // A tail is frozen and written when one of these is reached. Larger: fewer, larger tables and a
  // longer start.
  size_t freeze_commits = 200'000;
  size_t freeze_bytes = 64 * 1024 * 1024;
  // ... or when its first commit is this old; zero: never for that reason.
  std::chrono::milliseconds freeze_age{30'000};
  // Memory of all tails together; beyond it WaitForRoom waits.
  size_t max_tail_bytes = kMaxUnindexedTailBytes;
};

class Index {
 public:
  // Opens or makes the index in `directory`. An index of another ledger, of another format or
  // damaged is thrown away and begun anew; `discarded` (may be null) then says why.
  static absl::StatusOr<std::unique_ptr<Index>> Open(const std::string& directory,
                                                     const LedgerId& ledger,
                                                     const IndexOptions& options,
                                                     std::string* discarded);
  // Ends the thread. What is still in memory is left to be read from the log.
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // How far the table had come when it was opened: the log is to be added from there on.
  const IndexCheckpoint& opened_at() const { return opened_at_; }

  // Returns when there is memory for another group. Errors: what keeps the table from being
  // written.
  absl::Status WaitForRoom();
  // Adds a durable group; `places` are those of its records, `states` the partitions after it.
  void Add(const IndexBatch& batch, const std::vector<RecordPlace>& places, const GroupPlace& group,
           const std::vector<NamedPartitionState>& states);
  // Returns when everything added before is in the table and on disk.
  absl::Status Flush();

  absl::StatusOr<std::optional<RequestPlace>> FindRequest(const RequestKey& key) const;
  // Up to `limit` commits of a partition from `from` on, without a gap; empty at the end.
  absl::StatusOr<std::vector<IndexEntry>> ListPartition(PartitionId partition, Sequence from,
                                                        size_t limit) const;
  // Up to `limit` commits with events of an entity with sequences above `after`; empty at the end.
  absl::StatusOr<std::vector<IndexEntry>> ListEntity(std::string_view entity_key, Sequence after,
                                                     size_t limit) const;

 private:
  Index(std::unique_ptr<IndexTable> table, const LedgerId& ledger, const IndexOptions& options);
  void FreezeIfDue(bool asked);
  void WriteBehind();
  size_t TailBytes() const;

  const std::unique_ptr<IndexTable> table_;
  const LedgerId ledger_;
  const IndexOptions options_;
  IndexCheckpoint opened_at_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::unique_ptr<IndexTail> active_;
  std::shared_ptr<const IndexTail> frozen_;  // being written, or waiting for another try
  std::chrono::steady_clock::time_point active_since_;
  GroupNumber persisted_;      // in the table and on disk
  absl::Status write_status_;  // of the last try
  uint64_t failures_ = 0;
  int flushes_asked_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace daybook::ledger
