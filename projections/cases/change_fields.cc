// What each action on a case takes: ValidateChangeCase.
#include <algorithm>
#include <initializer_list>

#include "daybook/event/v1/cases.pb.h"
#include "fmt/format.h"
#include "projections/cases/decide.h"
#include "projections/cases/rules.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;
using daybook::v1::ChangeCaseRequest;

namespace {

// A field that only some actions take.
MaybeRefusal CheckTaken(const ChangeCaseRequest& request, const char* field, bool given,
                        std::initializer_list<ev::CaseAction> actions) {
  if (!given || std::find(actions.begin(), actions.end(), request.action()) != actions.end()) {
    return std::nullopt;
  }
  return Refuse(daybook::v1::REASON_FIELD_INVALID, field,
                fmt::format("is not taken with {}", NameOf(request.action())));
}

MaybeRefusal CheckFieldsOfAction(const ChangeCaseRequest& request) {
  static constexpr auto kAnswers = {ev::CASE_ACTION_ANSWERED, ev::CASE_ACTION_UPDATED,
                                    ev::CASE_ACTION_RESOLVED};
  if (auto r = CheckTaken(request, "queue", !request.queue().empty(), {ev::CASE_ACTION_ASSIGNED}))
    return r;
  if (auto r = CheckTaken(request, "assignee", !request.assignee().empty(),
                          {ev::CASE_ACTION_ASSIGNED})) {
    return r;
  }
  if (auto r = CheckTaken(request, "unassign", request.unassign(), {ev::CASE_ACTION_ASSIGNED}))
    return r;
  if (auto r =
          CheckTaken(request, "priority", request.priority() != 0, {ev::CASE_ACTION_PRIORITISED})) {
    return r;
  }
  if (auto r = CheckTaken(request, "response", !request.response().empty(), kAnswers)) return r;
  if (auto r = CheckTaken(request, "resolution_code", !request.resolution_code().empty(),
                          {ev::CASE_ACTION_UPDATED, ev::CASE_ACTION_RESOLVED})) {
    return r;
  }
  if (auto r = CheckTaken(request, "timeliness", request.timeliness() != 0, kAnswers)) return r;
  if (auto r = CheckTaken(request, "forwarded_at", request.has_forwarded_at(),
                          {ev::CASE_ACTION_FORWARDED})) {
    return r;
  }
  return CheckTaken(request, "other_case_id", !request.other_case_id().empty(),
                    {ev::CASE_ACTION_MERGED, ev::CASE_ACTION_SPLIT});
}

MaybeRefusal Required(const char* field, const char* what) {
  return Refuse(daybook::v1::REASON_FIELD_REQUIRED, field, what);
}

// What an action cannot do without.
MaybeRefusal CheckRequired(const ChangeCaseRequest& request) {
  switch (request.action()) {
    case ev::CASE_ACTION_ASSIGNED:
      if (request.unassign() && !request.assignee().empty()) {
        return Refuse(daybook::v1::REASON_FIELDS_EXCLUSIVE, "unassign",
                      "not together with an assignee");
      }
      if (request.queue().empty() && request.assignee().empty() && !request.unassign()) {
        return Required("assignee", "an assignee, a queue or `unassign` is required");
      }
      return std::nullopt;
    case ev::CASE_ACTION_PRIORITISED:
      return request.priority() == 0 ? Required("priority", "is required") : std::nullopt;
    case ev::CASE_ACTION_UPDATED:
      if (request.response().empty() && request.resolution_code().empty() &&
          request.timeliness() == 0 && request.note().empty()) {
        return Required("response", "something that is updated is required");
      }
      return std::nullopt;
    case ev::CASE_ACTION_MERGED:
    case ev::CASE_ACTION_SPLIT:
      return CheckCode("other_case_id", request.other_case_id(), Presence::kRequired);
    default:
      return std::nullopt;
  }
}

}  // namespace

MaybeRefusal ValidateChangeCase(const ChangeCaseRequest& request, EntityRef* entity) {
  if (auto r = customers::NameCustomer("customer", request.customer(), entity)) return r;
  if (auto r = CheckCode("case_id", request.case_id(), Presence::kRequired)) return r;
  if (auto r = CheckEnum("action", request.action(), ev::CaseAction_IsValid(request.action()),
                         Presence::kRequired)) {
    return r;
  }
  if (auto r = CheckFieldsOfAction(request)) return r;
  if (auto r = CheckCode("queue", request.queue(), Presence::kOptional)) return r;
  if (auto r = CheckCode("assignee", request.assignee(), Presence::kOptional)) return r;
  if (auto r = CheckEnum("priority", request.priority(),
                         ev::CasePriority_IsValid(request.priority()), Presence::kOptional)) {
    return r;
  }
  if (auto r = CheckCode("reason", request.reason(), Presence::kOptional)) return r;
  if (auto r = CheckText("response", request.response(), Presence::kOptional, kMaxTermBytes))
    return r;
  if (auto r = CheckCode("resolution_code", request.resolution_code(), Presence::kOptional))
    return r;
  if (auto r = CheckEnum("timeliness", request.timeliness(),
                         ev::CaseTimeliness_IsValid(request.timeliness()), Presence::kOptional)) {
    return r;
  }
  Timestamp ignored;
  if (request.has_forwarded_at()) {
    if (auto r = CheckInstant("forwarded_at", request.forwarded_at(), &ignored)) return r;
  }
  if (auto r = CheckText("note", request.note(), Presence::kOptional, kMaxNoteBytes, true))
    return r;
  return CheckRequired(request);
}

}  // namespace daybook::projections::cases
