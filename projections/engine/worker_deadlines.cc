// Deadlines: what is due fires before a command of its entity is decided, and by the timer.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "projections/engine/worker.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

namespace {

std::string NameOf(const ArmedDeadline& armed) {
  return absl::StrCat(ledger::EntityKey(armed.entity), armed.deadline.kind, "~",
                      armed.deadline.due.micros, "~", armed.deadline.key);
}

}  // namespace

// In due order, each in a commit of its own. The event that it fires disarms it in the same commit,
// so twice is impossible. In an import the command's own instant decides what is due.
void Worker::FireDueOf(Partition& partition, const EntityRef& entity,
                       const DecisionContext& context) {
  // Firing may arm the next one, which may be due as well.
  for (std::vector<Deadline> due = partition.state->DueOf(entity, context.now); !due.empty();
       due = partition.state->DueOf(entity, context.now)) {
    if (!Fire(partition, entity, due.front(), context)) return;
  }
}

bool Worker::Fire(Partition& partition, const EntityRef& entity, const Deadline& deadline,
                  const DecisionContext& context) {
  const DeadlineSpec* spec = env_.catalogue->FindDeadline(deadline.kind);
  CheckInvariant(spec != nullptr, "a deadline of an unknown kind is armed");
  DecisionContext at = context;
  at.recorded_at = std::max(env_.clock->Now(), partition.last_recorded_at);
  at.effective = deadline.due;

  EventContext event_context;
  event_context.mutable_actor()->set_kind(daybook::event::v1::Actor::KIND_TIMER);
  // What fell due before its import session ended belongs to the imported history.
  const std::string session = partition.state->ImportSession(entity);
  if (!session.empty()) {
    const auto* state = policies_->ImportSession(entity.tenant, session);
    if (context.historic ||
        (state != nullptr && (state->open || deadline.due <= state->closed_at))) {
      event_context.set_historic(true);
      at.historic = true;
    }
  }
  CommandDecision decision(*env_.catalogue, *env_.secrets, ids_, partition.frame,
                           partition.last.next(), at, entity, event_context,
                           partition.state->Entity(entity), partition.state.get());
  spec->fire(deadline, decision);
  CheckInvariant(!decision.events().empty(), "a deadline fired without an event");

  daybook::event::v1::RequestRecord record;
  // '~' cannot stand in a client's request id. The sequence, since a late fact may arm the same
  // instant again after it fired.
  record.set_request_id(absl::StrCat("~", absl::Hex(deadline.kind), "~", deadline.due.micros, "~",
                                     partition.last.next().value()));
  record.set_entity_kind(static_cast<EntityKind>(entity.kind));
  record.set_entity_id(entity.id);
  record.set_command("Deadline");
  auto commit = decision.Finish(record);
  CheckInvariant(commit.ok(), "a deadline's commit is too large");
  Commit(partition, *std::move(commit));
  counters_.deadlines_fired.fetch_add(1, std::memory_order_relaxed);
  return true;
}

size_t Worker::FireTimers(size_t limit) {
  // While nothing can be recorded nothing falls due; it does as soon as something can.
  if (!env_.ledger->writable().ok()) return 0;
  // By a clock that is not believed nothing falls due; who waits for what is due is not kept.
  if (env_.clock->Leapt()) {
    NotifySettled();
    return 0;
  }
  size_t fired = 0;
  bool settled = true;
  for (auto& [id, partition] : partitions_) {
    if (!partition->stopped.empty()) continue;
    if (partition->reload) {
      settled = false;
      continue;
    }
    if (fired < limit) fired += FireTimersOf(*partition, limit - fired);
    partition->state->table().Seal();
    settled &= partition->timers_settled && partition->last == partition->durable;
  }
  if (settled && fired == 0) NotifySettled();
  return fired;
}

void Worker::LookAtTimersAnew(Partition& partition) {
  partition.timers_from = ledger::kDistantPast;
  partition.timers_settled = false;
}

size_t Worker::FireTimersOf(Partition& partition, size_t limit) {
  try {
    return FireDue(partition, limit);
  } catch (const InvariantBroken& broken) {
    Stopped(partition, broken.what());
    return 0;
  }
}

size_t Worker::FireDue(Partition& partition, size_t limit) {
  const Timestamp now = env_.clock->Now();
  DecisionState& state = *partition.state;
  // A session that was closed lets everything go that had waited for it.
  if (partition.timers_registry != policies_->registry_sequence()) {
    partition.timers_registry = policies_->registry_sequence();
    partition.timers_from = ledger::kDistantPast;
    partition.timers_settled = false;
  }
  const Timestamp earliest_new = state.TakeEarliestNew();
  partition.timers_from = std::min(partition.timers_from, earliest_new);
  if (earliest_new <= now || (partition.next_due && *partition.next_due <= now))
    partition.timers_settled = false;
  if (earliest_new > now && (!partition.next_due || earliest_new < *partition.next_due) &&
      earliest_new != ledger::kDistantFuture) {
    partition.next_due = earliest_new;
  }
  if (partition.timers_settled) return 0;

  std::vector<ArmedDeadline> due;
  Timestamp first_in_grace = ledger::kDistantFuture;
  state.ScanDue(partition.timers_from, now, [&](const ArmedDeadline& armed) {
    const DeadlineSpec* spec = env_.catalogue->FindDeadline(armed.deadline.kind);
    if (spec != nullptr && armed.deadline.due.micros + spec->grace_micros > now.micros) {
      first_in_grace = std::min(first_in_grace, armed.deadline.due);
    } else if (!WaitsForSession(state, armed.entity) &&
               !partition.broken_deadlines.contains(NameOf(armed))) {
      due.push_back(armed);
    }
    return due.size() < limit;
  });
  if (due.empty()) {
    // What is left before `now` waits for a session or for the end of its grace.
    partition.timers_from = std::min(now, first_in_grace);
    partition.next_due = first_in_grace < now ? std::optional(now) : state.NextDue(now);
    partition.timers_settled = true;
    return 0;
  }
  // Firing may arm what is due as well, so the list is looked at again until nothing is found.
  size_t fired = 0;
  for (const ArmedDeadline& armed : due) {
    try {
      fired += Fire(partition, armed.entity, armed.deadline, ContextAt(partition)) ? 1 : 0;
    } catch (const InvariantBroken& broken) {
      // It would again. Only its own entity's commands meet it from now on.
      spdlog::error("partition {}: a deadline of kind {:#x} of {} broke an invariant: {}",
                    partition.frame.partition.value(), armed.deadline.kind, armed.entity.id,
                    broken.what());
      counters_.invariants_broken.fetch_add(1);
      partition.broken_deadlines.insert(NameOf(armed));
      partition.reload = true;
      return fired;
    }
  }
  return fired;
}

void Worker::NotifySettled() {
  auto it = settled_waiters_.begin();
  while (it != settled_waiters_.end()) {
    if (it->first <= policies_->registry_sequence()) {
      it->second();
      it = settled_waiters_.erase(it);
    } else {
      ++it;
    }
  }
}

bool Worker::WaitsForSession(DecisionState& state, const EntityRef& entity) const {
  if (!policies_->HasOpenImportSession()) return false;
  const std::string session = state.ImportSession(entity);
  if (session.empty()) return false;
  const auto* known = policies_->ImportSession(entity.tenant, session);
  return known != nullptr && known->open;
}

}  // namespace daybook::projections
