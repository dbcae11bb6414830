// Questions to the view `cases` and to the agreements.
#include "fmt/format.h"
#include "projections/cases/holders.h"
#include "projections/cases/rules.h"
#include "projections/cases/sla.h"
#include "projections/cases/views.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/page.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 1000;

MaybeRefusal NameCase(const std::string& name, EntityRef* entity) {
  std::string case_id;
  entity->kind = ev::ENTITY_KIND_CUSTOMER;
  return ParseChild("case_name", name, "cases", &entity->id, &case_id);
}

MaybeRefusal CheckPage(int32_t page_size) {
  int32_t ignored = 0;
  return CheckPageSize("page_size", page_size, kStandardPage, kLargestPage, &ignored);
}

int32_t PageOf(int32_t page_size) { return page_size == 0 ? kStandardPage : page_size; }

// What is due by `at` has passed, recorded or not.
ev::CaseClock ClockAt(ev::CaseClock clock, Timestamp at) {
  if (clock.state() == ev::SLA_CLOCK_STATE_RUNNING && FromProto(clock.due_at()) <= at) {
    clock.set_state(ev::SLA_CLOCK_STATE_BREACHED);
  }
  if (clock.has_escalates_at() && !clock.has_stopped_at() &&
      FromProto(clock.escalates_at()) <= at) {
    clock.set_escalated(true);
  }
  return clock;
}

// Fills the answer from one customer's rows.
class CaseReader {
 public:
  CaseReader(const ReadScope& scope, std::string_view customer)
      : scope_(scope), person_{scope.tenant(), ev::ENTITY_KIND_CUSTOMER, std::string(customer)} {}

  void Fill(const std::string& case_id, const CaseRow& row, daybook::v1::Case* out) const {
    out->set_name(CaseName(person_.id, case_id));
    out->set_status(row.status());
    out->set_product(row.product());
    out->set_sub_product(row.sub_product());
    out->set_issue(row.issue());
    out->set_sub_issue(row.sub_issue());
    out->set_channel(row.channel());
    out->set_asset(row.asset());
    out->set_respondent(row.respondent());
    out->set_queue(row.queue());
    out->set_assignee(row.assignee());
    out->set_priority(row.priority());
    const auto* text = scope_.entity().Find<CaseDescriptionRow>(case_id);
    if (text != nullptr) {
      bool erased = false;
      out->set_description(scope_.opener().Open(text->description(), person_, &erased));
      out->set_description_erased(erased);
    }
    out->set_response(row.response());
    out->set_resolution_code(row.resolution_code());
    out->set_timeliness(row.timeliness());
    out->set_disputed(row.disputed());
    out->set_reopened(row.reopened());
    *out->mutable_opened_at() = ToProto({row.opened_at_us()});
    if (row.has_forwarded_at_us()) *out->mutable_forwarded_at() = ToProto({row.forwarded_at_us()});
    if (row.has_resolved_at_us()) *out->mutable_resolved_at() = ToProto({row.resolved_at_us()});
    if (!row.merged_into().empty()) out->set_merged_into(CaseName(person_.id, row.merged_into()));
    if (!row.split_from().empty()) out->set_split_from(CaseName(person_.id, row.split_from()));
    if (row.has_sla()) *out->mutable_sla() = row.sla();
    for (const ev::CaseClock& clock : row.clocks()) {
      *out->add_clocks() = ClockAt(clock, scope_.at());
    }
  }

  void Fill(Timestamp occurred_at, const CaseEntryRow& row, daybook::v1::CaseEntry* out) const {
    *out->mutable_occurred_at() = ToProto(occurred_at);
    out->set_action(row.action());
    out->set_status(row.status());
    out->set_queue(row.queue());
    out->set_assignee(row.assignee());
    out->set_actor_kind(row.actor_kind());
    out->set_actor_id(row.actor_id());
    out->set_reason(row.reason());
    out->set_response(row.response());
    out->set_other_case_id(row.other_case_id());
    if (row.has_note()) {
      bool erased = false;
      out->set_note(scope_.opener().Open(row.note(), person_, &erased));
      out->set_note_erased(erased);
    }
    if (row.clock() == ev::SLA_CLOCK_UNSPECIFIED) return;
    out->set_clock(row.clock());
    out->set_breached(row.breached());
    *out->mutable_due_at() = ToProto({row.due_at_us()});
  }

 private:
  const ReadScope& scope_;
  const EntityRef person_;
};

}  // namespace

MaybeRefusal ValidateGetCase(const daybook::v1::GetCaseRequest& request, EntityRef* entity) {
  return NameCase(request.case_name(), entity);
}

MaybeRefusal ReadCase(const ReadScope& scope, const daybook::v1::GetCaseRequest& request,
                      daybook::v1::GetCaseResponse* response) {
  EntityRef customer;
  if (auto r = NameCase(request.case_name(), &customer)) return r;
  const std::string case_id = CaseIdOf(request.case_name());
  const CaseRow* row = scope.entity().Find<CaseRow>(case_id);
  if (row == nullptr || !row->seen()) {
    return Refuse(daybook::v1::REASON_CASE_UNKNOWN, "case_name",
                  "the customer has no case of this id");
  }
  CaseReader(scope, customer.id).Fill(case_id, *row, response->mutable_found());
  FillHolders(scope.entity(), case_id, scope.at(), response->mutable_holders());
  return std::nullopt;
}

