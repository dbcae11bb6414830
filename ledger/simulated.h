// The ledger over a simulated log: one owner among others, following the rules of ledger.md 4.2 as
// they are for a topic. It reads its own messages back before it calls them durable, claims the
// next term after a hole or when nothing came back in time, and stands down when it reads somebody
// else's claim. For tests; with all faults zero it is a plain ledger in memory.
//
// Thread-safe. Destroying it without Stop is a crash: no callback comes any more, and what it sent
// may still arrive.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/memory_store.h"
#include "ledger/partition_rules.h"
#include "ledger/simulated_log.h"

namespace daybook::ledger {

struct SimulatedLedgerOptions {
  // recorded_at of claims; empty: as late as what the partition has reached.
  std::function<Timestamp()> now;
  // Partitions that Start claims; empty: all.
  std::vector<PartitionId> partitions;
};

class SimulatedLedger final : public Ledger, private SimulatedOwner {
 public:
  // Reads the log as it stands. `log` must outlive this.
  explicit SimulatedLedger(SimulatedLog* log, SimulatedLedgerOptions options = {});
  ~SimulatedLedger() override;

  // Begins to claim partitions; each is told to the listener when the claim was read back, which is
  // before Start returns only if nothing goes wrong and the log is driven on append.
  absl::Status Start(OwnershipListener* listener, Follower* follower) override;
  void Stop() override;
  // Takes over one more partition, whoever has it.
  void Claim(PartitionId partition);

  LedgerInfo info() const override;
  void Append(Batch batch) override;
  absl::Status writable() const override;
  Sequence LastDurable(PartitionId partition) const override;
  Timestamp LastRecordedAt(PartitionId partition) const override;
  Term CurrentTerm(PartitionId partition) const override;
  GroupPlace DurableEnd() const override;
  absl::StatusOr<Sequence> LatestEnd(PartitionId partition) override;
  uint64_t StoredBytes() const override;
  absl::StatusOr<CommitPtr> Read(PartitionId partition, Sequence sequence) const override;
  absl::Status ReadPartition(PartitionId partition, Sequence from,
                             const std::function<bool(const CommitPtr&)>& visit) const override;
  absl::Status ReadEntity(const EntityRef& entity, Sequence after,
                          const std::function<bool(const CommitPtr&)>& visit) const override;
  absl::Status Scan(const GroupPlace& after,
                    const std::function<bool(const ScannedGroup&)>& visit) const override;
  absl::StatusOr<std::optional<RequestPlace>> FindRequest(
      const EntityRef& entity, std::string_view request_id) const override;
  absl::StatusOr<std::optional<RequestPlace>> FindSource(
      const EntityRef& entity, std::string_view source,
      std::string_view source_event_id) const override;

 private:
  // A batch on its way: what becomes of its commits decides the outcome.
  struct Flight {
    Batch batch;
    size_t open = 0;     // commits of which nothing is known yet
    size_t durable = 0;  // commits read back as valid
    uint64_t deadline = 0;
  };
  using FlightPtr = std::shared_ptr<Flight>;
  struct Waiting {
    CommitPtr commit;
    FlightPtr flight;
  };
  enum class Hold { kNone, kClaiming, kOwned };
  // What this owner has to do with a partition.
  struct Holding {
    Hold hold = Hold::kNone;
    bool insists = false;   // claims again if somebody else's claim comes first
    bool told = false;      // the listener believes that it is ours
    uint64_t deadline = 0;  // of the claim
    Sequence last_sent;
    std::map<Sequence, Waiting> waiting;  // sent in the current term
  };

  std::optional<uint64_t> NextStep(uint64_t now) const override;
  void TakeStep() override;

  // All that follows with the log's lock held.
  absl::Status CheckBatch(const Batch& batch) const;
  void SendBatch(Batch batch);
  // Until when to wait for what is sent now.
  uint64_t Deadline() const;
  void SendClaims(const std::vector<PartitionId>& partitions);
  void WatchDeadlines();
  void ReadEntry();
  void ReadRecord(const std::string& record, std::vector<CommitPtr>* commits);
  // The commit of a record that is valid: the one that was sent, if it was ours.
  CommitPtr TakeBack(const RecordHeader& header, const std::string& record);
  void OnClaim(PartitionId partition, const WriterId& writer);
  // Whatever of this partition did not come back is void.
  void GiveUp(PartitionId partition, const absl::Status& why);
  void Settle(const FlightPtr& flight, const absl::Status& why);
  void Answer(Batch batch, AppendOutcome outcome, absl::Status status);
  void TellLost(PartitionId partition, const absl::Status& why);
  void TellGained(PartitionId partition);
  // Calls back after OnDurable of what is being read.
  void Tell(std::function<void()> callback) { told_.push_back(std::move(callback)); }
  void PostTold();
  Holding& HoldingOf(PartitionId partition) { return holdings_[rules_.Slot(partition)]; }
  const Holding& HoldingOf(PartitionId partition) const {
    return holdings_[rules_.Slot(partition)];
  }

  SimulatedLog* const log_;
  const SimulatedLedgerOptions options_;
  // After a crash there is nobody to call.
  const std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);
  // Guarded by the log's lock:
  WriterId writer_{};
  PartitionRules rules_;
  MemoryStore store_;
  uint64_t stored_bytes_ = 0;
  std::vector<Holding> holdings_;                                // by slot
  std::deque<FlightPtr> flights_;                                // as they were sent
  std::multimap<uint64_t, std::function<void()>> late_answers_;  // by the step in which they come
  std::vector<std::function<void()>> told_;
  uint64_t paused_until_ = 0;
  bool started_ = false;
  bool stopped_ = false;
  OwnershipListener* listener_ = nullptr;
  Follower* follower_ = nullptr;
};

}  // namespace daybook::ledger
