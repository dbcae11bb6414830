#include "projections/engine/engine.h"

#include <atomic>

#include "projections/engine/fold_witness.h"
#include "projections/engine/intake.h"
#include "projections/engine/limits.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

using ledger::PartitionId;
using ledger::Sequence;

namespace {

// The number goes up whenever the rows of a domain's decision state mean something else.
constexpr char kDecisionStorage[] = "decisions.2";
constexpr char kDecisionStorages[] = "decisions.";

// A command that records nothing but the instant: see SealInstant.
const CommandSpec& EmptyCommand() {
  static const CommandSpec spec{
      &daybook::event::v1::Sealed::default_instance(),
      &daybook::event::v1::Sealed::default_instance(),
      [](const google::protobuf::Message&, EntityRef*) -> MaybeRefusal { return std::nullopt; },
      [](const google::protobuf::Message&, Decision&) -> MaybeRefusal { return std::nullopt; },
      [](const Recorded&, google::protobuf::Message*) {}};
  return spec;
}

}  // namespace

Engine::Engine(const Environment& environment, const EngineOptions& options)
    : env_(environment),
      options_(options),
      registry_(std::make_unique<Registry>(environment.catalogue->domains())) {}

Engine::~Engine() { Stop(); }

absl::Status Engine::Start(bool threads) {
  for (const std::string& name : env_.database->List()) {
    if (!name.starts_with(kDecisionStorages) || name == kDecisionStorage) continue;
    if (auto status = env_.database->Drop(name); !status.ok()) return status;
  }
  auto storage = env_.database->Open(kDecisionStorage);
  if (!storage.ok()) return storage.status();
  auto state = (*storage)->LoadState();
  if (!state.ok()) return state.status();
  if (!state->positions.empty() && !StandsOn(*state, *env_.ledger)) {
    spdlog::warn("decision state is of another ledger or epoch: dropped, and folded anew");
    storage->reset();
    if (auto status = env_.database->Drop(kDecisionStorage); !status.ok()) return status;
    storage = env_.database->Open(kDecisionStorage);
    if (!storage.ok()) return storage.status();
    *state = FoldState();
  }
  state->ledger = env_.ledger->info().id;
  decisions_ =
      std::make_unique<DecisionStore>(*std::move(storage), *std::move(state), options_.workers);

  ViewHost::Environment views{env_.catalogue, env_.ledger, registry_.get(),
                              env_.secrets,   env_.clock,  env_.database};
  views_ = std::make_unique<ViewHost>(views);
  QueryRunner::Environment queries{
      env_.catalogue, env_.ledger, registry_.get(), env_.secrets, env_.clock, views_.get(), {}, {}};
  queries.seal_instant = [this](PartitionId partition, Timestamp instant,
                                std::function<void(MaybeRefusal)> done) {
    SealInstant(partition, instant, std::move(done));
  };
  if (threads) reads_ = std::make_unique<TaskThread>();
  queries.go_on = [this](std::function<void()> read) {
    if (reads_ == nullptr) {
      read();
    } else {
      reads_->Post(std::move(read));
    }
  };
  queries_ = std::make_unique<QueryRunner>(queries);
  WorkerEnvironment worker{env_.catalogue,   env_.ledger, registry_.get(), env_.secrets, env_.clock,
                           decisions_.get(), {}};
  worker.submit = [this](PendingCommand&& command) {
    const PartitionId target =
        ledger::PartitionOf(command.entity, env_.ledger->info().entity_partitions);
    return WorkerOf(target).Submit(std::move(command));
  };
  for (size_t i = 0; i < options_.workers; ++i)
    workers_.push_back(std::make_unique<Worker>(i, worker));
  if (threads && env_.ledger->info().access_partitions > 0) {
    access_log_ = std::make_unique<AccessLog>(
        AccessLog::Environment{env_.ledger, registry_.get(), env_.secrets, env_.clock});
  }
  // The registry is loaded before anything is decided or folded.
  if (auto status = views_->Start(); !status.ok()) return status;
  if (auto status = env_.ledger->Start(this, views_.get()); !status.ok()) return status;
  started_ = true;
  if (threads) {
    for (auto& one : workers_) one->Start();
  }
  return absl::OkStatus();
}

