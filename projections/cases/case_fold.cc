#include "projections/cases/case_fold.h"

#include <algorithm>

#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/rules.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

void TakeClocks(const google::protobuf::RepeatedPtrField<ev::CaseClock>& clocks, CaseRow& row) {
  for (const ev::CaseClock& clock : clocks) SetClock(clock, row.mutable_clocks());
}

void Open(const Event& event, const ev::CaseOpened& opened, CaseRow& row) {
  row.set_seen(true);
  if (row.status() == ev::CASE_STATUS_UNSPECIFIED) row.set_status(ev::CASE_STATUS_NEW);
  row.set_product(opened.product());
  row.set_sub_product(opened.sub_product());
  row.set_issue(opened.issue());
  row.set_sub_issue(opened.sub_issue());
  row.set_channel(opened.channel());
  row.set_asset(opened.asset());
  row.set_respondent(opened.respondent());
  row.set_queue(opened.queue());
  row.set_assignee(opened.assignee());
  row.set_priority(opened.priority());
  row.set_split_from(opened.split_from());
  row.set_opened_at_us(event.occurred_at.micros);
  if (opened.has_sla()) *row.mutable_sla() = opened.sla();
  TakeClocks(opened.clocks(), row);
}

void Change(const Event& event, const ev::CaseChanged& changed, CaseRow& row) {
  row.set_status(changed.to());
  if (!changed.response().empty()) row.set_response(changed.response());
  if (!changed.resolution_code().empty()) row.set_resolution_code(changed.resolution_code());
  if (changed.timeliness() != ev::CASE_TIMELINESS_UNSPECIFIED) {
    row.set_timeliness(changed.timeliness());
  }
  if (changed.priority() != ev::CASE_PRIORITY_UNSPECIFIED) row.set_priority(changed.priority());
  switch (changed.action()) {
    case ev::CASE_ACTION_ASSIGNED:
      row.set_queue(changed.queue());
      row.set_assignee(changed.assignee());
      break;
    case ev::CASE_ACTION_FORWARDED:
      row.set_forwarded_at_us(FromProto(changed.forwarded_at()).micros);
      break;
    case ev::CASE_ACTION_ANSWERED:
      row.set_answered(true);
      break;
    case ev::CASE_ACTION_RESOLVED:
      row.set_answered(true);
      row.set_resolved_at_us(event.occurred_at.micros);
      break;
    case ev::CASE_ACTION_DISPUTED:
      row.set_disputed(true);
      break;
    case ev::CASE_ACTION_MERGED:
      row.set_merged_into(changed.other_case_id());
      break;
    default:
      break;
  }
  if (changed.from() == ev::CASE_STATUS_RESOLVED && IsOpen(changed.to())) {
    row.set_reopened(row.reopened() + 1);
    row.clear_resolved_at_us();
  }
  if (changed.has_sla()) *row.mutable_sla() = changed.sla();
  TakeClocks(changed.clocks(), row);
}

// Opens the row of the case, lets `apply` change it, and notes both.
template <typename Payload, typename Apply>
CaseStep Step(const Payload& payload, RowGroup& rows, Apply apply) {
  CaseRow& row = rows.Mutable<CaseRow>(payload.case_id());
  CaseStep step{payload.case_id(), row, {}};
  apply(payload, row);
  step.after = row;
  return step;
}

}  // namespace

bool IsCaseEvent(EventType type) {
  return type == ev::EVENT_TYPE_CASE_OPENED || type == ev::EVENT_TYPE_CASE_CHANGED ||
         type == ev::EVENT_TYPE_CASE_ESCALATED || type == ev::EVENT_TYPE_CASE_SLA_BREACHED;
}

std::optional<CaseStep> FoldCase(const Event& event, RowGroup& rows) {
  const auto note_latest = [&event](CaseRow& row) {
    row.set_latest_us(std::max(row.latest_us(), event.occurred_at.micros));
  };
  switch (event.type) {
    case ev::EVENT_TYPE_CASE_OPENED:
      return Step(event.As<ev::CaseOpened>(), rows, [&](const auto& payload, CaseRow& row) {
        Open(event, payload, row);
        note_latest(row);
      });
    case ev::EVENT_TYPE_CASE_CHANGED:
      return Step(event.As<ev::CaseChanged>(), rows, [&](const auto& payload, CaseRow& row) {
        Change(event, payload, row);
        note_latest(row);
      });
    case ev::EVENT_TYPE_CASE_ESCALATED:
      return Step(event.As<ev::CaseEscalated>(), rows, [](const auto& payload, CaseRow& row) {
        ev::CaseClock* clock = FindClock(payload.clock(), row.mutable_clocks());
        if (clock != nullptr) clock->set_escalated(true);
      });
    case ev::EVENT_TYPE_CASE_SLA_BREACHED:
      return Step(event.As<ev::CaseSlaBreached>(), rows, [](const auto& payload, CaseRow& row) {
        ev::CaseClock* clock = FindClock(payload.clock(), row.mutable_clocks());
        if (clock != nullptr) clock->set_state(ev::SLA_CLOCK_STATE_BREACHED);
      });
    default:
      return std::nullopt;
  }
}

}  // namespace daybook::projections::cases
