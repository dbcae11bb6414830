// The view case_queue and its question.
#include <algorithm>
#include <vector>

#include "projections/cases/case_fold.h"
#include "projections/cases/rules.h"
#include "projections/cases/views.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/page.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 1000;

// Index key of a queue. No queue is called so.
std::string_view IndexOf(std::string_view queue) { return queue.empty() ? "~" : queue; }

bool IsQueued(const CaseRow& row) { return row.seen() && IsOpen(row.status()); }

void FillRow(const CaseRow& from, QueuedCaseRow& row) {
  row.Clear();
  row.set_status(from.status());
  row.set_assignee(from.assignee());
  row.set_priority(from.priority());
  row.set_product(from.product());
  row.set_issue(from.issue());
  row.set_opened_at_us(from.opened_at_us());
  if (const ev::CaseClock* next = NextClock(from)) {
    row.set_due_at_us(FromProto(next->due_at()).micros);
    row.set_clock(next->clock());
  }
}

class QueueView : public View {
 public:
  std::string_view name() const override { return kQueueView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return IsCaseEvent(type); }
  void Apply(const Event& event, ViewState& state) const override {
    const std::optional<CaseStep> step = FoldCase(event, state.entity());
    if (!step) return;
    const auto key = [&](const CaseRow& row) {
      return UrgencyKey(row, event.entity_id, step->case_id);
    };
    if (IsQueued(step->before)) {
      state.index(IndexOf(step->before.queue())).Erase<QueuedCaseRow>(key(step->before));
    }
    if (IsQueued(step->after)) {
      FillRow(step->after,
              state.index(IndexOf(step->after.queue())).Mutable<QueuedCaseRow>(key(step->after)));
    }
  }
};

struct Queued {
  std::string key;
  QueuedCaseRow row;
};

void Fill(const Queued& queued, Timestamp at, daybook::v1::QueuedCase* out) {
  const QueuedCaseRow& row = queued.row;
  out->set_name(CaseName(CustomerOfUrgencyKey(queued.key), CaseOfUrgencyKey(queued.key)));
  out->set_status(row.status());
  out->set_assignee(row.assignee());
  out->set_priority(row.priority());
  out->set_product(row.product());
  out->set_issue(row.issue());
  *out->mutable_opened_at() = ToProto({row.opened_at_us()});
  if (!row.has_due_at_us()) return;
  *out->mutable_due_at() = ToProto({row.due_at_us()});
  out->set_clock(row.clock());
  out->set_breached(row.due_at_us() <= at.micros);
}

}  // namespace

std::unique_ptr<View> MakeQueueView() { return std::make_unique<QueueView>(); }

MaybeRefusal ValidateListCaseQueue(const daybook::v1::ListCaseQueueRequest& request,
                                   EntityRef* entity) {
  entity->id.clear();
  if (auto r = CheckCode("queue", request.queue(), Presence::kOptional)) return r;
  const bool open = request.status() == ev::CASE_STATUS_UNSPECIFIED || IsOpen(request.status());
  if (auto r = CheckEnum("status", request.status(), open, Presence::kOptional)) {
    r->message = "is not an open status";
    return r;
  }
  if (auto r = customers::RefuseHistory(request.read())) return r;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kLargestPage, &ignored);
}

MaybeRefusal ReadCaseQueue(const ReadScope& scope, const daybook::v1::ListCaseQueueRequest& request,
                           daybook::v1::ListCaseQueueResponse* response) {
  const int32_t page_size = request.page_size() == 0 ? kStandardPage : request.page_size();
  const size_t wanted = static_cast<size_t>(page_size) + 1;
  std::vector<Queued> queued;  // the first of each partition
  scope.ScanIndex(IndexOf(request.queue()), [&](const RowGroup& rows) {
    size_t taken = 0;
    rows.Scan<QueuedCaseRow>({}, request.page_token(), ScanOrder::kAscending,
                             [&](std::string_view key, const QueuedCaseRow& row) {
                               const bool fits = request.status() == ev::CASE_STATUS_UNSPECIFIED ||
                                                 request.status() == row.status();
                               if (!fits || key == request.page_token()) return true;
                               queued.push_back({std::string(key), row});
                               return ++taken < wanted;
                             });
  });
  std::sort(queued.begin(), queued.end(),
            [](const Queued& a, const Queued& b) { return a.key < b.key; });
  Page page(page_size);
  const std::string* last = nullptr;
  for (const Queued& next : queued) {
    if (page.full()) {
      response->set_next_page_token(*last);
      break;
    }
    daybook::v1::QueuedCase* out = response->add_cases();
    Fill(next, scope.at(), out);
    page.Add(*out);
    last = &next.key;
  }
  return std::nullopt;
}

}  // namespace daybook::projections::cases
