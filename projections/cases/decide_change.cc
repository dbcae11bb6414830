// ChangeCase.
#include <algorithm>

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
using daybook::v1::ChangeCaseRequest;

namespace {

MaybeRefusal RefuseUnknownCase() {
  return Refuse(daybook::v1::REASON_CASE_UNKNOWN, "case_id", "the customer has no case of this id");
}

MaybeRefusal CheckOtherCase(const ChangeCaseRequest& request, const RowGroup& state) {
  const CaseRow* other = state.Find<CaseRow>(request.other_case_id());
  if (request.action() == ev::CASE_ACTION_SPLIT) {
    if (other == nullptr) return std::nullopt;
    return Refuse(daybook::v1::REASON_CASE_EXISTS, "other_case_id",
                  "the customer has a case of this id");
  }
  if (other == nullptr) {
    MaybeRefusal refusal = RefuseUnknownCase();
    refusal->field = "other_case_id";
    return refusal;
  }
  if (request.other_case_id() == request.case_id()) {
    return Refuse(daybook::v1::REASON_CASE_MERGE_INVALID, "other_case_id",
                  "a case cannot go on in itself");
  }
  if (other->status() == ev::CASE_STATUS_CLOSED || other->status() == ev::CASE_STATUS_MERGED) {
    return Refuse(daybook::v1::REASON_CASE_MERGE_INVALID, "other_case_id",
                  "that case is closed or merged itself");
  }
  return std::nullopt;
}

// The fields that the request gives, and those that follow from them.
ev::CaseChanged MakeChange(const ChangeCaseRequest& request, const CaseRow& row, ev::CaseStatus to,
                           Timestamp effective) {
  ev::CaseChanged changed;
  changed.set_case_id(request.case_id());
  changed.set_action(request.action());
  changed.set_from(row.status());
  changed.set_to(to);
  if (request.action() == ev::CASE_ACTION_ASSIGNED) {
    const bool moves = !request.queue().empty() && request.queue() != row.queue();
    changed.set_queue(request.queue().empty() ? row.queue() : request.queue());
    if (!request.unassign()) {
      changed.set_assignee(request.assignee().empty() && !moves ? row.assignee()
                                                                : request.assignee());
    }
  }
  changed.set_priority(request.priority());
  changed.set_reason(request.reason());
  changed.set_response(request.response());
  changed.set_resolution_code(request.resolution_code());
  changed.set_timeliness(request.timeliness());
  if (request.action() == ev::CASE_ACTION_FORWARDED) {
    *changed.mutable_forwarded_at() =
        request.has_forwarded_at() ? request.forwarded_at() : ToProto(effective);
  }
  changed.set_other_case_id(request.other_case_id());
  // What is said at a split is the new case's.
  if (!request.note().empty() && request.action() != ev::CASE_ACTION_SPLIT) {
    changed.mutable_note()->set_clear(request.note());
  }
  return changed;
}

// Another queue or priority has targets of its own, and so has the work on a case that comes back.
bool ChangesTarget(const ev::CaseChanged& changed, const CaseRow& row) {
  switch (changed.action()) {
    case ev::CASE_ACTION_ASSIGNED:
      return changed.queue() != row.queue();
    case ev::CASE_ACTION_PRIORITISED:
      return changed.priority() != row.priority();
    default:
      return changed.from() == ev::CASE_STATUS_RESOLVED && IsOpen(changed.to());
  }
}

std::optional<Agreed> AgreedOf(const CaseRow& row, const Decision& decision) {
  if (row.sla().version() == 0) return std::nullopt;
  const Sla* sla = decision.context().policies->Version<Sla>(
      decision.entity().tenant, ev::EVENT_TYPE_SLA_PUBLISHED, row.sla().sla_id(),
      row.sla().version());
  CheckInvariant(sla != nullptr, "a case goes by a version of an agreement that is not there");
  return Agreed{sla, row.sla().target()};
}

// The target that fits the case after the change, of the version in force; nothing if none does.
std::optional<Agreed> AgreedAfter(const ev::CaseChanged& changed, const CaseRow& row,
                                  const Decision& decision) {
  const Sla* sla =
      SlaInForce(decision, row.has_sla() ? std::string_view(row.sla().sla_id()) : kStandardSla);
  if (sla == nullptr) return std::nullopt;
  const bool assigned = changed.action() == ev::CASE_ACTION_ASSIGNED;
  const auto target = sla->TargetFor(
      changed.priority() != ev::CASE_PRIORITY_UNSPECIFIED ? changed.priority() : row.priority(),
      assigned ? changed.queue() : row.queue(), row.product());
  if (!target) return std::nullopt;
  return Agreed{sla, *target};
}

void Act(const ev::CaseChanged& changed, const CaseRow& row, ClockBoard& board) {
  switch (changed.action()) {
    case ev::CASE_ACTION_ANSWERED:
      board.Stop(ev::SLA_CLOCK_FIRST_ANSWER);
      board.Stop(ev::SLA_CLOCK_NEXT_ANSWER);
      return;
    case ev::CASE_ACTION_CUSTOMER_REPLIED:
      if (row.answered() && !board.IsActive(ev::SLA_CLOCK_NEXT_ANSWER)) {
        board.Start(ev::SLA_CLOCK_NEXT_ANSWER);
      }
      return;
    case ev::CASE_ACTION_RESOLVED:
    case ev::CASE_ACTION_MERGED:
      return board.StopAll();
    default:
      return;
  }
}

void MoveClocks(const CaseRow& row, const Decision& decision, ev::CaseChanged* changed) {
  const Timestamp at = std::max(decision.context().effective, Timestamp{row.latest_us()});
  const std::optional<Agreed> agreed = AgreedOf(row, decision);
  ClockBoard board(agreed ? &*agreed : nullptr, row.clocks(), at);
  std::optional<Agreed> after = agreed;
  Act(*changed, row, board);
  if (ChangesTarget(*changed, row)) {
    after = AgreedAfter(*changed, row, decision);
    std::vector<ev::SlaClock> wanted;
    if (IsOpen(changed->to())) {
      wanted.push_back(ev::SLA_CLOCK_RESOLUTION);
      if (!row.answered()) wanted.push_back(ev::SLA_CLOCK_FIRST_ANSWER);
    }
    board.Retarget(after ? &*after : nullptr, wanted);
    if (!IsOpen(changed->from()) && IsOpen(changed->to())) {
      board.Start(ev::SLA_CLOCK_RESOLUTION);
    }
    if (row.has_sla()) changed->mutable_sla()->set_sla_id(row.sla().sla_id());
    if (after) {
      changed->mutable_sla()->set_sla_id(after->sla->published().sla_id());
      changed->mutable_sla()->set_version(after->sla->version);
      changed->mutable_sla()->set_target(after->target);
    }
  }
  board.Follow(changed->to());
  *changed->mutable_clocks() = board.ChangedSince(row.clocks());
}

// What of the case the new one takes over.
ev::CaseOpened MakePart(const ChangeCaseRequest& request, const CaseRow& row) {
  ev::CaseOpened part;
  part.set_case_id(request.other_case_id());
  part.set_product(row.product());
  part.set_sub_product(row.sub_product());
  part.set_issue(row.issue());
  part.set_sub_issue(row.sub_issue());
  part.set_channel(row.channel());
  part.set_asset(row.asset());
  part.set_respondent(row.respondent());
  part.set_queue(row.queue());
  part.set_assignee(row.assignee());
  part.set_priority(row.priority());
  part.set_split_from(request.case_id());
  if (!request.note().empty()) part.mutable_description()->set_clear(request.note());
  return part;
}

}  // namespace