void Engine::Stop() {
  for (auto& worker : workers_) worker->Stop();
  reads_.reset();
  if (access_log_ != nullptr) access_log_->Stop();
  if (started_) env_.ledger->Stop();
  if (views_ != nullptr) views_->Stop();
  started_ = false;
}

bool Engine::Step() {
  bool worked = false;
  for (auto& worker : workers_) worked |= worker->Step();
  return worked;
}

Worker& Engine::WorkerOf(PartitionId partition) {
  return *workers_[partition.value() % workers_.size()];
}

void Engine::OnGained(const ledger::Ownership& ownership) {
  if (!ledger::IsAccessPartition(ownership.partition)) {
    WorkerOf(ownership.partition).PostGained(ownership);
  } else if (access_log_ != nullptr) {
    access_log_->OnGained(ownership);
  }
}

void Engine::OnLost(PartitionId partition, const absl::Status& why) {
  if (!ledger::IsAccessPartition(partition)) {
    WorkerOf(partition).PostLost(partition, why);
  } else if (access_log_ != nullptr) {
    access_log_->OnLost(partition, why);
  }
}

void Engine::Execute(const Caller& caller, const google::protobuf::Message& request,
                     google::protobuf::Message* response, CommandDone done) {
  if (response != nullptr) response->Clear();
  PendingCommand command;
  CommandOutcome outcome;
  try {
    outcome.refusal = TakeIn(*env_.catalogue, *env_.secrets, *registry_->Current(), caller,
                             env_.clock->Now(), request, &command);
  } catch (const InvariantBroken& broken) {
    outcome.refusal = Refuse(daybook::v1::REASON_INTERNAL, "", broken.what());
  }
  if (outcome.refusal) {
    done(outcome);
    return;
  }
  command.response = response;
  if (command.spec->settles_deadlines && !command.validate_only) {
    command.done = [this, done = std::move(done)](const CommandOutcome& result) {
      if (result.refusal) {
        done(result);
      } else {
        Settle(result.sequence, [done, result] { done(result); });
      }
    };
  } else {
    command.done = std::move(done);
  }
  Worker& worker =
      WorkerOf(ledger::PartitionOf(command.entity, env_.ledger->info().entity_partitions));
  if (!worker.Submit(std::move(command))) {
    outcome.refusal = Refuse(daybook::v1::REASON_OVERLOADED, "", "too many commands wait");
    command.done(outcome);
  }
}

void Engine::Query(const Caller& caller, const google::protobuf::Message& request,
                   google::protobuf::Message* response, QueryRunner::Done done,
                   PersonalReads* reads) {
  try {
    queries_->Run(caller, request, response, reads, done);
  } catch (const InvariantBroken& broken) {
    // Thrown before anything was waited for, so nobody has been answered yet.
    done(Refuse(daybook::v1::REASON_INTERNAL, "", broken.what()));
  }
}

void Engine::WhenViewsCurrent(const ReadTargets& targets, std::function<void(absl::Status)> done) {
  views_->WhenApplied("", targets, std::move(done));
}

void Engine::Settle(Sequence registry, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(workers_.size());
  for (auto& worker : workers_) {
    worker->WhenSettled(registry, [left, done] {
      if (left->fetch_sub(1) == 1) done();
    });
  }
}

// What is recorded from now on is recorded after `instant`: true already if the partition's last
// commit is later, else an empty commit says so.
void Engine::SealInstant(PartitionId partition, Timestamp instant,
                         std::function<void(MaybeRefusal)> done) {
  if (env_.ledger->LastRecordedAt(partition) > instant) {
    done(std::nullopt);
    return;
  }
  PendingCommand command;
  auto message = std::make_shared<daybook::event::v1::Sealed>();
  command.spec = &EmptyCommand();
  command.request = message.get();
  command.response = message.get();
  command.partition = partition;
  command.not_before = instant;
  command.entity.tenant = "";
  command.record.set_command("SealInstant");
  command.done = [message, done](const CommandOutcome& outcome) { done(outcome.refusal); };
  if (!WorkerOf(partition).Submit(std::move(command))) {
    done(Refuse(daybook::v1::REASON_OVERLOADED, "", "too many commands wait"));
  }
}

}  // namespace daybook::projections
