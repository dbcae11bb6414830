// Goal: a case goes only the ways that it may go; what is shown of it, of queues and in sum is what
// its events say, at any instant.
#include "projections/cases/cases.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "projections/cases/rules.h"
#include "projections/engine/validation.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/desk.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Change;
using testing::Desk;
using testing::On;
using testing::OpenCase;
using testing::Outcome;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

// Which actions may follow a status, and what they lead to, as the proto says it.
struct Step {
  ev::CaseAction action;
  ev::CaseStatus from;
  ev::CaseStatus to;
};
constexpr auto kNew = ev::CASE_STATUS_NEW;
constexpr auto kWork = ev::CASE_STATUS_IN_PROGRESS;
constexpr auto kPending = ev::CASE_STATUS_PENDING;
constexpr auto kWaiting = ev::CASE_STATUS_WAITING_FOR_CUSTOMER;
constexpr auto kResolved = ev::CASE_STATUS_RESOLVED;
constexpr auto kClosed = ev::CASE_STATUS_CLOSED;
constexpr auto kMerged = ev::CASE_STATUS_MERGED;
const std::vector<ev::CaseStatus> kOpenStatuses = {kNew, kWork, kPending, kWaiting};

std::vector<Step> AllSteps() {
  std::vector<Step> steps;
  const auto stays = [&](ev::CaseAction action, std::vector<ev::CaseStatus> from) {
    for (const ev::CaseStatus status : from) steps.push_back({action, status, status});
  };
  const auto leads = [&](ev::CaseAction action, std::vector<ev::CaseStatus> from,
                         ev::CaseStatus to) {
    for (const ev::CaseStatus status : from) steps.push_back({action, status, to});
  };
  stays(ev::CASE_ACTION_ASSIGNED, {kNew, kWork, kPending, kWaiting, kResolved});
  stays(ev::CASE_ACTION_PRIORITISED, kOpenStatuses);
  leads(ev::CASE_ACTION_STARTED, {kNew, kPending, kWaiting}, kWork);
  leads(ev::CASE_ACTION_PENDED, {kNew, kWork, kWaiting}, kPending);
  leads(ev::CASE_ACTION_WAITED_FOR_CUSTOMER, {kNew, kWork, kPending}, kWaiting);
  leads(ev::CASE_ACTION_ANSWERED, {kNew}, kWork);
  stays(ev::CASE_ACTION_ANSWERED, {kWork, kPending, kWaiting});
  leads(ev::CASE_ACTION_CUSTOMER_REPLIED, {kWaiting}, kWork);
  stays(ev::CASE_ACTION_CUSTOMER_REPLIED, {kNew, kWork, kPending});
  stays(ev::CASE_ACTION_FORWARDED, kOpenStatuses);
  stays(ev::CASE_ACTION_UPDATED, {kNew, kWork, kPending, kWaiting, kResolved, kClosed});
  leads(ev::CASE_ACTION_RESOLVED, kOpenStatuses, kResolved);
  leads(ev::CASE_ACTION_REOPENED, {kResolved}, kWork);
  leads(ev::CASE_ACTION_DISPUTED, {kResolved}, kWork);
  stays(ev::CASE_ACTION_DISPUTED, kOpenStatuses);
  leads(ev::CASE_ACTION_CLOSED, {kResolved}, kClosed);
  leads(ev::CASE_ACTION_MERGED, kOpenStatuses, kMerged);
  stays(ev::CASE_ACTION_SPLIT, kOpenStatuses);
  return steps;
}

// The action with what it cannot do without.
v1::ChangeCaseRequest Complete(const std::string& case_id, ev::CaseAction action) {
  v1::ChangeCaseRequest request = Change("1", case_id, action);
  if (action == ev::CASE_ACTION_ASSIGNED) request.set_assignee("bo");
  if (action == ev::CASE_ACTION_PRIORITISED) request.set_priority(ev::CASE_PRIORITY_HIGH);
  if (action == ev::CASE_ACTION_UPDATED) request.set_response("As before");
  if (action == ev::CASE_ACTION_MERGED) request.set_other_case_id("target");
  if (action == ev::CASE_ACTION_SPLIT) request.set_other_case_id("part-of-" + case_id);
  return request;
}

