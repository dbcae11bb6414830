#include "projections/cases/state.h"

#include <algorithm>

#include "projections/cases/case_fold.h"
#include "projections/cases/rows.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

struct Due {
  std::optional<Timestamp> escalation;
  std::optional<Timestamp> breach;
};

Due DueOf(const CaseRow& row, ev::SlaClock which) {
  Due due;
  for (const ev::CaseClock& clock : row.clocks()) {
    if (clock.clock() != which || clock.state() != ev::SLA_CLOCK_STATE_RUNNING) continue;
    due.breach = FromProto(clock.due_at());
    if (clock.has_escalates_at() && !clock.escalated()) {
      due.escalation = FromProto(clock.escalates_at());
    }
  }
  return due;
}

void Rearm(uint16_t kind, const std::string& case_id, const std::optional<Timestamp>& before,
           const std::optional<Timestamp>& after, EntityState& state) {
  if (before == after) return;
  if (after) {
    state.Arm({kind, case_id, *after});
  } else {
    state.Disarm(kind, case_id);
  }
}

}  // namespace

void Apply(const Event& event, EntityState& state) {
  if (event.type == ev::EVENT_TYPE_SLA_PUBLISHED) {
    const auto& published = event.As<ev::SlaPublished>();
    SlaRow& row = state.rows().Mutable<SlaRow>(published.sla_id());
    row.set_version(std::max(row.version(), published.version()));
    return;
  }
  const std::optional<CaseStep> step = FoldCase(event, state.rows());
  if (!step) return;
  for (const auto clock :
       {ev::SLA_CLOCK_FIRST_ANSWER, ev::SLA_CLOCK_NEXT_ANSWER, ev::SLA_CLOCK_RESOLUTION}) {
    const Due before = DueOf(step->before, clock);
    const Due after = DueOf(step->after, clock);
    Rearm(DeadlineOf(kEscalationDeadline, clock), step->case_id, before.escalation,
          after.escalation, state);
    Rearm(DeadlineOf(kBreachDeadline, clock), step->case_id, before.breach, after.breach, state);
  }
}

}  // namespace daybook::projections::cases
