// The command processors of some partitions on one thread: takes what is queued, decides each
// command on state that contains the ones before it (also those not yet durable), hands the commits
// to the ledger as one batch, and goes on deciding while that becomes durable. Completes calls when
// their commit, and everything they were decided on, is durable.
//
// Threads: Submit, Post* and Stop from any thread; everything else on the worker's own, which is
// either the thread that Start makes or, in tests, the caller of Step.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "ledger/ledger.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/command.h"
#include "projections/engine/command_decision.h"
#include "projections/engine/decision_state.h"
#include "projections/engine/decision_store.h"
#include "projections/engine/registry.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

// What a worker stands on; all of it outlives the worker.
struct WorkerEnvironment {
  const Catalogue* catalogue = nullptr;
  ledger::Ledger* ledger = nullptr;
  Registry* registry = nullptr;
  Secrets* secrets = nullptr;
  const Clock* clock = nullptr;
  DecisionStore* store = nullptr;
  // Brings a follow-up to the worker of its entity; false if it cannot take it now.
  std::function<bool(PendingCommand&&)> submit;
};

// Counters for metrics; read from any thread.
struct WorkerCounters {
  std::atomic<uint64_t> decided{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> repeated{0};
  std::atomic<uint64_t> deadlines_fired{0};
  std::atomic<uint64_t> follow_ups_sent{0};  // attempts
  std::atomic<uint64_t> follow_ups_accepted{0};
  std::atomic<uint64_t> follow_ups_refused{0};
  std::atomic<uint64_t> late_facts{0};
  std::atomic<uint64_t> invariants_broken{0};
  std::atomic<uint64_t> queued{0};
};

class Worker {
 public:
  Worker(size_t index, const WorkerEnvironment& environment);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs Step on a thread of its own until Stop.
  void Start();
  // Completes what was begun, writes decision state, ends the thread. Later commands are refused.
  // Idempotent.
  void Stop();

  // Takes a command; false (and `command` untouched) if the queue is full.
  bool Submit(PendingCommand&& command);
  void PostGained(const ledger::Ownership& ownership);
  void PostLost(ledger::PartitionId partition, const absl::Status& why);
  // Calls `done` once this worker has seen the registry up to `registry` and has made durable every
  // deadline that is due.
  void WhenSettled(ledger::Sequence registry, std::function<void()> done);

  // Does what can be done without waiting; true if it did anything.
  bool Step();
  const WorkerCounters& counters() const { return counters_; }
  // Partitions that take no commands, with the reason. Any thread.
  std::vector<std::pair<ledger::PartitionId, std::string>> StoppedPartitions() const;

 private:
  // What waits for a sequence of its partition to become durable.
  struct Completion {
    ledger::Sequence after;
    PendingCommand command;
    CommandOutcome outcome;
    bool answer_from_ledger = false;  // a repeat of a request that was in flight
  };
  // A follow-up that was sent at least once and whose answer is not recorded.
  struct Errand {
    bool on_its_way = false;
    int attempts = 0;
    int64_t again_at = 0;  // monotonic microseconds; if it is not on its way
  };
  struct FollowUpAnswer {
    ledger::PartitionId partition;
    ledger::Term term;
    FollowUpPlace place;
    CommandOutcome outcome;
  };
  struct Partition {
    CommitFrame frame;
    ledger::Sequence last;     // decided
    ledger::Sequence durable;  // completed
    Timestamp last_recorded_at = ledger::kDistantPast;
    std::unique_ptr<DecisionState> state;
    absl::flat_hash_map<std::string, ledger::Sequence> in_flight;  // request and source keys
    std::deque<std::pair<ledger::Sequence, std::string>> in_flight_order;
    std::deque<Completion> completions;
    size_t batches_in_flight = 0;
    bool reload = false;   // its state is not to be used: load it anew when nothing is in flight
    bool changed = false;  // since the last write of decision state
    std::string stopped;   // not empty: it takes no commands
    std::deque<PendingCommand> held;
    // Deadlines before it wait for an import session or for the end of their grace.
    Timestamp timers_from = ledger::kDistantPast;
    ledger::Sequence timers_registry;   // registry sequence that timers_from was found with
    std::optional<Timestamp> next_due;  // when to look again
    // Deadlines that broke an invariant when they fired: the timer lets them be.
    absl::flat_hash_set<std::string> broken_deadlines;
    bool timers_settled = false;  // nothing is due until then
    absl::btree_map<FollowUpPlace, Errand> follow_ups;
    // Open follow-ups before it have their errand.
    FollowUpPlace follow_ups_from;
    bool follow_ups_wanted = true;  // there may be some from there on
    int64_t follow_ups_again_at = INT64_MAX;
  };
  // The last commit of a batch in one of its partitions.
  struct BatchEnd {
    ledger::PartitionId partition;
    ledger::Term term;
    ledger::Sequence sequence;
  };
  struct BatchResult {
    std::vector<BatchEnd> ends;
    size_t bytes = 0;
    ledger::AppendOutcome outcome = ledger::AppendOutcome::kUnknown;
    absl::Status status;
  };
  struct Inbox {
    std::deque<PendingCommand> commands;
    std::vector<BatchResult> results;
    std::vector<FollowUpAnswer> answers;
    std::vector<ledger::Ownership> gained;
    std::vector<std::pair<ledger::PartitionId, absl::Status>> lost;
    std::vector<std::pair<ledger::Sequence, std::function<void()>>> settled_waiters;
    bool empty() const {
      return commands.empty() && results.empty() && answers.empty() && gained.empty() &&
             lost.empty() && settled_waiters.empty();
    }
  };

