// The worker's thread: inbox, batches and their results, loading and writing decision state.
// Deciding is in worker_decide.cc, deadlines in worker_deadlines.cc, follow-ups in
// worker_follow_ups.cc.
#include "projections/engine/worker.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "projections/engine/fold_witness.h"
#include "projections/engine/limits.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

using ledger::AppendOutcome;
using ledger::PartitionId;
using ledger::Sequence;

Worker::Worker(size_t index, const WorkerEnvironment& environment)
    : index_(index),
      env_(environment),
      ids_(environment.secrets->EventIdKey()),
      policies_(environment.registry->Current()) {}

Worker::~Worker() { Stop(); }

void Worker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Worker::Submit(PendingCommand&& command) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || counters_.queued.load() >= kMaxQueuedCommands) return false;
    counters_.queued.fetch_add(1);
    inbox_.commands.push_back(std::move(command));
  }
  wake_.notify_one();
  return true;
}

void Worker::PostGained(const ledger::Ownership& ownership) {
  {
    std::lock_guard lock(mutex_);
    inbox_.gained.push_back(ownership);
  }
  wake_.notify_one();
}

void Worker::PostLost(PartitionId partition, const absl::Status& why) {
  {
    std::lock_guard lock(mutex_);
    inbox_.lost.emplace_back(partition, why);
  }
  wake_.notify_one();
}

void Worker::WhenSettled(Sequence registry, std::function<void()> done) {
  {
    std::lock_guard lock(mutex_);
    inbox_.settled_waiters.emplace_back(registry, std::move(done));
  }
  wake_.notify_one();
}

std::vector<std::pair<PartitionId, std::string>> Worker::StoppedPartitions() const {
  std::lock_guard lock(mutex_);
  return stopped_;
}

void Worker::Run() {
  for (;;) {
    const bool worked = Step();
    std::unique_lock lock(mutex_);
    if (stopping_ && inbox_.empty() && commands_.empty() && batches_in_flight_ == 0) break;
    if (worked || !inbox_.empty()) continue;
    // Deadlines and the writing of decision state need no finer clock than this.
    wake_.wait_for(lock, std::chrono::milliseconds(200),
                   [this] { return stopping_ || !inbox_.empty(); });
  }
  Flush(env_.ledger->DurableEnd());
  RefuseAllHeld();
}

// At the end: nobody is left without an answer.
void Worker::RefuseAllHeld() {
  for (auto& [id, partition] : partitions_) {
    for (PendingCommand& command : partition->held) {
      CommandOutcome outcome;
      outcome.refusal = Refuse(daybook::v1::REASON_SHUTTING_DOWN, "", "the server is stopping");
      Finish(command, outcome);
    }
    partition->held.clear();
  }
  for (auto& [registry, done] : settled_waiters_) done();
  settled_waiters_.clear();
}

bool Worker::HasRoom() const {
  return batches_in_flight_ < kMaxBatchesInFlight && bytes_in_flight_ < kMaxBytesInFlight;
}

bool Worker::Step() {
  Inbox inbox;
  bool stopping;
  {
    std::lock_guard lock(mutex_);
    inbox = std::move(inbox_);
    inbox_ = Inbox();
    stopping = stopping_;
  }
  bool worked = !inbox.empty();
  for (const BatchResult& result : inbox.results) Handle(result);
  for (auto& [id, why] : inbox.lost) {
    Partition* partition = Find(id);
    if (partition == nullptr) continue;
    spdlog::warn("partition {} is not ours any more: {}", id.value(), std::string(why.message()));
    Fail(*partition,
         Refuse(daybook::v1::REASON_OUTCOME_UNKNOWN, "",
                "the partition went to another owner; ask again with the same request id"));
    for (PendingCommand& command : partition->held) commands_.push_back(std::move(command));
    partitions_.erase(id);
  }
  if (!inbox.gained.empty()) Load(std::move(inbox.gained));
  for (PendingCommand& command : inbox.commands) commands_.push_back(std::move(command));
  for (FollowUpAnswer& answer : inbox.answers) answers_.push_back(std::move(answer));
  for (auto& waiter : inbox.settled_waiters) settled_waiters_.push_back(std::move(waiter));
  policies_ = env_.registry->Current();

  for (auto& [id, partition] : partitions_) {
    if (partition->reload && partition->batches_in_flight == 0) worked |= Reload(*partition);
  }
  if (FlushIfDue(false)) return worked;
  if (!HasRoom()) return worked;

  if (!stopping) {
    worked |= FireTimers(commands_.empty() ? kMaxCommandsPerStep : kMaxDeadlinesPerStep) > 0;
    worked |= SendFollowUps() > 0;
  }
  for (; !answers_.empty() && HasRoom(); answers_.pop_front()) HandleAnswer(answers_.front());
  for (size_t taken = 0; taken < kMaxCommandsPerStep && !commands_.empty() && HasRoom(); ++taken) {
    PendingCommand command = std::move(commands_.front());
    commands_.pop_front();
    Take(std::move(command));
    worked = true;
  }
  AppendBatch();
  return worked;
}

