// The fold of the view `cases`.
#include <algorithm>

#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/case_fold.h"
#include "projections/cases/holders.h"
#include "projections/cases/rules.h"
#include "projections/cases/views.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

void NoteChange(const ev::CaseChanged& changed, CaseEntryRow& entry) {
  entry.set_action(changed.action());
  entry.set_reason(changed.reason());
  entry.set_response(changed.response());
  entry.set_other_case_id(changed.other_case_id());
  if (changed.has_note()) *entry.mutable_note() = changed.note();
}

template <typename Payload>
void NoteClock(const Payload& payload, bool breached, CaseEntryRow& entry) {
  entry.set_clock(payload.clock());
  entry.set_breached(breached);
  entry.set_due_at_us(FromProto(payload.due_at()).micros);
}

void NoteEntry(const Event& event, const CaseStep& step, RowGroup& rows) {
  CaseEntryRow& entry = rows.Mutable<CaseEntryRow>(CasePrefix(step.case_id) + EventKey(event));
  entry.set_status(step.after.status());
  entry.set_queue(step.after.queue());
  entry.set_assignee(step.after.assignee());
  entry.set_actor_kind(event.context->actor().kind());
  entry.set_actor_id(event.context->actor().id());
  if (event.type == ev::EVENT_TYPE_CASE_CHANGED) {
    NoteChange(event.As<ev::CaseChanged>(), entry);
  } else if (event.type == ev::EVENT_TYPE_CASE_ESCALATED) {
    NoteClock(event.As<ev::CaseEscalated>(), false, entry);
  } else if (event.type == ev::EVENT_TYPE_CASE_SLA_BREACHED) {
    NoteClock(event.As<ev::CaseSlaBreached>(), true, entry);
  }
}

class CasesView : public View {
 public:
  std::string_view name() const override { return kCasesView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return IsCaseEvent(type); }
  void Apply(const Event& event, ViewState& state) const override {
    RowGroup& rows = state.entity();
    const std::optional<CaseStep> step = FoldCase(event, rows);
    if (!step) return;
    NoteEntry(event, *step, rows);
    NoteHolder(event.occurred_at, *step, rows);
    if (event.type != ev::EVENT_TYPE_CASE_OPENED) return;
    const auto& opened = event.As<ev::CaseOpened>();
    rows.Mutable<CaseByTimeRow>(EventKey(event)).set_case_id(opened.case_id());
    if (opened.has_description()) {
      *rows.Mutable<CaseDescriptionRow>(opened.case_id()).mutable_description() =
          opened.description();
    }
  }
};

}  // namespace

std::unique_ptr<View> MakeCasesView() { return std::make_unique<CasesView>(); }

}  // namespace daybook::projections::cases