// Brings a new case into a status.
void Bring(Desk& desk, const std::string& case_id, ev::CaseStatus status) {
  REQUIRE(desk.Do(OpenCase("1", case_id)) == "OK");
  const std::map<ev::CaseStatus, std::vector<ev::CaseAction>> ways = {
      {kNew, {}},
      {kWork, {ev::CASE_ACTION_STARTED}},
      {kPending, {ev::CASE_ACTION_PENDED}},
      {kWaiting, {ev::CASE_ACTION_WAITED_FOR_CUSTOMER}},
      {kResolved, {ev::CASE_ACTION_RESOLVED}},
      {kClosed, {ev::CASE_ACTION_RESOLVED, ev::CASE_ACTION_CLOSED}},
      {kMerged, {ev::CASE_ACTION_MERGED}}};
  for (const ev::CaseAction action : ways.at(status)) {
    REQUIRE(desk.Do(Complete(case_id, action)) == "OK");
  }
}

TEST_CASE("every action follows every status as the proto says, and no other", "[cases]") {
  const std::vector<Step> steps = AllSteps();
  Desk desk;
  REQUIRE(desk.Do(testing::Register("1")) == "OK");
  REQUIRE(desk.Do(OpenCase("1", "target")) == "OK");
  for (int status = ev::CASE_STATUS_NEW; status <= ev::CaseStatus_MAX; ++status) {
    for (int action = ev::CASE_ACTION_ASSIGNED; action <= ev::CaseAction_MAX; ++action) {
      const std::string id = std::to_string(status) + "-" + std::to_string(action);
      INFO(ev::CaseStatus_Name(status) << " " << ev::CaseAction_Name(action));
      Bring(desk, id, static_cast<ev::CaseStatus>(status));
      const auto step = std::find_if(steps.begin(), steps.end(), [&](const Step& s) {
        return s.from == status && s.action == action;
      });
      v1::ChangeCaseResponse response;
      const auto request = Complete(id, static_cast<ev::CaseAction>(action));
      const std::string outcome = Outcome(desk.world.Do(request, &response));
      if (step == steps.end()) {
        CHECK(outcome == "CASE_ACTION_INVALID action");
      } else {
        CHECK(outcome == "OK");
        CHECK(response.status() == step->to);
        CHECK(desk.Case("1", id).status() == step->to);
      }
    }
  }
  CHECK(desk.world.Dump("cases") == desk.world.DumpRebuilt("cases"));
  CHECK(desk.world.Dump("case_queue") == desk.world.DumpRebuilt("case_queue"));
  CHECK(desk.world.Dump("case_summary") == desk.world.DumpRebuilt("case_summary"));
}

