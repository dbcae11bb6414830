// Runs queries: decides how fresh the answer must be, waits without blocking, reads the view or
// folds history, and wraps page cursors into tokens. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daybook/v1/common.pb.h"
#include "google/protobuf/message.h"
#include "ledger/ledger.h"
#include "projections/engine/caller.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/history.h"
#include "projections/engine/personal_reads.h"
#include "projections/engine/registry.h"
#include "projections/engine/secrets.h"
#include "projections/engine/view_host.h"

namespace daybook::projections {

class QueryRunner {
 public:
  struct Environment {
    const Catalogue* catalogue = nullptr;
    ledger::Ledger* ledger = nullptr;
    Registry* registry = nullptr;
    Secrets* secrets = nullptr;
    const Clock* clock = nullptr;
    ViewHost* views = nullptr;
    // Makes sure that the partition's next commit is recorded after `instant`, then calls `done`.
    std::function<void(ledger::PartitionId, Timestamp instant,
                       std::function<void(MaybeRefusal)> done)>
        seal_instant;
    // Goes on with a read that waited for a worker: not on the worker's thread.
    std::function<void(std::function<void()>)> go_on;
  };
  using Done = std::function<void(const MaybeRefusal&)>;

  explicit QueryRunner(const Environment& environment) : env_(environment) {}

  // `request` and `response` live until `done`, which is called exactly once: at once, or from
  // another thread.
  // `reads` (may be null) as well: what was opened of persons.
  void Run(const Caller& caller, const google::protobuf::Message& request,
           google::protobuf::Message* response, PersonalReads* reads, Done done);

 private:
  struct Call;
  MaybeRefusal Prepare(Call& call);
  MaybeRefusal FindTargets(Call& call);
  void WaitAndRead(std::shared_ptr<Call> call);
  MaybeRefusal Read(Call& call);
  MaybeRefusal OpenPageToken(Call& call);
  void SealPageToken(Call& call);
  void FillPosition(Call& call);

  const Environment env_;
};

}  // namespace daybook::projections
