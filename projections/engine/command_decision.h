// One command on its way to a commit: the Decision that domains see, and the bytes that come of it.
//
// Threads: the worker that owns the partition. Lives no longer than the call that decides.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/event/v1/envelope.pb.h"
#include "ledger/record.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/decision.h"
#include "projections/engine/decision_state.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

// What all commits of a partition's owner have in common.
struct CommitFrame {
  ledger::LedgerId ledger{};
  ledger::Epoch epoch{1};
  ledger::PartitionId partition;
  ledger::Term term;
  ledger::WriterId writer{};
};

class CommandDecision : public Decision {
 public:
  // Everything handed in must outlive the decision. `state`: the entity's rows (of the partition's
  // state, or a copy in a dry run); `lists`: the partition's state, null in a dry run.
  // `event_context`: what is said once for the commit.
  CommandDecision(const Catalogue& catalogue, Secrets& secrets, ledger::EventIdMaker& ids,
                  const CommitFrame& frame, ledger::Sequence sequence,
                  const DecisionContext& context, EntityRef entity,
                  const EventContext& event_context, RowGroup& state, DecisionState* lists);

  const DecisionContext& context() const override { return context_; }
  const EntityRef& entity() const override { return entity_; }
  const RowGroup& state() const override { return state_; }
  std::string OpenSealed(const daybook::event::v1::Sealed& value, bool* erased) const override;
  void EmitAt(const google::protobuf::Message& payload, Timestamp occurred_at) override;
  void UsesPolicy(std::string_view policy, uint32_t version) override;

  const std::vector<Event>& events() const { return made_->events(); }
  // The commit's bytes; call once, last. Errors: ResourceExhausted (larger than a commit may be).
  absl::StatusOr<ledger::CommitPtr> Finish(const daybook::event::v1::RequestRecord& request);

 private:
  const Catalogue& catalogue_;
  Secrets& secrets_;
  ledger::EventIdMaker& ids_;
  const CommitFrame& frame_;
  const ledger::Sequence sequence_;
  const DecisionContext& context_;
  const EntityRef entity_;
  RowGroup& state_;
  DecisionState* lists_;
  std::shared_ptr<DecodedCommit> made_;
  std::vector<std::string> payload_bytes_;  // serialised before the events were handed on
};

}  // namespace daybook::projections
