// OpenCase.
#include "daybook/event/v1/cases.pb.h"
#include "fmt/format.h"
#include "projections/cases/clocks.h"
#include "projections/cases/decide.h"
#include "projections/cases/rows.h"
#include "projections/cases/rules.h"
#include "projections/cases/sla.h"
#include "projections/customers/decide.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;
using daybook::v1::OpenCaseRequest;

MaybeRefusal ValidateOpenCase(const OpenCaseRequest& request, EntityRef* entity) {
  if (auto r = customers::NameCustomer("customer", request.customer(), entity)) return r;
  if (auto r = CheckCode("case_id", request.case_id(), Presence::kRequired)) return r;
  const auto term = [](const char* field, const std::string& text) {
    return CheckText(field, text, Presence::kOptional, kMaxTermBytes);
  };
  if (auto r = term("product", request.product())) return r;
  if (auto r = term("sub_product", request.sub_product())) return r;
  if (auto r = term("issue", request.issue())) return r;
  if (auto r = term("sub_issue", request.sub_issue())) return r;
  if (auto r = term("channel", request.channel())) return r;
  if (auto r = CheckCode("asset", request.asset(), Presence::kOptional)) return r;
  if (auto r = term("respondent", request.respondent())) return r;
  if (auto r = CheckCode("queue", request.queue(), Presence::kOptional)) return r;
  if (auto r = CheckCode("assignee", request.assignee(), Presence::kOptional)) return r;
  if (auto r = CheckEnum("priority", request.priority(),
                         ev::CasePriority_IsValid(request.priority()), Presence::kOptional)) {
    return r;
  }
  if (auto r = CheckText("description", request.description(), Presence::kOptional, kMaxNoteBytes,
                         true)) {
    return r;
  }
  return CheckCode("sla_id", request.sla_id(), Presence::kOptional);
}

MaybeRefusal DecideOpenCase(const OpenCaseRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  if (decision.state().Find<CaseRow>(request.case_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_CASE_EXISTS, "case_id", "the customer has a case of this id");
  }
  if (!request.sla_id().empty() && SlaInForce(decision, request.sla_id()) == nullptr) {
    return Refuse(daybook::v1::REASON_SLA_UNKNOWN, "sla_id",
                  fmt::format("agreement '{}' is not in force", request.sla_id()));
  }
  ev::CaseOpened opened;
  opened.set_case_id(request.case_id());
  opened.set_product(request.product());
  opened.set_sub_product(request.sub_product());
  opened.set_issue(request.issue());
  opened.set_sub_issue(request.sub_issue());
  opened.set_channel(request.channel());
  opened.set_asset(request.asset());
  opened.set_respondent(request.respondent());
  opened.set_queue(request.queue());
  opened.set_assignee(request.assignee());
  opened.set_priority(request.priority() == ev::CASE_PRIORITY_UNSPECIFIED ? ev::CASE_PRIORITY_NORMAL
                                                                          : request.priority());
  if (!request.description().empty()) {
    opened.mutable_description()->set_clear(request.description());
  }
  EmitOpened(std::move(opened), request.sla_id(), decision);
  return std::nullopt;
}

void EmitOpened(ev::CaseOpened opened, std::string_view sla_id, Decision& decision) {
  const Sla* sla = SlaInForce(decision, sla_id.empty() ? kStandardSla : sla_id);
  if (sla != nullptr) opened.mutable_sla()->set_sla_id(sla->published().sla_id());
  const std::optional<uint32_t> target =
      sla == nullptr ? std::nullopt
                     : sla->TargetFor(opened.priority(), opened.queue(), opened.product());
  if (target) {
    const Agreed agreed{sla, *target};
    ClockBoard board(&agreed, {}, decision.context().effective);
    board.Start(ev::SLA_CLOCK_FIRST_ANSWER);
    board.Start(ev::SLA_CLOCK_RESOLUTION);
    board.Follow(ev::CASE_STATUS_NEW);
    *opened.mutable_clocks() = board.ChangedSince({});
    opened.mutable_sla()->set_version(sla->version);
    opened.mutable_sla()->set_target(*target);
    decision.UsesPolicy("slas/" + sla->published().sla_id(), sla->version);
  }
  decision.Emit(opened);
}

void AnswerOpenCase(const Recorded& recorded, daybook::v1::OpenCaseResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_CASE_OPENED) continue;
    const auto& opened = event.As<ev::CaseOpened>();
    response->set_case_name(CaseName(recorded.entity.id, opened.case_id()));
    *response->mutable_clocks() = opened.clocks();
  }
}

}  // namespace daybook::projections::cases
