#include "projections/cases/rules.h"

#include <algorithm>

#include "fmt/format.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

std::string CaseName(std::string_view customer, std::string_view case_id) {
  return fmt::format("customers/{}/cases/{}", customer, case_id);
}

std::string CaseIdOf(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

std::string NameOf(ev::CaseAction action) {
  return ev::CaseAction_Name(action).substr(std::string_view("CASE_ACTION_").size());
}

std::string NameOf(ev::CaseStatus status) {
  return ev::CaseStatus_Name(status).substr(std::string_view("CASE_STATUS_").size());
}

bool IsOpen(ev::CaseStatus status) {
  return status == ev::CASE_STATUS_NEW || status == ev::CASE_STATUS_IN_PROGRESS ||
         status == ev::CASE_STATUS_PENDING || status == ev::CASE_STATUS_WAITING_FOR_CUSTOMER;
}

std::optional<ev::CaseStatus> StatusAfter(ev::CaseStatus from, ev::CaseAction action) {
  const bool open = IsOpen(from);
  const bool resolved = from == ev::CASE_STATUS_RESOLVED;
  const auto only_if = [](bool may, ev::CaseStatus to) {
    return may ? std::optional(to) : std::nullopt;
  };
  // Another open status; the same one again would say nothing.
  const auto to_open = [&](ev::CaseStatus to) { return only_if(open && from != to, to); };
  switch (action) {
    case ev::CASE_ACTION_ASSIGNED:
      return only_if(open || resolved, from);
    case ev::CASE_ACTION_PRIORITISED:
    case ev::CASE_ACTION_FORWARDED:
    case ev::CASE_ACTION_SPLIT:
      return only_if(open, from);
    case ev::CASE_ACTION_STARTED:
      return to_open(ev::CASE_STATUS_IN_PROGRESS);
    case ev::CASE_ACTION_PENDED:
      return to_open(ev::CASE_STATUS_PENDING);
    case ev::CASE_ACTION_WAITED_FOR_CUSTOMER:
      return to_open(ev::CASE_STATUS_WAITING_FOR_CUSTOMER);
    case ev::CASE_ACTION_ANSWERED:
      return only_if(open, from == ev::CASE_STATUS_NEW ? ev::CASE_STATUS_IN_PROGRESS : from);
    case ev::CASE_ACTION_CUSTOMER_REPLIED:
      return only_if(
          open, from == ev::CASE_STATUS_WAITING_FOR_CUSTOMER ? ev::CASE_STATUS_IN_PROGRESS : from);
    case ev::CASE_ACTION_UPDATED:
      return only_if(from != ev::CASE_STATUS_MERGED, from);
    case ev::CASE_ACTION_RESOLVED:
      return only_if(open, ev::CASE_STATUS_RESOLVED);
    case ev::CASE_ACTION_REOPENED:
      return only_if(resolved, ev::CASE_STATUS_IN_PROGRESS);
    case ev::CASE_ACTION_DISPUTED:
      return only_if(open || resolved, open ? from : ev::CASE_STATUS_IN_PROGRESS);
    case ev::CASE_ACTION_CLOSED:
      return only_if(resolved, ev::CASE_STATUS_CLOSED);
    case ev::CASE_ACTION_MERGED:
      return only_if(open, ev::CASE_STATUS_MERGED);
    default:
      return std::nullopt;
  }
}

const ev::CaseClock* FindClock(ev::SlaClock which, const Clocks& clocks) {
  const auto at = std::ranges::find(clocks, which, &ev::CaseClock::clock);
  return at == clocks.end() ? nullptr : &*at;
}

ev::CaseClock* FindClock(ev::SlaClock which, Clocks* clocks) {
  const auto at = std::ranges::find(*clocks, which, &ev::CaseClock::clock);
  return at == clocks->end() ? nullptr : &*at;
}

void SetClock(const ev::CaseClock& clock, Clocks* clocks) {
  const auto at = std::ranges::find(*clocks, clock.clock(), &ev::CaseClock::clock);
  if (clock.state() == ev::SLA_CLOCK_STATE_UNSPECIFIED) {
    if (at != clocks->end()) clocks->erase(at);
  } else if (at != clocks->end()) {
    *at = clock;
  } else {
    *clocks->Add() = clock;
  }
}

}  // namespace daybook::projections::cases
