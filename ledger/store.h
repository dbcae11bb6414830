// The ledger store: segment log and index as one. It writes groups, knows what every partition has
// come to, and reads commits by sequence, entity, request and in log order. What the embedded
// ledger and the one over Kafka stand on.
//
// Threads: one writer uses draft() and AppendDraft; any thread reads. Reads end at the durable end
// that was published last, which moves only when the index knows the group too.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/file_system.h"
#include "ledger/group_draft.h"
#include "ledger/index.h"
#include "ledger/ledger.h"
#include "ledger/partition_rules.h"
#include "ledger/segment.h"

namespace daybook::ledger {

struct StoreOptions {
  FileSystem* file_system = FileSystem::Posix();  // not owned
  std::string segment_directory;
  std::string index_directory;  // used by RocksDB alone
  LedgerId ledger{};
  uint32_t entity_partitions = 0;
  uint32_t access_partitions = 0;
  SegmentOptions segments;
  IndexOptions index;
  // Places that somebody has seen durable (views, heads, the witness file), besides the index.
  std::vector<GroupPlace> witnesses;
};

// What an open found; for the log of the server.
struct StoreReport {
  OpenReport log;
  std::string index_discarded;  // why the index was begun anew; empty if it was not
  uint64_t reread_groups = 0;   // that the index did not have
  uint64_t reread_commits = 0;
};

class Store {
 public:
  // Opens the log from where the index has come to, and reads what the index lacks. Errors: those
  // of SegmentLog::Open; DataLoss if a record in the log is not valid.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options,
                                                     StoreReport* report);

  // --- for the writer
  // The group being put together.
  GroupDraft& draft() { return draft_; }
  // Bytes of records that fit into one group.
  size_t max_draft_bytes() const { return max_draft_bytes_; }
  // Writes and syncs the draft, then publishes it. OK: its records are readable and its requests
  // are found; the caller clears the draft when it is done with it. Otherwise the draft was taken
  // back: ResourceExhausted if nothing was written and it may be tried again; anything else means
  // that the outcome is unknown and that no more can be written.
  absl::Status AppendDraft(GroupPlace* place);
  // False after a write whose outcome is unknown.
  bool writable() const { return log_->writable(); }
  // The partitions after the last record appended or drafted.
  const PartitionRules& rules() const { return rules_; }
  // Writes what the index holds in memory; for a clean stop.
  absl::Status FlushIndex() { return index_->Flush(); }

  // --- for everybody
  Sequence LastDurable(PartitionId partition) const;
  Timestamp LastRecordedAt(PartitionId partition) const;
  Term CurrentTerm(PartitionId partition) const;
  // Of the registry, and so of the ledger.
  Epoch CurrentEpoch() const;
  GroupPlace DurableEnd() const;
  uint64_t StoredBytes() const { return log_->bytes(); }

  // See Ledger.
  absl::StatusOr<CommitPtr> Read(PartitionId partition, Sequence sequence) const;
  absl::Status ReadPartition(PartitionId partition, Sequence from,
                             const std::function<bool(const CommitPtr&)>& visit) const;
  absl::Status ReadEntity(const EntityRef& entity, Sequence after,
                          const std::function<bool(const CommitPtr&)>& visit) const;
  absl::Status Scan(const GroupPlace& after,
                    const std::function<bool(const ScannedGroup&)>& visit) const;
  absl::StatusOr<std::optional<RequestPlace>> FindRequest(const EntityRef& entity,
                                                          std::string_view request_id) const;
  absl::StatusOr<std::optional<RequestPlace>> FindSource(const EntityRef& entity,
                                                         std::string_view source,
                                                         std::string_view source_event_id) const;

 private:
  // What readers may see of a partition.
  struct Published {
    std::atomic<uint64_t> last{0};
    std::atomic<int64_t> last_recorded_at{kDistantPast.micros};
    std::atomic<uint64_t> term{0};
    std::atomic<uint32_t> epoch{1};
  };

  Store(const StoreOptions& options, std::unique_ptr<Index> index, std::unique_ptr<SegmentLog> log);
  absl::Status RereadTail(const StoreOptions& options, StoreReport* report);
  void Publish(const GroupPlace& end);
  const Published* Find(PartitionId partition) const;
  absl::Status VisitEntries(const std::vector<IndexEntry>& entries, bool* stopped,
                            const std::function<bool(const CommitPtr&)>& visit) const;

  const LedgerId ledger_;
  const size_t max_draft_bytes_;
  const std::unique_ptr<Index> index_;
  const std::unique_ptr<SegmentLog> log_;
  PartitionRules rules_;
  GroupDraft draft_;
  std::vector<RecordPlace> places_;  // of the writer
  const std::unique_ptr<Published[]> published_;
  mutable std::mutex end_mutex_;
  GroupPlace end_;  // guarded by end_mutex_
};

}  // namespace daybook::ledger
