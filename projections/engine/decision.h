// One command being decided: what it may read, and where its events go. Pure: no clock, no log, no
// lock.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daybook/event/v1/envelope.pb.h"
#include "daybook/event/v1/sealed.pb.h"
#include "projections/engine/event.h"
#include "projections/engine/policies.h"
#include "projections/engine/refusal.h"
#include "projections/engine/rows.h"

namespace daybook::projections {

// What a decision knows besides state and command.
struct DecisionContext {
  // The instant in the place of "now": recorded_at of the commit; in an import the command's own
  // instant.
  Timestamp now;
  // When the command's facts happened (provenance.occurred_at), else `now`. Rules judge by this.
  Timestamp effective;
  // recorded_at that the commit will have.
  Timestamp recorded_at;
  // True inside an import session.
  bool historic = false;
  // False while no entity partition holds a commit: policies may still take effect in the past.
  bool ledger_has_commits = true;
  const PolicySet* policies = nullptr;
};

// A deadline: something becomes true at `due` if nothing happens. One per (entity, kind, key).
struct Deadline {
  uint16_t kind = 0;  // DeadlineSpec::kind
  std::string key;    // 0 to 64 bytes
  Timestamp due;
};

// The state of one entity for `apply`: rows, and deadlines that the fold arms and disarms.
class EntityState {
 public:
  virtual ~EntityState() = default;
  virtual RowGroup& rows() = 0;
  // Arms (or moves) the deadline of this kind and key.
  virtual void Arm(const Deadline& deadline) = 0;
  virtual void Disarm(uint16_t kind, std::string_view key) = 0;
};

// One command's decision. Emit applies the event to the state at once, so what is decided next in
// the same command already sees it. Refuse before the first Emit; after it only an invariant may
// fail.
class Decision {
 public:
  virtual ~Decision() = default;
  virtual const DecisionContext& context() const = 0;
  virtual const EntityRef& entity() const = 0;
  // Decision state of the entity. Rows are read from disk as they are asked for: name the keys you
  // need, scan little.
  virtual const RowGroup& state() const = 0;
  // Opens a sealed value of the state: its text, or empty with `*erased` set if its key is gone.
  // For rules that need a clear value; what comes of it is recorded, the value never.
  virtual std::string OpenSealed(const daybook::event::v1::Sealed& value, bool* erased) const = 0;
  // Records an event about the entity. It occurred at context().effective unless `occurred_at` is
  // given. Sealed fields are given clear and stored sealed under the keys of the entity's person.
  void Emit(const google::protobuf::Message& payload) { EmitAt(payload, context().effective); }
  virtual void EmitAt(const google::protobuf::Message& payload, Timestamp occurred_at) = 0;
  // Names a policy version that the decision used; goes into the events' context.
  virtual void UsesPolicy(std::string_view policy, uint32_t version) = 0;
};

}  // namespace daybook::projections
