#include "projections/cases/cases.h"

#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/decide.h"
#include "projections/cases/sla.h"
#include "projections/cases/state.h"
#include "projections/cases/views.h"

namespace daybook::projections {

Domain MakeCasesDomain() {
  namespace ev = daybook::event::v1;
  using namespace cases;  // NOLINT: the list below is all of it
  Domain domain;
  domain.name = "cases";
  domain.events = {
      EventOf<ev::CaseOpened>(ev::EVENT_TYPE_CASE_OPENED),
      EventOf<ev::CaseChanged>(ev::EVENT_TYPE_CASE_CHANGED),
      EventOf<ev::CaseEscalated>(ev::EVENT_TYPE_CASE_ESCALATED),
      EventOf<ev::CaseSlaBreached>(ev::EVENT_TYPE_CASE_SLA_BREACHED),
      EventOf<ev::SlaPublished>(ev::EVENT_TYPE_SLA_PUBLISHED),
  };
  domain.commands = {
      Command(ValidateOpenCase, DecideOpenCase, AnswerOpenCase),
      Command(ValidateChangeCase, DecideChangeCase, AnswerChangeCase),
      Command(ValidatePublishSla, DecidePublishSla, AnswerPublishSla),
  };
  // No grace: an answer that is recorded after the due instant is an answer, and the breach stays.
  for (const auto clock :
       {ev::SLA_CLOCK_FIRST_ANSWER, ev::SLA_CLOCK_NEXT_ANSWER, ev::SLA_CLOCK_RESOLUTION}) {
    domain.deadlines.push_back({DeadlineOf(kEscalationDeadline, clock), 0,
                                [clock](const Deadline& deadline, Decision& decision) {
                                  EscalateCase(clock, deadline, decision);
                                }});
    domain.deadlines.push_back({DeadlineOf(kBreachDeadline, clock), 0,
                                [clock](const Deadline& deadline, Decision& decision) {
                                  BreachSla(clock, deadline, decision);
                                }});
  }
  domain.policies = {
      {ev::EVENT_TYPE_SLA_PUBLISHED,
       [](const google::protobuf::Message& payload) {
         return static_cast<const ev::SlaPublished&>(payload).sla_id();
       },
       [](const google::protobuf::Message& payload) -> std::shared_ptr<const Policy> {
         return std::make_shared<const Sla>(static_cast<const ev::SlaPublished&>(payload));
       }}};
  domain.views.push_back(MakeCasesView());
  domain.views.push_back(MakeQueueView());
  domain.views.push_back(MakeSummaryView());
  domain.queries = {
      Query(kCasesView, ValidateGetCase, ReadCase),
      Query(kCasesView, ValidateListCases, ReadCases),
      Query(kCasesView, ValidateListCaseEntries, ReadCaseEntries),
      Query(kQueueView, ValidateListCaseQueue, ReadCaseQueue),
      Query(kSummaryView, ValidateSummary, ReadSummary),
      Query("", ValidateGetSla, ReadSla),
      Query("", ValidateListSlas, ReadSlas),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