Worker::Partition* Worker::Find(PartitionId id) {
  auto it = partitions_.find(id);
  return it == partitions_.end() ? nullptr : it->second.get();
}

// Folds what decision state lacks. One scan of the log serves all partitions when much is missing
// (the first start of a new version, a crash after a busy minute); else each partition reads its
// few commits.
void Worker::Load(std::vector<ledger::Ownership> gained) {
  uint64_t missing = 0;
  const auto info = env_.ledger->info();
  for (const ledger::Ownership& own : gained) {
    auto partition = std::make_unique<Partition>();
    partition->frame = {info.id, info.epoch, own.partition, own.term, own.writer};
    partition->last_recorded_at = own.last_recorded_at;
    partition->durable = own.last;
    partition->state =
        std::make_unique<DecisionState>(env_.catalogue, env_.store->Source(own.partition));
    const FoldPosition position = env_.store->Position(own.partition);
    partition->last = position.sequence;
    missing += own.last.value() - std::min(own.last.value(), position.sequence.value());
    ledger_has_commits_ |= own.partition != ledger::kRegistryPartition && own.last.value() > 0;
    partitions_[own.partition] = std::move(partition);
  }
  if (missing > 1000) {
    const absl::Status scanned =
        env_.ledger->Scan(env_.store->Place(), [&](const ledger::ScannedGroup& group) {
          for (const ledger::CommitView& view : group.commits) {
            Partition* partition = Find(view.header().partition);
            if (partition != nullptr && view.header().sequence == partition->last.next())
              Fold(*partition, view);
          }
          if (changed_commits_ >= kFlushGroups) Flush(group.place);
          return true;
        });
    if (!scanned.ok()) {
      for (const ledger::Ownership& own : gained)
        Stopped(*Find(own.partition), std::string(scanned.message()));
    }
  }
  for (const ledger::Ownership& own : gained) Reload(*Find(own.partition));
  last_flush_micros_ = env_.clock->MonotonicMicros();
}

// Reads on from where the state is. If the state is not to be used, drops what is in memory first.
bool Worker::Reload(Partition& partition) {
  if (!partition.stopped.empty()) return false;
  const PartitionId id = partition.frame.partition;
  if (partition.reload) {
    partition.reload = false;
    partition.state->table().Clear();
    partition.last = env_.store->Position(id).sequence;
    partition.in_flight.clear();
    partition.in_flight_order.clear();
    partition.timers_from = ledger::kDistantPast;
    partition.timers_settled = false;
    // What is on its way stays on its way.
    partition.follow_ups_from = {};
    partition.follow_ups_wanted = true;
  }
  const absl::Status read =
      env_.ledger->ReadPartition(id, partition.last.next(), [&](const ledger::CommitPtr& commit) {
        Fold(partition, commit->view());
        return partition.stopped.empty();
      });
  if (!read.ok()) Stopped(partition, std::string(read.message()));
  partition.durable = partition.last;
  partition.last_recorded_at =
      std::max(partition.last_recorded_at, env_.ledger->LastRecordedAt(id));
  std::deque<PendingCommand> held = std::move(partition.held);
  partition.held.clear();
  for (auto it = held.rbegin(); it != held.rend(); ++it) commands_.push_front(std::move(*it));
  return true;
}