  void Run();
  void Load(std::vector<ledger::Ownership> gained);
  bool Reload(Partition& partition);
  void Fold(Partition& partition, const ledger::CommitView& view);
  void Stopped(Partition& partition, const std::string& why);
  void RefuseAllHeld();
  bool HasRoom() const;

  void Handle(const BatchResult& result);
  void CompleteUpTo(Partition& partition, ledger::Sequence durable);
  void AnswerFirst(Partition& partition, PendingCommand& command);
  void Fail(Partition& partition, const MaybeRefusal& refusal);
  void Finish(PendingCommand& command, const CommandOutcome& outcome);

  void Take(PendingCommand command);
  void Decide(Partition& partition, PendingCommand& command);
  bool AnswerRepeat(Partition& partition, PendingCommand& command);
  void AnswerFromLedger(PendingCommand& command, const ledger::RequestPlace& place, bool by_source);
  MaybeRefusal DecideOn(Partition& partition, PendingCommand& command,
                        const DecisionContext& context, CommandOutcome* outcome);
  void Answer(PendingCommand& command, const std::vector<Event>& events, const CommitFrame& frame,
              const ledger::RecordHeader& header);
  void DryRun(Partition& partition, PendingCommand& command, const DecisionContext& context);
  // What a command would be answered, on a copy of its entity's rows; `response` may be null.
  MaybeRefusal Try(Partition& partition, PendingCommand& command, const DecisionContext& context,
                   google::protobuf::Message* response);
  void FireDueOf(Partition& partition, const EntityRef& entity, const DecisionContext& context);
  bool Fire(Partition& partition, const EntityRef& entity, const Deadline& deadline,
            const DecisionContext& context);
  size_t FireTimers(size_t limit);
  size_t FireTimersOf(Partition& partition, size_t limit);
  size_t FireDue(Partition& partition, size_t limit);
  bool WaitsForSession(DecisionState& state, const EntityRef& entity) const;
  void NotifySettled();
  size_t SendFollowUps();
  size_t SendFollowUpsOf(Partition& partition, int64_t now);  // monotonic microseconds
  void SendFollowUp(Partition& partition, const FollowUpPlace& place, Errand& errand);
  absl::StatusOr<Event> WantedBy(const Partition& partition, const FollowUpPlace& place,
                                 std::shared_ptr<const DecodedCommit>* commit) const;
  void HandleAnswer(const FollowUpAnswer& answer);
  bool RecordAnswer(Partition& partition, const FollowUpAnswer& answer);
  DecisionContext AnswerContext(Partition& partition, const Event& wanted) const;
  // What history arms is not noted as it is armed: its session's end looks at the whole list. What
  // comes later looks itself.
  static void LookAtTimersAnew(Partition& partition);
  DecisionContext ContextAt(Partition& partition) const;
  void Commit(Partition& partition, ledger::CommitPtr commit);
  void AppendBatch();
  bool FlushIfDue(bool force);
  // Everything of this worker's usable partitions up to `place` is in their state; the others are
  // read from their own positions.
  void Flush(const ledger::GroupPlace& place);
  Partition* Find(ledger::PartitionId id);

  const size_t index_;
  const WorkerEnvironment env_;
  ledger::EventIdMaker ids_;
  std::shared_ptr<const PolicySet> policies_;
  absl::btree_map<ledger::PartitionId, std::unique_ptr<Partition>> partitions_;
  std::deque<PendingCommand> commands_;
  std::deque<FollowUpAnswer> answers_;
  std::vector<ledger::CommitPtr> batch_;
  size_t batch_bytes_ = 0;
  size_t batches_in_flight_ = 0;
  size_t bytes_in_flight_ = 0;
  std::vector<std::pair<ledger::Sequence, std::function<void()>>> settled_waiters_;
  size_t changed_commits_ = 0;
  int64_t last_flush_micros_ = 0;
  bool flush_wanted_ = false;
  bool ledger_has_commits_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Inbox inbox_;
  bool stopping_ = false;
  std::vector<std::pair<ledger::PartitionId, std::string>> stopped_;
  std::thread thread_;
  WorkerCounters counters_;
};

}  // namespace daybook::projections
