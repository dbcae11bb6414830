// The ledger as everything above it sees it: append batches of commits, read them back, follow them
// live. Nothing above ledger/ knows which implementation it has.
//
// Threads: every method may be called from any thread. Callbacks (Follower, Batch::done,
// OwnershipListener) come from a thread of the ledger, must not block and must not call back into
// Append.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/record.h"
#include "ledger/segment.h"
#include "ledger/types.h"

namespace daybook::ledger {

// What a ledger is; fixed when it is made, but for the epoch.
struct LedgerInfo {
  LedgerId id{};
  Epoch epoch{1};
  uint32_t entity_partitions = 32;  // partitions 1..N; 0 is the registry
  uint32_t access_partitions = 0;   // 65536 and up
};

// What became of a batch.
enum class AppendOutcome {
  kDurable,     // on disk (or acknowledged and read back)
  kNotWritten,  // certainly not in the ledger; `status` says why (ResourceExhausted: no room;
                // FailedPrecondition: not the owner any more, or not the next sequence)
  kUnknown,     // failed while being written: only a restart (or a later claim) tells
};

// Commits of any partitions that this process owns, in sequence order per partition, made with the
// current term and writer. All become durable together.
struct Batch {
  std::vector<CommitPtr> commits;
  std::function<void(AppendOutcome, const absl::Status&)> done;
};

// What the owner of a partition needs for its first commit.
struct Ownership {
  PartitionId partition;
  Term term;
  WriterId writer{};
  Sequence last;  // last valid sequence
  Timestamp last_recorded_at;
};

// Told about partitions that this process may write.
class OwnershipListener {
 public:
  virtual ~OwnershipListener() = default;
  virtual void OnGained(const Ownership& ownership) = 0;
  // No commit of the old term will become durable any more.
  virtual void OnLost(PartitionId partition, const absl::Status& why) = 0;
};

// Told about every durable commit, once, in log order, before the batch's `done`. Groups without
// commits (claims, for instance) are told as well, so that the end is always known.
class Follower {
 public:
  virtual ~Follower() = default;
  // `end`: the place of the group that these commits are in.
  virtual void OnDurable(const std::vector<CommitPtr>& commits, const GroupPlace& end) = 0;
};

// Where a request was recorded.
struct RequestPlace {
  PartitionId partition;
  Sequence sequence;
  uint32_t request_index = 0;  // in the commit's CommitRequests
};

// What Scan hands out; valid during the call.
struct ScannedGroup {
  GroupPlace place;
  const std::vector<CommitView>& commits;  // valid commits only
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual LedgerInfo info() const = 0;

  // Begins to own partitions, and to tell the follower what becomes durable after DurableEnd.
  // `listener` and `follower` must outlive Stop. Where ownership needs no agreement (embedded),
  // OnGained is called for every partition before Start returns, from this thread. A ledger is
  // started once.
  virtual absl::Status Start(OwnershipListener* listener, Follower* follower) = 0;
  // Completes what was given, then stops; later batches are kNotWritten. Idempotent.
  virtual void Stop() = 0;

  // Takes a batch; `done` is called exactly once. Never blocks on the disk.
  virtual void Append(Batch batch) = 0;
  // Empty while writes are taken; else why not (read-only after a failed sync, no room, no broker).
  virtual absl::Status writable() const = 0;

  // Last durable sequence of a partition that this process knows of.
  virtual Sequence LastDurable(PartitionId partition) const = 0;
  // The latest recorded_at of any record of the partition, claims included: no commit may be
  // recorded before it.
  virtual Timestamp LastRecordedAt(PartitionId partition) const = 0;
  // Current term of the partition.
  virtual Term CurrentTerm(PartitionId partition) const = 0;
  // The last durable group.
  virtual GroupPlace DurableEnd() const = 0;
  // Asks the log itself for its end (a replica may lag); embedded: LastDurable.
  virtual absl::StatusOr<Sequence> LatestEnd(PartitionId partition) = 0;
  // Bytes of groups on disk.
  virtual uint64_t StoredBytes() const = 0;

  // One commit. Errors: NotFound beyond the end, DataLoss.
  virtual absl::StatusOr<CommitPtr> Read(PartitionId partition, Sequence sequence) const = 0;
  // Commits of a partition from `from` on, in order, until `visit` returns false or the durable
  // end.
  virtual absl::Status ReadPartition(PartitionId partition, Sequence from,
                                     const std::function<bool(const CommitPtr&)>& visit) const = 0;
  // Commits with events of an entity, after `after`, in order, until `visit` returns false or the
  // durable end.
  virtual absl::Status ReadEntity(const EntityRef& entity, Sequence after,
                                  const std::function<bool(const CommitPtr&)>& visit) const = 0;
  // All commits after `after` in log order; what rebuilds and catching-up use.
  virtual absl::Status Scan(const GroupPlace& after,
                            const std::function<bool(const ScannedGroup&)>& visit) const = 0;

  // The durable commit that recorded this request id for this entity; nullopt if there is none.
  // Remembered for ever.
  virtual absl::StatusOr<std::optional<RequestPlace>> FindRequest(
      const EntityRef& entity, std::string_view request_id) const = 0;
  // The same for a source and its event id.
  virtual absl::StatusOr<std::optional<RequestPlace>> FindSource(
      const EntityRef& entity, std::string_view source, std::string_view source_event_id) const = 0;
};

}  // namespace daybook::ledger