void Worker::Fold(Partition& partition, const ledger::CommitView& view) {
  if (!partition.stopped.empty()) return;
  auto decoded = DecodeForFolds(view, env_.catalogue->events(), *env_.secrets);
  if (!decoded.ok()) {
    Stopped(partition, std::string(decoded.status().message()));
    return;
  }
  try {
    for (const Event& event : (*decoded)->events()) partition.state->Apply(event);
    partition.state->table().Seal();
  } catch (const InvariantBroken& broken) {
    Stopped(partition,
            absl::StrCat("sequence ", view.header().sequence.value(), ": ", broken.what()));
    return;
  }
  partition.last = view.header().sequence;
  partition.last_recorded_at = std::max(partition.last_recorded_at, view.header().recorded_at);
  partition.changed = true;
  ++changed_commits_;
}

void Worker::Stopped(Partition& partition, const std::string& why) {
  if (!partition.stopped.empty()) return;
  partition.stopped = why;
  spdlog::error("partition {} takes no commands: {}", partition.frame.partition.value(), why);
  Fail(partition, Refuse(daybook::v1::REASON_OUTCOME_UNKNOWN, "",
                         "the partition stopped; ask again with the same request id"));
  std::lock_guard lock(mutex_);
  stopped_.emplace_back(partition.frame.partition, why);
}

void Worker::Commit(Partition& partition, ledger::CommitPtr commit) {
  CheckInvariant(commit->header().recorded_at >= partition.last_recorded_at,
                 "a commit would be recorded before the one before it");
  partition.last = commit->sequence();
  partition.last_recorded_at = commit->header().recorded_at;
  partition.changed = true;
  ledger_has_commits_ |= partition.frame.partition != ledger::kRegistryPartition;
  ++changed_commits_;
  const size_t bytes = commit->view().record().size();
  if (batch_bytes_ + bytes > kMaxBatchBytes) AppendBatch();
  batch_bytes_ += bytes;
  batch_.push_back(std::move(commit));
}

void Worker::AppendBatch() {
  if (batch_.empty()) return;
  BatchResult result;
  for (const ledger::CommitPtr& commit : batch_) {
    auto end = std::find_if(result.ends.begin(), result.ends.end(), [&commit](const BatchEnd& e) {
      return e.partition == commit->partition();
    });
    if (end == result.ends.end()) {
      result.ends.push_back({commit->partition(), commit->header().term, commit->sequence()});
    } else {
      end->sequence = commit->sequence();
    }
  }
  for (const BatchEnd& end : result.ends) ++Find(end.partition)->batches_in_flight;
  ++batches_in_flight_;
  result.bytes = std::exchange(batch_bytes_, 0);
  bytes_in_flight_ += result.bytes;
  ledger::Batch batch;
  batch.commits = std::move(batch_);
  batch_.clear();
  batch.done = [this, result = std::move(result)](AppendOutcome outcome,
                                                  const absl::Status& status) mutable {
    result.outcome = outcome;
    result.status = status;
    {
      std::lock_guard lock(mutex_);
      inbox_.results.push_back(std::move(result));
    }
    wake_.notify_one();
  };
  env_.ledger->Append(std::move(batch));
}

void Worker::Handle(const BatchResult& result) {
  --batches_in_flight_;
  bytes_in_flight_ -= result.bytes;
  for (const BatchEnd& end : result.ends) {
    Partition* found = Find(end.partition);
    // Lost meanwhile, perhaps won again: whoever waited has been told already.
    if (found == nullptr || found->frame.term != end.term) continue;
    Partition& partition = *found;
    --partition.batches_in_flight;
    if (result.outcome == AppendOutcome::kDurable) {
      CompleteUpTo(partition, end.sequence);
      continue;
    }
    // Nothing is rolled back in place: the whole cached state goes, and is read anew when nothing
    // is in flight.
    partition.reload = true;
    if (result.outcome == AppendOutcome::kUnknown) {
      Fail(partition,
           Refuse(
               daybook::v1::REASON_OUTCOME_UNKNOWN, "",
               "the write failed half way; ask again with the same request id after the restart"));
    } else if (absl::IsResourceExhausted(result.status)) {
      Fail(partition,
           Refuse(daybook::v1::REASON_DISK_FULL, "", std::string(result.status.message())));
    } else {
      Fail(partition,
           Refuse(daybook::v1::REASON_OUTCOME_UNKNOWN, "", std::string(result.status.message())));
    }
  }
}

