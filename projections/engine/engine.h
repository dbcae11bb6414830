// The engine as the server sees it: give it a request message and it decides, records and answers,
// or reads a view and answers. Domains come in through the catalogue; the ledger, the keys and the
// folds' database from outside.
//
//   Engine engine(environment, options);
//   engine.Start();
//   engine.Execute(caller, request, &response, done);   // a command
//   engine.Query(caller, request, &response, done);     // a question
//   engine.Stop();
//
// Threads: all methods but Start and Stop from any thread; none blocks. `done` is called exactly
// once, at once or from a thread of the engine, and must not block.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "projections/engine/access_log.h"
#include "projections/engine/caller.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/command.h"
#include "projections/engine/decision_store.h"
#include "projections/engine/personal_reads.h"
#include "projections/engine/query.h"
#include "projections/engine/registry.h"
#include "projections/engine/secrets.h"
#include "projections/engine/task_thread.h"
#include "projections/engine/view_host.h"
#include "projections/engine/worker.h"

namespace daybook::projections {

struct EngineOptions {
  size_t workers = 1;  // threads that decide; partitions are dealt out among them
};

class Engine : public ledger::OwnershipListener {
 public:
  struct Environment {
    const Catalogue* catalogue = nullptr;
    ledger::Ledger* ledger = nullptr;
    Secrets* secrets = nullptr;
    FoldDatabase* database = nullptr;
    const Clock* clock = nullptr;
  };
  // Everything in `environment` outlives the engine.
  Engine(const Environment& environment, const EngineOptions& options);
  ~Engine() override;

  // Loads the registry and the views' positions, and begins to own partitions. With `threads` false
  // nothing runs by itself: tests call Step.
  absl::Status Start(bool threads = true);
  // Completes what was begun, writes folds, stops the ledger. Idempotent.
  void Stop();
  // Ends as a killed process does: nobody is answered, the ledger is not stopped. For simulations,
  // without threads.
  void Abandon() { started_ = false; }
  // One turn of every worker; true if any did something. Only without threads.
  bool Step();

  using CommandDone = std::function<void(const CommandOutcome&)>;
  // Carries out a command: `request` is the message of a CommandSpec. Both messages live until
  // `done`; `response` may be null if nobody reads it.
  void Execute(const Caller& caller, const google::protobuf::Message& request,
               google::protobuf::Message* response, CommandDone done);
  // Answers a query: `request` is the message of a QuerySpec. `reads` gets what was opened of
  // persons, and lives until `done`; null if nobody wants to know.
  void Query(const Caller& caller, const google::protobuf::Message& request,
             google::protobuf::Message* response, QueryRunner::Done done,
             PersonalReads* reads = nullptr);
  // Calls `done` once every view has applied these sequences.
  void WhenViewsCurrent(const ReadTargets& targets, std::function<void(absl::Status)> done);

  const Catalogue& catalogue() const { return *env_.catalogue; }
  ledger::Ledger& ledger() { return *env_.ledger; }
  Secrets& secrets() { return *env_.secrets; }
  const Clock& clock() const { return *env_.clock; }
  ViewHost& views() { return *views_; }
  std::shared_ptr<const PolicySet> policies() const { return registry_->Current(); }
  // Goes up with every change of the policies; costs one load.
  uint64_t policies_version() const { return registry_->version(); }
  // The record of accesses to personal values; null without threads.
  AccessLog* access_log() { return access_log_.get(); }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  void OnGained(const ledger::Ownership& ownership) override;
  void OnLost(ledger::PartitionId partition, const absl::Status& why) override;
  Worker& WorkerOf(ledger::PartitionId partition);
  void SealInstant(ledger::PartitionId partition, Timestamp instant,
                   std::function<void(MaybeRefusal)> done);
  void Settle(ledger::Sequence registry, std::function<void()> done);

  const Environment env_;
  const EngineOptions options_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<DecisionStore> decisions_;
  std::unique_ptr<ViewHost> views_;
  std::unique_ptr<QueryRunner> queries_;
  std::unique_ptr<TaskThread> reads_;  // null without threads
  std::unique_ptr<AccessLog> access_log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool started_ = false;
};

}  // namespace daybook::projections
