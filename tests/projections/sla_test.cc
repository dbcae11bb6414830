// Goal: an agreement that makes no sense is refused where it is published; the clocks of a case
// speak at their exact instants, once.
#include <catch2/catch.hpp>

#include "projections/cases/state.h"
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

TEST_CASE_METHOD(Desk, "four hours from Monday at five: Tuesday at ten and at eleven", "[sla]") {
  REQUIRE(Do(testing::Publish(testing::DeskSla())) == "OK");
  REQUIRE(Do(testing::Register("1")) == "OK");
  REQUIRE(DoAt("2024-03-04T17:00:00Z", OpenCase("1", "k")) == "OK");
  CHECK(FromProto(Case("1", "k").clocks(0).due_at()) == At("2024-03-05T11:00:00Z"));
  CHECK(FromProto(Case("1", "k").clocks(0).escalates_at()) == At("2024-03-05T10:00:00Z"));
  world.SetNow(At("2024-03-05T09:59:59.999999Z"));
  world.FireDue();
  CHECK(world.All<ev::CaseEscalated>().empty());
  world.SetNow(At("2024-03-05T10:00:00Z"));
  world.FireDue();
  REQUIRE(world.All<ev::CaseEscalated>().size() == 1);
  CHECK(world.events().back()->event.occurred_at == At("2024-03-05T10:00:00Z"));
  CHECK(FromProto(world.All<ev::CaseEscalated>()[0]->due_at()) == At("2024-03-05T11:00:00Z"));
  CHECK(Case("1", "k").clocks(0).state() == ev::SLA_CLOCK_STATE_RUNNING);
  // Passed, whether the timer has come round or not.
  world.SetNow(At("2024-03-05T11:00:00Z"));
  CHECK(Case("1", "k").clocks(0).state() == ev::SLA_CLOCK_STATE_BREACHED);
  world.SetNow(At("2024-03-05T16:00:00Z"));
  world.FireDue();
  world.FireDue();
  REQUIRE(world.All<ev::CaseSlaBreached>().size() == 1);
  CHECK(FromProto(world.All<ev::CaseSlaBreached>()[0]->due_at()) == At("2024-03-05T11:00:00Z"));
  CHECK(world.events().back()->event.occurred_at == At("2024-03-05T11:00:00Z"));
  CHECK(world.All<ev::CaseEscalated>().size() == 1);
}

TEST_CASE_METHOD(Desk, "an answer wins exactly if it is recorded before the due instant", "[sla]") {
  REQUIRE(Do(testing::Publish(testing::DeskSla())) == "OK");
  REQUIRE(Do(testing::Register("1")) == "OK");
  for (const char* id : {"early", "late", "told-late"}) {
    REQUIRE(DoAt("2024-03-04T17:00:00Z", OpenCase("1", id)) == "OK");
  }
  const auto state = [&](const char* id) { return Case("1", id).clocks(0).state(); };
  const auto answer = [](const char* id) { return Change("1", id, ev::CASE_ACTION_ANSWERED); };
  REQUIRE(DoAt("2024-03-05T10:59:59.999999Z", answer("early")) == "OK");
  CHECK(state("early") == ev::SLA_CLOCK_STATE_MET);
  REQUIRE(DoAt("2024-03-05T11:00:00Z", answer("late")) == "OK");
  CHECK(state("late") == ev::SLA_CLOCK_STATE_BREACHED);
  REQUIRE(Do(On(answer("told-late"), "2024-03-05T10:00:00Z")) == "OK");
  CHECK(state("told-late") == ev::SLA_CLOCK_STATE_BREACHED);
  CHECK(FromProto(Case("1", "told-late").clocks(0).stopped_at()) == At("2024-03-05T10:00:00Z"));
  world.SetNow(At("2024-03-05T12:00:00Z"));
  world.FireDue();
  CHECK(world.All<ev::CaseSlaBreached>().size() == 2);
}

TEST_CASE_METHOD(Desk, "a running case keeps the version that it was opened by", "[sla]") {
  REQUIRE(Do(testing::Publish(testing::DeskSla())) == "OK");
  REQUIRE(Do(testing::Register("1")) == "OK");
  world.SetNow(At("2024-03-04T09:00:00Z"));
  REQUIRE(Do(OpenCase("1", "old")) == "OK");
  ev::SlaPublished faster = testing::DeskSla();
  *faster.mutable_effective_from() = ToProto(At("2024-03-04T10:00:00Z"));
  faster.mutable_targets(1)->mutable_clocks(0)->set_minutes(120);
  REQUIRE(Do(testing::Publish(faster)) == "OK");
  world.SetNow(At("2024-03-04T10:30:00Z"));
  REQUIRE(Do(OpenCase("1", "new")) == "OK");
  CHECK(Case("1", "new").sla().version() == 2);
  CHECK(FromProto(Case("1", "new").clocks(0).due_at()) == At("2024-03-04T12:30:00Z"));
  CHECK(FromProto(Case("1", "old").clocks(0).due_at()) == At("2024-03-04T13:00:00Z"));
  // Another queue takes the version in force: an hour and a half of two hours has passed.
  auto moved = Change("1", "old", ev::CASE_ACTION_ASSIGNED);
  moved.set_queue("q");
  REQUIRE(Do(moved) == "OK");
  CHECK(Case("1", "old").sla().version() == 2);
  CHECK(FromProto(Case("1", "old").clocks(0).due_at()) == At("2024-03-04T11:00:00Z"));
  faster.set_version(0);
  *faster.mutable_effective_from() = ToProto(At("2024-03-04T09:00:00Z"));
  CHECK(Do(testing::Publish(faster)) == "EFFECTIVE_IN_PAST sla.effective_from");
  v1::GetSlaRequest request;
  request.set_sla_id("main");
  v1::GetSlaResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  CHECK(response.sla().version() == 2);
  request.set_version(3);
  CHECK(Outcome(world.Ask(request, &response)) == "SLA_UNKNOWN version");
}

