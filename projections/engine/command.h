// A command on its way through the engine, and what came of it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daybook/event/v1/envelope.pb.h"
#include "google/protobuf/message.h"
#include "ledger/types.h"
#include "projections/engine/domain.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

struct CommandOutcome {
  MaybeRefusal refusal;  // the response is filled only without one
  ledger::PartitionId partition;
  ledger::Sequence sequence;  // of the commit; 0 if nothing was recorded
  bool repeated = false;      // the request had been carried out before
  uint32_t events = 0;        // that this call recorded
};

// A validated command. The caller keeps `request` and `response` alive until `done`, which is
// called exactly once, from the worker's thread.
struct PendingCommand {
  const CommandSpec* spec = nullptr;
  const google::protobuf::Message* request = nullptr;
  google::protobuf::Message* response = nullptr;  // null: nobody reads it
  EntityRef entity;
  daybook::event::v1::RequestRecord record;  // request id, fingerprint, source ids, command
  EventContext context;                      // said once for the commit
  std::optional<Timestamp> occurred_at;
  bool validate_only = false;
  // A follow-up: its request id is the engine's own, so what is found under it is its answer.
  bool follow_up = false;
  // Of the engine's other own commands: the partition, where no entity says it, and an instant that
  // the commit must be later than.
  std::optional<ledger::PartitionId> partition;
  std::optional<Timestamp> not_before;
  std::function<void(const CommandOutcome&)> done;
};

}  // namespace daybook::projections