void Worker::CompleteUpTo(Partition& partition, Sequence durable) {
  partition.durable = durable;
  while (!partition.in_flight_order.empty() && partition.in_flight_order.front().first <= durable) {
    auto it = partition.in_flight.find(partition.in_flight_order.front().second);
    if (it != partition.in_flight.end() && it->second <= durable) partition.in_flight.erase(it);
    partition.in_flight_order.pop_front();
  }
  while (!partition.completions.empty() && partition.completions.front().after <= durable) {
    Completion completion = std::move(partition.completions.front());
    partition.completions.pop_front();
    if (completion.answer_from_ledger) {
      AnswerFirst(partition, completion.command);
    } else {
      Finish(completion.command, completion.outcome);
    }
  }
}

// A repeat of a request that was in flight, now that it is not any more.
void Worker::AnswerFirst(Partition& partition, PendingCommand& command) {
  CommandOutcome outcome;
  outcome.partition = partition.frame.partition;
  try {
    if (AnswerRepeat(partition, command)) return;
    outcome.refusal = Refuse(daybook::v1::REASON_OUTCOME_UNKNOWN, "",
                             "the first request of this id was not recorded");
  } catch (const InvariantBroken& broken) {
    outcome.refusal = Refuse(daybook::v1::REASON_INTERNAL, "", broken.what());
  }
  Finish(command, outcome);
}

void Worker::Fail(Partition& partition, const MaybeRefusal& refusal) {
  std::deque<Completion> completions = std::move(partition.completions);
  partition.completions.clear();
  for (Completion& completion : completions) {
    CommandOutcome outcome;
    outcome.refusal = refusal;
    outcome.partition = partition.frame.partition;
    Finish(completion.command, outcome);
  }
}

void Worker::Finish(PendingCommand& command, const CommandOutcome& outcome) {
  if (outcome.refusal) {
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
  } else if (outcome.repeated) {
    counters_.repeated.fetch_add(1, std::memory_order_relaxed);
  } else {
    counters_.decided.fetch_add(1, std::memory_order_relaxed);
  }
  counters_.queued.fetch_sub(1);
  command.done(outcome);
}

// Decision state holds what is not durable yet, so it is written only while nothing is in flight:
// deciding pauses for the sync under way. True while it pauses.
bool Worker::FlushIfDue(bool force) {
  const int64_t now = env_.clock->MonotonicMicros();
  const bool due = changed_commits_ >= kFlushGroups ||
                   (changed_commits_ > 0 && now - last_flush_micros_ > kFlushMicros);
  if (!due && !force && !flush_wanted_) return false;
  flush_wanted_ = true;
  if (batches_in_flight_ > 0) return true;
  Flush(env_.ledger->DurableEnd());
  return false;
}

void Worker::Flush(const ledger::GroupPlace& place) {
  flush_wanted_ = false;
  last_flush_micros_ = env_.clock->MonotonicMicros();
  const size_t changed = std::exchange(changed_commits_, 0);
  if (changed == 0) return;
  FoldPositions positions;
  for (auto& [id, partition] : partitions_) {
    if (!partition->changed || partition->reload || !partition->stopped.empty()) continue;
    positions[id] = PositionIn(*env_.ledger, id, partition->last);
  }
  const absl::Status written = env_.store->Write(
      index_,
      [&](RowWriter& writer) {
        for (const auto& [id, position] : positions)
          WriteChanges(id, partitions_[id]->state->table(), writer);
      },
      positions, place);
  if (!written.ok()) {
    // What has changed is still known to be changed: the next flush writes it.
    spdlog::error("decision state cannot be written: {}", std::string(written.message()));
    changed_commits_ = changed;
    return;
  }
  for (const auto& [id, position] : positions) {
    Partition& partition = *partitions_[id];
    partition.changed = false;
    partition.state->table().ChangesWritten();
    partition.state->table().Evict();
  }
}

}  // namespace daybook::projections
