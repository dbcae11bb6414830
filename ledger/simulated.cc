#include "ledger/simulated.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/check.h"
#include "ledger/control_records.h"
#include "ledger/request_walk.h"

namespace daybook::ledger {
namespace {

// How long nothing may come back before a term is given up; more than most delays, so that both
// cases happen.
constexpr uint64_t kPatience = 40;
constexpr uint64_t kLongestPause = 60;
constexpr uint64_t kLatestAnswer = 60;

}  // namespace

SimulatedLedger::SimulatedLedger(SimulatedLog* log, SimulatedLedgerOptions options)
    : log_(log),
      options_(std::move(options)),
      rules_(log->options().ledger, log->options().entity_partitions,
             log->options().access_partitions),
      holdings_(rules_.size()) {
  const std::lock_guard lock(log_->mutex());
  writer_ = log_->DrawWriter();
  while (store_.groups().size() < log_->entries().size()) ReadEntry();
  log_->Add(this);
}

SimulatedLedger::~SimulatedLedger() {
  std::unique_lock lock(log_->mutex());
  alive_->store(false);
  log_->Remove(this, &lock);
}

absl::Status SimulatedLedger::Start(OwnershipListener* listener, Follower* follower) {
  {
    const std::lock_guard lock(log_->mutex());
    if (started_ || stopped_) return absl::FailedPreconditionError("a ledger is started once");
    started_ = true;
    listener_ = listener;
    follower_ = follower;
    std::vector<PartitionId> partitions = options_.partitions;
    if (partitions.empty()) {
      for (const NamedPartitionState& named : rules_.states()) {
        partitions.push_back(named.partition);
      }
    }
    for (const PartitionId partition : partitions) HoldingOf(partition).insists = true;
    SendClaims(partitions);
  }
  log_->Drive();
  return absl::OkStatus();
}

void SimulatedLedger::Claim(PartitionId partition) {
  {
    const std::lock_guard lock(log_->mutex());
    HoldingOf(partition).insists = true;
    SendClaims({partition});
  }
  log_->Drive();
}

void SimulatedLedger::Stop() {
  {
    const std::lock_guard lock(log_->mutex());
    stopped_ = true;
    if (!started_) return;
  }
  log_->RunUntil([this] { return flights_.empty() && late_answers_.empty(); });
  {
    const std::lock_guard lock(log_->mutex());
    started_ = false;
  }
  log_->RunUntil([this] { return log_->IsQuiet(); });
}

void SimulatedLedger::SendClaims(const std::vector<PartitionId>& partitions) {
  std::vector<std::string> records;
  for (const PartitionId partition : partitions) {
    Holding& holding = HoldingOf(partition);
    holding.hold = Hold::kClaiming;
    holding.deadline = Deadline();
    records.push_back(EncodeClaim(partition, log_->options().ledger, rules_.state(partition),
                                  writer_, options_.now ? options_.now() : kDistantPast));
  }
  if (!records.empty()) log_->Send(std::move(records));
}

uint64_t SimulatedLedger::Deadline() const {
  const SimulatedFaults& faults = log_->options().faults;
  // Where everything comes back soon, patience would only be a bound on the number of batches in
  // flight.
  return faults.lose > 0 || faults.delay > 0 ? log_->now() + kPatience : UINT64_MAX;
}

absl::Status SimulatedLedger::CheckBatch(const Batch& batch) const {
  if (stopped_ || !started_) return absl::UnavailableError("the ledger is not running");
  std::map<PartitionId, ValidityRule> rules;
  size_t bytes = 0;
  for (const CommitPtr& commit : batch.commits) {
    const PartitionId partition = commit->partition();
    if (!rules_.Has(partition)) return absl::InvalidArgumentError("no such partition");
    const Holding& holding = HoldingOf(partition);
    if (holding.hold != Hold::kOwned) {
      return absl::FailedPreconditionError(
          fmt::format("partition {} is not owned", partition.value()));
    }
    auto rule = rules.find(partition);
    if (rule == rules.end()) {
      rule = rules.emplace(partition, ValidityRule(partition, log_->options().ledger)).first;
      PartitionState state = rules_.state(partition);
      state.last = holding.last_sent;
      rule->second.Restore(state);
    }
    const char* reason = "";
    const Verdict verdict = rule->second.Judge(commit->view().record(), nullptr, &reason);
    if (verdict == Verdict::kStop) return absl::InvalidArgumentError(reason);
    if (verdict != Verdict::kValid) return absl::FailedPreconditionError(reason);
    const absl::Status requests =
        WalkRequests(commit->view().requests(), [](const RequestNames&, uint32_t) {});
    if (!requests.ok()) return absl::InvalidArgumentError(requests.message());
    bytes += commit->view().record().size();
  }
  if (bytes > kMaxGroupBytes) {
    return absl::InvalidArgumentError("a batch larger than the largest group");
  }
  return absl::OkStatus();
}

void SimulatedLedger::Append(Batch batch) {
  {
    const std::lock_guard lock(log_->mutex());
    if (absl::Status status = CheckBatch(batch); !status.ok()) {
      Answer(std::move(batch), AppendOutcome::kNotWritten, std::move(status));
    } else if (batch.commits.empty()) {
      Answer(std::move(batch), AppendOutcome::kDurable, absl::OkStatus());
    } else {
      SendBatch(std::move(batch));
    }
    PostTold();
  }
  log_->Drive();
}

void SimulatedLedger::SendBatch(Batch batch) {
  const FlightPtr flight = std::make_shared<Flight>();
  flight->open = batch.commits.size();
  flight->deadline = Deadline();
  std::vector<std::string> records;
  for (const CommitPtr& commit : batch.commits) {
    Holding& holding = HoldingOf(commit->partition());
    holding.last_sent = commit->sequence();
    holding.waiting[commit->sequence()] = {commit, flight};
    records.emplace_back(commit->view().record());
  }
  flight->batch = std::move(batch);
  flights_.push_back(flight);
  log_->Send(std::move(records));
}

std::optional<uint64_t> SimulatedLedger::NextStep(uint64_t now) const {
  if (!started_) return std::nullopt;
  uint64_t next = UINT64_MAX;
  if (store_.groups().size() < log_->entries().size()) next = now;
  if (!late_answers_.empty()) next = std::min(next, late_answers_.begin()->first);
  for (const FlightPtr& flight : flights_) next = std::min(next, flight->deadline);
  for (const Holding& holding : holdings_) {
    if (holding.hold == Hold::kClaiming) next = std::min(next, holding.deadline);
  }
  if (next == UINT64_MAX) return std::nullopt;
  return std::max(next, paused_until_);
}

void SimulatedLedger::TakeStep() {
  const uint64_t now = log_->now();
  if (log_->Happens(log_->options().faults.pause)) {
    paused_until_ = now + log_->Draw(kLongestPause);
    return;
  }
  while (!late_answers_.empty() && late_answers_.begin()->first <= now) {
    Tell(std::move(late_answers_.begin()->second));
    late_answers_.erase(late_answers_.begin());
  }
  WatchDeadlines();
  if (store_.groups().size() < log_->entries().size()) {
    ReadEntry();
  } else {
    PostTold();
  }
}

void SimulatedLedger::WatchDeadlines() {
  const uint64_t now = log_->now();
  std::vector<PartitionId> again;
  for (const FlightPtr& flight : flights_) {
    if (flight->deadline > now) continue;
    flight->deadline = Deadline();
    for (const CommitPtr& commit : flight->batch.commits) {
      Holding& holding = HoldingOf(commit->partition());
      const auto waiting = holding.waiting.find(commit->sequence());
      if (waiting == holding.waiting.end() || waiting->second.flight != flight) continue;
      if (holding.hold == Hold::kOwned) again.push_back(commit->partition());
      holding.hold = Hold::kClaiming;
    }
  }
  for (size_t slot = 0; slot < holdings_.size(); ++slot) {
    const Holding& holding = holdings_[slot];
    const PartitionId partition = rules_.states()[slot].partition;
    if (holding.hold == Hold::kClaiming && holding.deadline <= now &&
        std::find(again.begin(), again.end(), partition) == again.end()) {
      again.push_back(partition);
    }
  }
  SendClaims(again);
}

void SimulatedLedger::ReadEntry() {
  const SimulatedLog::Entry& entry = log_->entries()[store_.groups().size()];
  MemoryStore::Group group{entry.place, {}};
  for (const std::string& record : entry.records) ReadRecord(record, &group.commits);
  rules_.Keep();
  stored_bytes_ += entry.place.length;
  if (started_) {
    log_->Post(
        [alive = alive_, follower = follower_, commits = group.commits, place = entry.place] {
          if (*alive) follower->OnDurable(commits, place);
        });
  }
  store_.Add(std::move(group));
  PostTold();
}

void SimulatedLedger::ReadRecord(const std::string& record, std::vector<CommitPtr>* commits) {
  RecordHeader header;
  DAYBOOK_CHECK(DecodeHeader(record, log_->options().ledger, &header) == HeaderVerdict::kOk,
                "somebody sent what is no record");
  if (!rules_.Has(header.partition)) return;
  const PartitionState before = rules_.state(header.partition);
  const char* reason = "";
  const Verdict verdict = rules_.Judge(header.partition, record, &reason);
  DAYBOOK_CHECK(verdict != Verdict::kStop, reason);
  if (verdict == Verdict::kValid && header.kind == RecordKind::kCommit) {
    commits->push_back(TakeBack(header, record));
  } else if (verdict == Verdict::kValid && header.kind == RecordKind::kClaim) {
    OnClaim(header.partition, header.writer);
  } else if (before.term_open && !rules_.state(header.partition).term_open &&
             before.writer == writer_) {
    const absl::Status why = absl::FailedPreconditionError("a hole closed the term");
    GiveUp(header.partition, why);
    TellLost(header.partition, why);
    HoldingOf(header.partition).insists = false;
    SendClaims({header.partition});
  }
}

CommitPtr SimulatedLedger::TakeBack(const RecordHeader& header, const std::string& record) {
  if (header.writer == writer_) {
    Holding& holding = HoldingOf(header.partition);
    const auto waiting = holding.waiting.find(header.sequence);
    if (waiting != holding.waiting.end()) {
      const Waiting sent = waiting->second;
      DAYBOOK_CHECK(sent.commit->view().record() == record, "one place, two commits");
      holding.waiting.erase(waiting);
      --sent.flight->open;
      ++sent.flight->durable;
      Settle(sent.flight, absl::OkStatus());
      return sent.commit;
    }
  }
  auto commit = Commit::Make(header, record);
  DAYBOOK_CHECK(commit.ok(), "a valid commit cannot be taken apart");
  return *std::move(commit);
}

void SimulatedLedger::OnClaim(PartitionId partition, const WriterId& writer) {
  Holding& holding = HoldingOf(partition);
  const bool ours = writer == writer_;
  const absl::Status why = absl::FailedPreconditionError(
      ours ? "a new term began before it came back" : "somebody else claimed the partition");
  GiveUp(partition, why);
  TellLost(partition, why);
  if (ours) {
    holding.hold = Hold::kOwned;
    holding.insists = false;
    holding.last_sent = rules_.state(partition).last;
    TellGained(partition);
  } else if (holding.hold == Hold::kClaiming && holding.insists) {
    SendClaims({partition});
  } else {
    holding.hold = Hold::kNone;
  }
}

void SimulatedLedger::GiveUp(PartitionId partition, const absl::Status& why) {
  std::map<Sequence, Waiting> waiting;
  waiting.swap(HoldingOf(partition).waiting);
  for (const auto& [sequence, sent] : waiting) {
    --sent.flight->open;
    Settle(sent.flight, why);
  }
}

void SimulatedLedger::Settle(const FlightPtr& flight, const absl::Status& why) {
  if (flight->open > 0) return;
  flights_.erase(std::find(flights_.begin(), flights_.end(), flight));
  const size_t count = flight->batch.commits.size();
  if (flight->durable == count) {
    Answer(std::move(flight->batch), AppendOutcome::kDurable, absl::OkStatus());
  } else if (flight->durable == 0) {
    Answer(std::move(flight->batch), AppendOutcome::kNotWritten, why);
  } else {
    Answer(std::move(flight->batch), AppendOutcome::kUnknown,
           absl::UnavailableError(fmt::format("{} of {} commits became durable: {}",
                                              flight->durable, count, std::string(why.message()))));
  }
}

void SimulatedLedger::Answer(Batch batch, AppendOutcome outcome, absl::Status status) {
  const SimulatedFaults& faults = log_->options().faults;
  if (!batch.commits.empty() && log_->Happens(faults.lose_acknowledgement)) {
    outcome = AppendOutcome::kUnknown;
    status = absl::DeadlineExceededError("no acknowledgement");
  }
  auto answer = [done = std::move(batch.done), outcome, status = std::move(status)] {
    done(outcome, status);
  };
  if (log_->Happens(faults.delay_acknowledgement)) {
    late_answers_.emplace(log_->now() + log_->Draw(kLatestAnswer), std::move(answer));
  } else {
    Tell(std::move(answer));
  }
}

void SimulatedLedger::TellLost(PartitionId partition, const absl::Status& why) {
  Holding& holding = HoldingOf(partition);
  if (!holding.told) return;
  holding.told = false;
  Tell([this, partition, why] { listener_->OnLost(partition, why); });
}

void SimulatedLedger::TellGained(PartitionId partition) {
  HoldingOf(partition).told = true;
  const PartitionState& state = rules_.state(partition);
  const Ownership ownership{partition, state.term, writer_, state.last, state.last_recorded_at};
  Tell([this, ownership] { listener_->OnGained(ownership); });
}

void SimulatedLedger::PostTold() {
  for (std::function<void()>& callback : told_) {
    log_->Post([alive = alive_, callback = std::move(callback)] {
      if (*alive) callback();
    });
  }
  told_.clear();
}

}  // namespace daybook::ledger
