// PublishSla, and what falls due on a clock.
#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/decide.h"
#include "projections/cases/rows.h"
#include "projections/cases/sla.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

MaybeRefusal ValidatePublishSla(const daybook::v1::PublishSlaRequest& request, EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_TENANT;
  entity->id = entity->tenant;
  MaybeRefusal refusal = CheckSla(request.sla());
  if (refusal) refusal->field = "sla." + refusal->field;
  return refusal;
}

MaybeRefusal DecidePublishSla(const daybook::v1::PublishSlaRequest& request, Decision& decision) {
  const DecisionContext& context = decision.context();
  ev::SlaPublished published = request.sla();
  const Timestamp from = FromProto(published.effective_from());
  if (auto refusal = CheckEffectiveFrom(context, from, "sla.effective_from", "clocks have run")) {
    return refusal;
  }
  // The rows are ahead of the policies, which follow only what is durable.
  const SlaRow* row = decision.state().Find<SlaRow>(published.sla_id());
  published.set_version((row == nullptr ? 0 : row->version()) + 1);
  *published.mutable_effective_from() = ToProto(from);
  decision.Emit(published);
  return std::nullopt;
}

void AnswerPublishSla(const Recorded& recorded, daybook::v1::PublishSlaResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_SLA_PUBLISHED) continue;
    const auto& payload = event.As<ev::SlaPublished>();
    response->set_sla_id(payload.sla_id());
    response->set_version(payload.version());
  }
}

void EscalateCase(ev::SlaClock which, const Deadline& deadline, Decision& decision) {
  const CaseRow* row = decision.state().Find<CaseRow>(deadline.key);
  CheckInvariant(row != nullptr, "a clock of a case that is not there is due");
  ev::CaseEscalated escalated;
  escalated.set_case_id(deadline.key);
  escalated.set_clock(which);
  *escalated.mutable_escalates_at() = ToProto(deadline.due);
  for (const ev::CaseClock& clock : row->clocks()) {
    if (clock.clock() == which) *escalated.mutable_due_at() = clock.due_at();
  }
  decision.EmitAt(escalated, deadline.due);
}

void BreachSla(ev::SlaClock which, const Deadline& deadline, Decision& decision) {
  ev::CaseSlaBreached breached;
  breached.set_case_id(deadline.key);
  breached.set_clock(which);
  *breached.mutable_due_at() = ToProto(deadline.due);
  decision.EmitAt(breached, deadline.due);
}

}  // namespace daybook::projections::cases
