// PublishProgramme.
#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/programme.h"
#include "projections/loyalty/rows.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {

namespace ev = daybook::event::v1;

MaybeRefusal ValidatePublishProgramme(const daybook::v1::PublishProgrammeRequest& request,
                                      EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_TENANT;
  entity->id = entity->tenant;
  MaybeRefusal refusal = CheckProgramme(request.programme());
  if (refusal) refusal->field = "programme." + refusal->field;
  return refusal;
}

MaybeRefusal DecidePublishProgramme(const daybook::v1::PublishProgrammeRequest& request,
                                    Decision& decision) {
  const DecisionContext& context = decision.context();
  ev::ProgrammePublished published = request.programme();
  const Timestamp from = FromProto(published.effective_from());
  if (auto refusal = CheckEffectiveFrom(context, from, "programme.effective_from",
                                        "orders have been judged")) {
    return refusal;
  }
  // The rows are ahead of the policies, which follow only what is durable.
  const ProgrammeRow* row = decision.state().Find<ProgrammeRow>(published.programme_id());
  published.set_version((row == nullptr ? 0 : row->version()) + 1);
  *published.mutable_effective_from() = ToProto(from);
  decision.Emit(published);
  return std::nullopt;
}

void AnswerPublishProgramme(const Recorded& recorded,
                            daybook::v1::PublishProgrammeResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_PROGRAMME_PUBLISHED) continue;
    const auto& payload = event.As<ev::ProgrammePublished>();
    response->set_programme(sales::ProgrammeName(payload.programme_id()));
    response->set_version(payload.version());
  }
}

}  // namespace daybook::projections::loyalty