TEST_CASE_METHOD(Desk, "merged and resolved cases have no deadlines left", "[sla]") {
  REQUIRE(Do(testing::Publish(testing::DeskSla())) == "OK");
  REQUIRE(Do(testing::Register("1")) == "OK");
  world.SetNow(At("2024-03-04T09:00:00Z"));
  REQUIRE(Do(OpenCase("1", "a")) == "OK");
  REQUIRE(Do(OpenCase("1", "b")) == "OK");
  CHECK(world.Armed(testing::Customer("1")).size() == 6);
  auto merge = Change("1", "a", ev::CASE_ACTION_MERGED);
  merge.set_other_case_id("b");
  REQUIRE(Do(merge) == "OK");
  REQUIRE(Do(Change("1", "b", ev::CASE_ACTION_RESOLVED)) == "OK");
  CHECK(world.Armed(testing::Customer("1")).empty());
}

TEST_CASE_METHOD(Desk, "nonsense is refused before it is published", "[sla]") {
  using S = ev::SlaPublished;
  const auto outcome = [&](auto change) {
    S sla = testing::DeskSla();
    change(sla);
    return Do(testing::Publish(sla));
  };
  const auto clock = [](S& s) -> ev::SlaClockTarget& {
    return *s.mutable_targets(1)->mutable_clocks(0);
  };
  CHECK(outcome([](S& s) { s.set_sla_id(""); }) == "POLICY_INVALID sla.sla_id");
  CHECK(outcome([](S& s) { s.set_version(1); }) == "POLICY_INVALID sla.version");
  CHECK(outcome([](S& s) { s.clear_effective_from(); }) == "FIELD_REQUIRED sla.effective_from");
  CHECK(outcome([](S& s) { s.set_name(""); }) == "POLICY_INVALID sla.name");
  CHECK(outcome([](S& s) { s.set_zone("Europe/Atlantis"); }) == "POLICY_INVALID sla.zone");
  CHECK(outcome([](S& s) { s.clear_hours(); }) == "POLICY_INVALID sla.hours");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->clear_days(); }) ==
        "POLICY_INVALID sla.hours[0].days");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->add_days(ev::WEEKDAY_MONDAY); }) ==
        "POLICY_INVALID sla.hours[0].days[5]");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->set_opens("8:00"); }) ==
        "POLICY_INVALID sla.hours[0].opens");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->set_closes("24:01"); }) ==
        "POLICY_INVALID sla.hours[0].closes");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->set_closes("08:00"); }) ==
        "POLICY_INVALID sla.hours[0].closes");
  CHECK(outcome([](S& s) { s.mutable_hours(0)->set_closes("08:30"); }) ==
        "POLICY_INVALID sla.hours");
  CHECK(outcome([](S& s) { s.add_holidays("2023-02-29"); }) == "POLICY_INVALID sla.holidays[0]");
  CHECK(outcome([](S& s) { s.clear_targets(); }) == "POLICY_INVALID sla.targets");
  CHECK(outcome([](S& s) { s.mutable_targets(0)->clear_clocks(); }) ==
        "POLICY_INVALID sla.targets[0].clocks");
  CHECK(outcome([&](S& s) { clock(s).set_minutes(0); }) ==
        "POLICY_INVALID sla.targets[1].clocks[0].minutes");
  CHECK(outcome([&](S& s) { clock(s).set_escalate_before_minutes(241); }) ==
        "POLICY_INVALID sla.targets[1].clocks[0].escalate_before_minutes");
  CHECK(outcome([&](S& s) { clock(s).add_pauses(ev::CASE_STATUS_RESOLVED); }) ==
        "POLICY_INVALID sla.targets[1].clocks[0].pauses[0]");
  CHECK(outcome([&](S& s) { clock(s).set_clock(ev::SLA_CLOCK_NEXT_ANSWER); }) ==
        "POLICY_INVALID sla.targets[1].clocks[1]");
  CHECK(outcome([](S& s) { s.mutable_targets(0)->add_queues("a b"); }) ==
        "POLICY_INVALID sla.targets[0].queues[0]");
  CHECK(outcome([](S&) {}) == "OK");
}

}  // namespace
}  // namespace daybook::projections