MaybeRefusal ValidateListCases(const daybook::v1::ListCasesRequest& request, EntityRef* entity) {
  if (auto r = customers::NameCustomer("customer", request.customer(), entity)) return r;
  return CheckPage(request.page_size());
}

MaybeRefusal ReadCases(const ReadScope& scope, const daybook::v1::ListCasesRequest& request,
                       daybook::v1::ListCasesResponse* response) {
  EntityRef customer;
  if (auto r = customers::NameCustomer("customer", request.customer(), &customer)) return r;
  const CaseReader reader(scope, customer.id);
  // The cursor is the key of the last case of the page before.
  struct Place {
    std::string key;
    std::string case_id;
  };
  std::vector<Place> places;  // of this page, and one more
  const int32_t page_size = PageOf(request.page_size());
  scope.entity().Scan<CaseByTimeRow>({}, request.page_token(), ScanOrder::kDescending,
                                     [&](std::string_view key, const CaseByTimeRow& row) {
                                       if (key != request.page_token())
                                         places.push_back({std::string(key), row.case_id()});
                                       return static_cast<int32_t>(places.size()) <= page_size;
                                     });
  Page page(page_size);
  const std::string* last = nullptr;
  for (const Place& place : places) {
    if (page.full()) {
      response->set_next_page_token(*last);
      break;
    }
    const CaseRow* row = scope.entity().Find<CaseRow>(place.case_id);
    if (row == nullptr || !row->seen()) continue;
    daybook::v1::Case* out = response->add_cases();
    reader.Fill(place.case_id, *row, out);
    page.Add(*out);
    last = &place.key;
  }
  return std::nullopt;
}

MaybeRefusal ValidateListCaseEntries(const daybook::v1::ListCaseEntriesRequest& request,
                                     EntityRef* entity) {
  if (auto r = NameCase(request.case_name(), entity)) return r;
  return CheckPage(request.page_size());
}

MaybeRefusal ReadCaseEntries(const ReadScope& scope,
                             const daybook::v1::ListCaseEntriesRequest& request,
                             daybook::v1::ListCaseEntriesResponse* response) {
  EntityRef customer;
  if (auto r = NameCase(request.case_name(), &customer)) return r;
  const CaseReader reader(scope, customer.id);
  const std::string prefix = CasePrefix(CaseIdOf(request.case_name()));
  Page page(PageOf(request.page_size()));
  std::string last;
  scope.entity().Scan<CaseEntryRow>(prefix, request.page_token(), ScanOrder::kAscending,
                                    [&](std::string_view key, const CaseEntryRow& row) {
                                      if (key == request.page_token())
                                        return true;  // the last of the page before
                                      if (page.full()) {
                                        response->set_next_page_token(last);
                                        return false;
                                      }
                                      daybook::v1::CaseEntry* entry = response->add_entries();
                                      reader.Fill(InstantFromKey(key.substr(prefix.size())), row,
                                                  entry);
                                      page.Add(*entry);
                                      last = std::string(key);
                                      return true;
                                    });
  return std::nullopt;
}

MaybeRefusal ValidateGetSla(const daybook::v1::GetSlaRequest& request, EntityRef* entity) {
  entity->id.clear();
  if (auto r = CheckCode("sla_id", request.sla_id(), Presence::kRequired)) return r;
  Timestamp ignored;
  return request.has_at() ? CheckInstant("at", request.at(), &ignored) : std::nullopt;
}

MaybeRefusal ReadSla(const ReadScope& scope, const daybook::v1::GetSlaRequest& request,
                     daybook::v1::GetSlaResponse* response) {
  constexpr auto kKind = ev::EVENT_TYPE_SLA_PUBLISHED;
  const PolicySet& policies = scope.policies();
  const Timestamp at = request.has_at() ? FromProto(request.at()) : scope.at();
  const Sla* sla =
      request.version() != 0
          ? policies.Version<Sla>(scope.tenant(), kKind, request.sla_id(), request.version())
          : policies.InForce<Sla>(scope.tenant(), kKind, request.sla_id(), at);
  if (sla == nullptr) {
    return Refuse(daybook::v1::REASON_SLA_UNKNOWN, request.version() != 0 ? "version" : "sla_id",
                  fmt::format("agreement '{}' has {} versions, and not this one", request.sla_id(),
                              policies.LatestVersion(scope.tenant(), kKind, request.sla_id())));
  }
  *response->mutable_sla() = sla->published();
  return std::nullopt;
}

MaybeRefusal ValidateListSlas(const daybook::v1::ListSlasRequest& /*request*/, EntityRef* entity) {
  entity->id.clear();
  return std::nullopt;
}

MaybeRefusal ReadSlas(const ReadScope& scope, const daybook::v1::ListSlasRequest& /*request*/,
                      daybook::v1::ListSlasResponse* response) {
  constexpr auto kKind = ev::EVENT_TYPE_SLA_PUBLISHED;
  const PolicySet& policies = scope.policies();
  for (const std::string& id : policies.Ids(scope.tenant(), kKind)) {
    const uint32_t version = policies.LatestVersion(scope.tenant(), kKind, id);
    const Sla* sla = policies.Version<Sla>(scope.tenant(), kKind, id, version);
    if (sla != nullptr) *response->add_slas() = sla->published();
  }
  return std::nullopt;
}

}  // namespace daybook::projections::cases