MaybeRefusal DecideChangeCase(const ChangeCaseRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  const CaseRow* found = decision.state().Find<CaseRow>(request.case_id());
  if (found == nullptr) return RefuseUnknownCase();
  const CaseRow row = *found;
  const std::optional<ev::CaseStatus> to = StatusAfter(row.status(), request.action());
  if (!to) {
    return Refuse(
        daybook::v1::REASON_CASE_ACTION_INVALID, "action",
        fmt::format("{} cannot follow {}", NameOf(request.action()), NameOf(row.status())));
  }
  if (!request.other_case_id().empty()) {
    if (auto r = CheckOtherCase(request, decision.state())) return r;
  }
  ev::CaseChanged changed = MakeChange(request, row, *to, decision.context().effective);
  MoveClocks(row, decision, &changed);
  if (changed.sla().version() != 0) {
    decision.UsesPolicy("slas/" + changed.sla().sla_id(), changed.sla().version());
  }
  decision.Emit(changed);
  if (request.action() == ev::CASE_ACTION_SPLIT) {
    EmitOpened(MakePart(request, row), row.has_sla() ? row.sla().sla_id() : "", decision);
  }
  return std::nullopt;
}

void AnswerChangeCase(const Recorded& recorded, daybook::v1::ChangeCaseResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_CASE_CHANGED) continue;
    const auto& changed = event.As<ev::CaseChanged>();
    response->set_case_name(CaseName(recorded.entity.id, changed.case_id()));
    response->set_status(changed.to());
    *response->mutable_clocks() = changed.clocks();
  }
}

}  // namespace daybook::projections::cases