TEST_CASE_METHOD(Desk, "fields are those of the action, in their shapes", "[cases]") {
  REQUIRE(Do(testing::Register("1")) == "OK");
  REQUIRE(Do(OpenCase("1", "k")) == "OK");
  using R = v1::ChangeCaseRequest;
  const auto outcome = [&](ev::CaseAction action, auto change) {
    R request = Change("1", "k", action);
    change(request);
    return Do(request);
  };
  constexpr auto kStart = ev::CASE_ACTION_STARTED;
  CHECK(outcome(ev::CASE_ACTION_UNSPECIFIED, [](R&) {}) == "FIELD_REQUIRED action");
  CHECK(outcome(static_cast<ev::CaseAction>(99), [](R&) {}) == "FIELD_INVALID action");
  CHECK(outcome(kStart, [](R& r) { r.clear_customer(); }) == "CUSTOMER_MISSING customer");
  CHECK(outcome(kStart, [](R& r) { r.set_case_id("a b"); }) == "FIELD_INVALID case_id");
  CHECK(outcome(kStart, [](R& r) { r.set_queue("q"); }) == "FIELD_INVALID queue");
  CHECK(outcome(kStart, [](R& r) { r.set_assignee("bo"); }) == "FIELD_INVALID assignee");
  CHECK(outcome(kStart, [](R& r) { r.set_unassign(true); }) == "FIELD_INVALID unassign");
  CHECK(outcome(kStart, [](R& r) { r.set_priority(ev::CASE_PRIORITY_LOW); }) ==
        "FIELD_INVALID priority");
  CHECK(outcome(kStart, [](R& r) { r.set_response("x"); }) == "FIELD_INVALID response");
  CHECK(outcome(ev::CASE_ACTION_ANSWERED, [](R& r) { r.set_resolution_code("x"); }) ==
        "FIELD_INVALID resolution_code");
  CHECK(outcome(kStart, [](R& r) { r.set_timeliness(ev::CASE_TIMELINESS_TIMELY); }) ==
        "FIELD_INVALID timeliness");
  CHECK(outcome(kStart, [](R& r) { r.mutable_forwarded_at(); }) == "FIELD_INVALID forwarded_at");
  CHECK(outcome(ev::CASE_ACTION_FORWARDED, [](R& r) { r.mutable_forwarded_at()->set_nanos(-1); }) ==
        "INSTANT_OUT_OF_RANGE forwarded_at");
  CHECK(outcome(kStart, [](R& r) { r.set_other_case_id("x"); }) == "FIELD_INVALID other_case_id");
  CHECK(outcome(kStart, [](R& r) { r.set_note(std::string(16'385, 'x')); }) ==
        "FIELD_INVALID note");
  CHECK(outcome(kStart, [](R& r) { r.set_reason("a b"); }) == "FIELD_INVALID reason");
  CHECK(outcome(ev::CASE_ACTION_ASSIGNED, [](R&) {}) == "FIELD_REQUIRED assignee");
  CHECK(outcome(ev::CASE_ACTION_ASSIGNED, [](R& r) {
          r.set_assignee("bo");
          r.set_unassign(true);
        }) == "FIELDS_EXCLUSIVE unassign");
  CHECK(outcome(ev::CASE_ACTION_PRIORITISED, [](R&) {}) == "FIELD_REQUIRED priority");
  CHECK(outcome(ev::CASE_ACTION_UPDATED, [](R&) {}) == "FIELD_REQUIRED response");
  CHECK(outcome(ev::CASE_ACTION_RESOLVED, [](R& r) { r.set_response(std::string(129, 'x')); }) ==
        "FIELD_INVALID response");
  CHECK(outcome(ev::CASE_ACTION_MERGED, [](R&) {}) == "FIELD_REQUIRED other_case_id");
  CHECK(outcome(ev::CASE_ACTION_MERGED, [](R& r) { r.set_other_case_id("nobody"); }) ==
        "CASE_UNKNOWN other_case_id");
  CHECK(outcome(ev::CASE_ACTION_SPLIT, [](R& r) { r.set_other_case_id("k"); }) ==
        "CASE_EXISTS other_case_id");
  auto open = OpenCase("1", "new");
  open.set_product("a\nb");
  CHECK(Do(open) == "FIELD_INVALID product");
  open = OpenCase("1", "new");
  open.set_priority(static_cast<ev::CasePriority>(99));
  CHECK(Do(open) == "FIELD_INVALID priority");
  CHECK(Case("1", "k").status() == kNew);
}

TEST_CASE_METHOD(Desk, "what was said can be forgotten, what it was about stays", "[cases]") {
  REQUIRE(Do(testing::Register("1")) == "OK");
  auto open = OpenCase("1", "k");
  open.set_description("My name is Ada");
  open.set_product("Mortgage");
  REQUIRE(Do(open) == "OK");
  auto note = Change("1", "k", ev::CASE_ACTION_STARTED);
  note.set_note("Called Ada");
  REQUIRE(Do(note) == "OK");
  CHECK(Case("1", "k").description() == "My name is Ada");
  world.Erase(testing::Customer("1"));
  CHECK(Case("1", "k").description().empty());
  CHECK(Case("1", "k").description_erased());
  CHECK(Case("1", "k").product() == "Mortgage");
  v1::ListCaseEntriesRequest request;
  request.set_case_name("customers/1/cases/k");
  v1::ListCaseEntriesResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  REQUIRE(response.entries_size() == 2);
  CHECK(response.entries(1).note().empty());
  CHECK(response.entries(1).note_erased());
}

TEST_CASE_METHOD(Desk, "a queue shows the next to be due, then priority, then the oldest",
                 "[cases]") {
  REQUIRE(Do(testing::Publish(testing::DeskSla())) == "OK");
  world.SetNow(At("2024-03-04T09:00:00Z"));
  const auto open = [&](const std::string& customer, const std::string& id,
                        ev::CasePriority priority, const char* at) {
    Do(testing::Register(customer));
    auto request = OpenCase(customer, id);
    request.set_priority(priority);
    request.set_queue("q");
    REQUIRE(DoAt(at, request) == "OK");
  };
  open("1", "normal", ev::CASE_PRIORITY_NORMAL, "2024-03-04T09:00:00Z");
  open("2", "low", ev::CASE_PRIORITY_LOW, "2024-03-04T09:00:00Z");
  open("3", "late", ev::CASE_PRIORITY_NORMAL, "2024-03-04T09:30:00Z");
  open("4", "urgent", ev::CASE_PRIORITY_URGENT, "2024-03-04T10:00:00Z");
  const auto name = [](const char* customer, const char* id) {
    return std::string("customers/") + customer + "/cases/" + id;
  };
  std::vector<std::string> wanted = {name("4", "urgent"), name("1", "normal"), name("2", "low"),
                                     name("3", "late")};
  CHECK(Queue("q") == wanted);
  CHECK(Queue("q", 1) == wanted);
  CHECK(Queue("q", 3) == wanted);
  CHECK(Queue("").empty());
  // Answered, it waits for its resolution only.
  REQUIRE(Do(Change("1", "normal", ev::CASE_ACTION_ANSWERED)) == "OK");
  wanted = {name("4", "urgent"), name("2", "low"), name("3", "late"), name("1", "normal")};
  CHECK(Queue("q", 2) == wanted);
  auto moved = Change("2", "low", ev::CASE_ACTION_ASSIGNED);
  moved.set_queue("other");
  REQUIRE(Do(moved) == "OK");
  CHECK(Queue("other") == std::vector<std::string>{name("2", "low")});
  REQUIRE(Do(Change("4", "urgent", ev::CASE_ACTION_RESOLVED)) == "OK");
  wanted = {name("3", "late"), name("1", "normal")};
  CHECK(Queue("q") == wanted);
  v1::ListCaseQueueRequest request;
  request.set_status(kResolved);
  v1::ListCaseQueueResponse response;
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_INVALID status");
}

TEST_CASE("queues, sums and rebuilt views agree with the cases, whatever is done", "[cases]") {
  rc::prop("random desks", [] {
    Desk desk;
    RC_ASSERT(desk.Do(testing::Publish(testing::DeskSla())) == "OK");
    for (const char* customer : {"1", "2"}) desk.Do(testing::Register(customer));
    int64_t now = At("2024-03-01T09:00:00Z").micros;
    std::map<std::string, std::string> known;  // case id → customer
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
      now += *rc::gen::inRange<int64_t>(0, 600) * 60'000'000;
      desk.world.SetNow({now});
      desk.world.FireDue();
      const Timestamp at{now - *rc::gen::element<int64_t>(0, 0, 0, 45, 3000) * 60'000'000};
      const std::string id = "k" + std::to_string(*rc::gen::inRange(0, 6));
      const std::string customer = *rc::gen::element<std::string>("1", "2");
      if (*rc::gen::inRange(0, 4) == 0) {
        auto open = OpenCase(customer, id);
        open.set_queue(*rc::gen::element<std::string>("", "q", "r"));
        open.set_product(*rc::gen::element<std::string>("", "A", "B"));
        open.set_priority(static_cast<ev::CasePriority>(*rc::gen::inRange(0, 5)));
        if (desk.Do(On(open, at)) == "OK") known[customer + id] = customer;
      } else {
        auto change =
            Change(customer, id,
                   static_cast<ev::CaseAction>(*rc::gen::inRange<int>(1, ev::CaseAction_MAX + 1)));
        if (change.action() == ev::CASE_ACTION_ASSIGNED) {
          change.set_queue(*rc::gen::element<std::string>("q", "r"));
        }
        if (change.action() == ev::CASE_ACTION_PRIORITISED) {
          change.set_priority(static_cast<ev::CasePriority>(*rc::gen::inRange(1, 5)));
        }
        if (change.action() == ev::CASE_ACTION_UPDATED) change.set_response("R");
        if (change.action() == ev::CASE_ACTION_MERGED || change.action() == ev::CASE_ACTION_SPLIT) {
          change.set_other_case_id("k" + std::to_string(*rc::gen::inRange(0, 6)));
        }
        if (desk.Do(On(change, at)) == "OK" && change.action() == ev::CASE_ACTION_SPLIT) {
          known[customer + change.other_case_id()] = customer;
        }
      }
      if (*rc::gen::inRange(0, 5) == 0) desk.world.Flush();
    }
    std::map<std::string, int64_t> by_product;
    std::map<int, int64_t> by_status;
    std::map<std::string, std::vector<std::string>> open_by_queue;
    int64_t breaches = 0;
    for (const auto& [key, customer] : known) {
      const v1::Case found = desk.Case(customer, key.substr(1));
      if (!found.product().empty()) ++by_product[found.product()];
      ++by_status[found.status()];
      if (cases::IsOpen(found.status())) open_by_queue[found.queue()].push_back(found.name());
      for (const auto& clock : found.clocks()) {
        // A clock that was stopped was met exactly if it was stopped before it was due.
        if (clock.state() == ev::SLA_CLOCK_STATE_MET && clock.has_due_at()) {
          RC_ASSERT(FromProto(clock.stopped_at()) < FromProto(clock.due_at()));
        }
        RC_ASSERT((clock.state() == ev::SLA_CLOCK_STATE_PAUSED) == clock.has_remaining());
        if (clock.state() == ev::SLA_CLOCK_STATE_RUNNING) {
          RC_ASSERT(FromProto(clock.due_at()).micros > now);
        }
      }
    }
    for (const auto* breached : desk.world.All<ev::CaseSlaBreached>()) {
      ++breaches;
      RC_ASSERT(FromProto(breached->due_at()).micros <= now);
    }
    const auto summary = desk.Summary();
    RC_ASSERT(summary.cases() == static_cast<int64_t>(known.size()));
    std::map<std::string, int64_t> products;
    for (const auto& count : summary.products()) products[count.value()] = count.count();
    RC_ASSERT(products == by_product);
    std::map<int, int64_t> statuses;
    for (const auto& count : summary.statuses()) statuses[count.status()] = count.count();
    RC_ASSERT(statuses == by_status);
    int64_t counted = 0;
    for (const auto& count : summary.breaches()) counted += count.count();
    RC_ASSERT(counted == breaches);
    for (const char* queue : {"", "q", "r"}) {
      std::vector<std::string> queued = desk.Queue(queue, *rc::gen::inRange(1, 8));
      std::sort(queued.begin(), queued.end());
      std::sort(open_by_queue[queue].begin(), open_by_queue[queue].end());
      RC_ASSERT(queued == open_by_queue[queue]);
    }
    for (const char* view : {"cases", "case_queue", "case_summary", ""}) {
      RC_ASSERT(desk.world.Dump(view) == desk.world.DumpRebuilt(view));
    }
  });
}

}  // namespace
}  // namespace daybook::projections
