// PublishWarrantyTerms.
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"
#include "projections/warranty/decide.h"
#include "projections/warranty/names.h"
#include "projections/warranty/rows.h"
#include "projections/warranty/terms.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;

MaybeRefusal ValidatePublishTerms(const daybook::v1::PublishWarrantyTermsRequest& request,
                                  EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_TENANT;
  entity->id = entity->tenant;
  MaybeRefusal refusal = CheckTerms(request.terms());
  if (refusal) refusal->field = "terms." + refusal->field;
  return refusal;
}

MaybeRefusal DecidePublishTerms(const daybook::v1::PublishWarrantyTermsRequest& request,
                                Decision& decision) {
  const DecisionContext& context = decision.context();
  ev::WarrantyTermsPublished published = request.terms();
  const Timestamp from = FromProto(published.effective_from());
  if (auto refusal =
          CheckEffectiveFrom(context, from, "terms.effective_from", "warranties have begun")) {
    return refusal;
  }
  const TermsRow* row = decision.state().Find<TermsRow>(published.terms_id());
  published.set_version((row == nullptr ? 0 : row->version()) + 1);
  *published.mutable_effective_from() = ToProto(from);
  decision.Emit(published);
  return std::nullopt;
}

void AnswerPublishTerms(const Recorded& recorded,
                        daybook::v1::PublishWarrantyTermsResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED) continue;
    const auto& payload = event.As<ev::WarrantyTermsPublished>();
    response->set_terms(TermsName(payload.terms_id()));
    response->set_version(payload.version());
  }
}

}  // namespace daybook::projections::warranty
