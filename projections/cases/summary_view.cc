// The view case_summary and its question.
#include "projections/cases/case_fold.h"
#include "projections/cases/views.h"
#include "projections/customers/rules.h"
#include "projections/engine/tally.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr char kTotalsIndex[] = "totals";

// Frozen for a version of the view.
enum Dimension : uint8_t { kChannel = 1, kProduct, kIssue, kQueue, kResponse };

using Numbers = google::protobuf::RepeatedField<int64_t>;

void AddAt(int index, int64_t by, Numbers* numbers) {
  while (numbers->size() <= index) numbers->Add(0);
  numbers->Set(index, numbers->Get(index) + by);
}

// What one case adds to the totals.
void Count(const CaseRow& row, int64_t by, CaseTotalsRow& totals) {
  if (!row.seen()) return;
  totals.set_cases(totals.cases() + by);
  AddAt(row.status(), by, totals.mutable_statuses());
  if (row.timeliness() == ev::CASE_TIMELINESS_TIMELY) totals.set_timely(totals.timely() + by);
  if (row.timeliness() == ev::CASE_TIMELINESS_UNTIMELY) totals.set_untimely(totals.untimely() + by);
  if (row.disputed()) totals.set_disputed(totals.disputed() + by);
  if (row.reopened() > 0) totals.set_reopened(totals.reopened() + by);
}

// A case whose opening was not seen has no place in any of the counts.
void Move(const CaseRow& before, const CaseRow& after, RowGroup& group) {
  static const CaseRow kNone;
  const CaseRow& old = before.seen() ? before : kNone;
  const CaseRow& now = after.seen() ? after : kNone;
  MoveInTally(group, kChannel, old.channel(), now.channel());
  MoveInTally(group, kProduct, old.product(), now.product());
  MoveInTally(group, kIssue, old.issue(), now.issue());
  MoveInTally(group, kQueue, old.queue(), now.queue());
  MoveInTally(group, kResponse, old.response(), now.response());
}

class SummaryView : public View {
 public:
  std::string_view name() const override { return kSummaryView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return IsCaseEvent(type); }
  void Apply(const Event& event, ViewState& state) const override {
    const std::optional<CaseStep> step = FoldCase(event, state.entity());
    if (!step) return;
    RowGroup& group = state.index(kTotalsIndex);
    CaseTotalsRow& totals = group.Mutable<CaseTotalsRow>();
    Count(step->before, -1, totals);
    Count(step->after, +1, totals);
    if (event.type == ev::EVENT_TYPE_CASE_ESCALATED) {
      totals.set_escalations(totals.escalations() + 1);
    } else if (event.type == ev::EVENT_TYPE_CASE_SLA_BREACHED) {
      AddAt(event.As<ev::CaseSlaBreached>().clock(), 1, totals.mutable_breaches());
    }
    Move(step->before, step->after, group);
  }
};

void AddTo(const Numbers& part, Numbers* sum) {
  for (int i = 0; i < part.size(); ++i) AddAt(i, part.Get(i), sum);
}

void Add(const CaseTotalsRow& part, CaseTotalsRow* sum) {
  sum->set_cases(sum->cases() + part.cases());
  AddTo(part.statuses(), sum->mutable_statuses());
  sum->set_timely(sum->timely() + part.timely());
  sum->set_untimely(sum->untimely() + part.untimely());
  sum->set_disputed(sum->disputed() + part.disputed());
  sum->set_reopened(sum->reopened() + part.reopened());
  AddTo(part.breaches(), sum->mutable_breaches());
  sum->set_escalations(sum->escalations() + part.escalations());
}

}  // namespace

std::unique_ptr<View> MakeSummaryView() { return std::make_unique<SummaryView>(); }

MaybeRefusal ValidateSummary(const daybook::v1::GetCaseSummaryRequest& request, EntityRef* entity) {
  entity->id.clear();
  return customers::RefuseHistory(request.read());
}

MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetCaseSummaryRequest& /*request*/,
                         daybook::v1::GetCaseSummaryResponse* response) {
  CaseTotalsRow sum;
  TallySum channels(kChannel), products(kProduct), issues(kIssue), queues(kQueue),
      responses(kResponse);
  scope.ScanIndex(kTotalsIndex, [&](const RowGroup& group) {
    if (const auto* part = group.Find<CaseTotalsRow>()) Add(*part, &sum);
    for (TallySum* tally : {&channels, &products, &issues, &queues, &responses}) tally->Add(group);
  });
  response->set_cases(sum.cases());
  channels.Fill(response->mutable_channels());
  products.Fill(response->mutable_products());
  issues.Fill(response->mutable_issues());
  queues.Fill(response->mutable_queues());
  responses.Fill(response->mutable_responses());
  for (int status = 0; status < sum.statuses_size(); ++status) {
    if (sum.statuses(status) == 0) continue;
    daybook::v1::CaseStatusCount& count = *response->add_statuses();
    count.set_status(static_cast<ev::CaseStatus>(status));
    count.set_count(sum.statuses(status));
  }
  response->set_timely(sum.timely());
  response->set_untimely(sum.untimely());
  response->set_disputed(sum.disputed());
  response->set_reopened(sum.reopened());
  for (int clock = 0; clock < sum.breaches_size(); ++clock) {
    if (sum.breaches(clock) == 0) continue;
    daybook::v1::CaseBreachCount& count = *response->add_breaches();
    count.set_clock(static_cast<ev::SlaClock>(clock));
    count.set_count(sum.breaches(clock));
  }
  response->set_escalations(sum.escalations());
  return std::nullopt;
}

}  // namespace daybook::projections::cases
