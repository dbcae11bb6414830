#include "tests/projections/desk.h"

#include <catch2/catch.hpp>

#include "projections/cases/cases.h"
#include "projections/customers/customers.h"
#include "projections/engine/validation.h"

namespace daybook::projections::testing {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

void AddClock(ev::SlaClock clock, uint32_t minutes, uint32_t escalate_before,
              std::initializer_list<ev::CaseStatus> pauses, ev::SlaTarget* target) {
  ev::SlaClockTarget& out = *target->add_clocks();
  out.set_clock(clock);
  out.set_minutes(minutes);
  out.set_escalate_before_minutes(escalate_before);
  for (const ev::CaseStatus status : pauses) out.add_pauses(status);
}

}  // namespace

ev::SlaPublished DeskSla() {
  ev::SlaPublished sla;
  sla.set_sla_id("main");
  *sla.mutable_effective_from() = ToProto(At("2000-01-01T00:00:00Z"));
  sla.set_name("Desk");
  sla.set_zone("Europe/London");
  ev::WorkingHours& hours = *sla.add_hours();
  for (int day = ev::WEEKDAY_MONDAY; day <= ev::WEEKDAY_FRIDAY; ++day) {
    hours.add_days(static_cast<ev::Weekday>(day));
  }
  hours.set_opens("08:00");
  hours.set_closes("18:00");
  ev::SlaTarget& urgent = *sla.add_targets();
  urgent.set_priority(ev::CASE_PRIORITY_URGENT);
  AddClock(ev::SLA_CLOCK_FIRST_ANSWER, 60, 0, {}, &urgent);
  ev::SlaTarget& other = *sla.add_targets();
  AddClock(ev::SLA_CLOCK_FIRST_ANSWER, 240, 60, {}, &other);
  AddClock(ev::SLA_CLOCK_NEXT_ANSWER, 120, 0, {}, &other);
  AddClock(ev::SLA_CLOCK_RESOLUTION, 1800, 0,
           {ev::CASE_STATUS_PENDING, ev::CASE_STATUS_WAITING_FOR_CUSTOMER}, &other);
  return sla;
}

v1::PublishSlaRequest Publish(const ev::SlaPublished& sla) {
  v1::PublishSlaRequest request;
  *request.mutable_sla() = sla;
  return request;
}

v1::OpenCaseRequest OpenCase(const std::string& customer, const std::string& case_id) {
  v1::OpenCaseRequest request;
  request.set_customer("customers/" + customer);
  request.set_case_id(case_id);
  return request;
}

v1::ChangeCaseRequest Change(const std::string& customer, const std::string& case_id,
                             ev::CaseAction action) {
  v1::ChangeCaseRequest request;
  request.set_customer("customers/" + customer);
  request.set_case_id(case_id);
  request.set_action(action);
  return request;
}

Desk::Desk() : world(DomainsOf(MakeCustomersDomain(), MakeCasesDomain())) {}

std::string Desk::DoAt(std::string_view now, const google::protobuf::Message& request) {
  world.SetNow(At(now));
  world.FireDue();
  return Do(request);
}

v1::Case Desk::Case(const std::string& customer, const std::string& case_id) {
  v1::GetCaseRequest request;
  request.set_case_name("customers/" + customer + "/cases/" + case_id);
  v1::GetCaseResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  return response.found();
}

v1::GetCaseSummaryResponse Desk::Summary() {
  v1::GetCaseSummaryResponse response;
  REQUIRE(Outcome(world.Ask(v1::GetCaseSummaryRequest(), &response)) == "OK");
  return response;
}

std::vector<std::string> Desk::Queue(const std::string& queue, int page_size) {
  v1::ListCaseQueueRequest request;
  request.set_queue(queue);
  request.set_page_size(page_size);
  std::vector<std::string> names;
  for (;;) {
    v1::ListCaseQueueResponse response;
    REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
    for (const auto& queued : response.cases()) names.push_back(queued.name());
    if (response.next_page_token().empty()) return names;
    REQUIRE(response.cases_size() == page_size);
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace daybook::projections::testing
