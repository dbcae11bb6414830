// The record of accesses to personal values: what was given out, or refused, and to whom. Gathered
// for a moment, equal ones counted together, and appended to the access partitions in groups, so
// that no read waits for a sync. What was gathered and not yet written is lost if the process is
// killed: at most kAccessGatherMs.
//
// Threads: one of its own writes; everything else from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "daybook/event/v1/access.pb.h"
#include "ledger/ledger.h"
#include "projections/engine/caller.h"
#include "projections/engine/clock.h"
#include "projections/engine/personal_reads.h"
#include "projections/engine/registry.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

// The entity under which accesses to a person are recorded; `person` without an id: refusals that
// name nobody.
EntityRef AccessEntityOf(const EntityRef& person);
// The access partition of such an entity: its hash, modulo their number.
ledger::PartitionId AccessPartitionOf(const EntityRef& access_entity, uint32_t access_partitions);

class AccessLog {
 public:
  // All of it outlives the log.
  struct Environment {
    ledger::Ledger* ledger = nullptr;  // with access partitions
    const Registry* registry = nullptr;
    Secrets* secrets = nullptr;
    const Clock* clock = nullptr;
  };
  explicit AccessLog(const Environment& environment);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void OnGained(const ledger::Ownership& ownership);
  void OnLost(ledger::PartitionId partition, const absl::Status& why);

  // Takes what a call has opened. False if it will not be recorded: the ledger takes no writes, or
  // too many wait.
  bool RecordGiven(const Caller& caller, std::string_view method, const PersonalReads& reads);
  // Takes a refusal; `reason` as clients see it.
  bool RecordRefused(const Caller& caller, std::string_view method, std::string_view reason);

  // Returns when everything that was taken before is durable. Errors: why it is not. Blocks.
  absl::Status Flush();
  // Writes what waits, then ends the thread; before the ledger stops. Idempotent.
  void Stop();

 private:
  struct Entry {
    EntityRef entity;
    daybook::event::v1::AccessRecorded record;
    EventContext context;
  };
  struct Partition {
    ledger::Term term;
    ledger::WriterId writer{};
    ledger::Sequence last;
    ledger::Timestamp last_recorded_at;
  };
  using Partitions = std::map<ledger::PartitionId, Partition>;

  bool Add(const Caller& caller, const EntityRef& person,
           daybook::event::v1::AccessRecorded record);
  void Run();
  absl::Status WriteSome(std::deque<Entry>* entries);
  ledger::CommitPtr MakeCommit(ledger::PartitionId id, const Partition& partition,
                               const std::vector<const Entry*>& entries);
  absl::Status AppendAndWait(ledger::CommitPtr commit, ledger::AppendOutcome* outcome);

  const Environment env_;
  ledger::EventIdMaker ids_;  // of the thread

  std::mutex mutex_;
  std::condition_variable wake_, written_;
  // Guarded by mutex_:
  Partitions partitions_;
  std::deque<Entry> waiting_;
  absl::flat_hash_map<std::string, size_t> place_;  // in waiting_, by what makes entries equal
  size_t writing_ = 0;                              // entries taken from waiting_, not durable yet
  uint64_t taken_ = 0, done_ = 0;                   // accesses
  bool flush_ = false, stopping_ = false;
  absl::Status trouble_;  // of the last write; OK again when one succeeds
  absl::Status broken_;   // for ever
  std::thread thread_;
};

}  // namespace daybook::projections
