// The engine as a whole: what is acknowledged stays, what is repeated happens once, what is asked
// is answered the same after a restart, a crash and a build from nothing.
#include <catch2/catch.hpp>

#include <set>

#include "daybook/v1/contacts.pb.h"
#include "daybook/v1/customers.pb.h"
#include "daybook/v1/imports.pb.h"
#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/policies.pb.h"
#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "tests/projections/engine_world.h"

namespace daybook::projections::testing {
namespace {

namespace v1 = daybook::v1;

constexpr int64_t kDay = 86'400'000'000;

v1::RegisterCustomerRequest Register(const std::string& customer, const std::string& name = "") {
  v1::RegisterCustomerRequest request;
  request.set_customer("customers/" + customer);
  request.set_request_id("register-" + customer);
  request.set_display_name(name);
  return request;
}

v1::Balance BalanceOf(EngineWorld& world, const std::string& customer,
                      const v1::ReadOptions& read = {}) {
  v1::GetBalanceRequest request;
  request.set_customer("customers/" + customer);
  request.set_programme("programmes/main");
  *request.mutable_read() = read;
  v1::GetBalanceResponse response;
  const MaybeRefusal refusal = world.Ask(request, &response);
  INFO((refusal ? refusal->message : ""));
  REQUIRE_FALSE(refusal);
  return response.balance();
}

TEST_CASE(
    "an order is recorded with its points, and both survive a stop, a crash and a build from "
    "nothing") {
  EngineWorld world;
  world.PublishProgramme();
  v1::RecordOrderResponse response;
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o1", 42), &response).refusal);
  CHECK(response.order() == "customers/ada/orders/o1");
  REQUIRE(response.earned_size() == 1);
  CHECK(response.earned(0).points() == 42);
  CHECK_FALSE(response.receipt().position_token().empty());
  CHECK(BalanceOf(world, "ada").active() == 42);
  const std::string digest = world.DigestOfView("points");

  world.Stop();
  world.Start();
  CHECK(BalanceOf(world, "ada").active() == 42);
  CHECK(world.DigestOfView("points") == digest);

  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o2", 8), &response).refusal);
  world.Crash();
  world.Start();
  CHECK(BalanceOf(world, "ada").active() == 50);
  const std::string longer = world.DigestOfView("points");

  world.Stop();
  world.ForgetFolds();
  world.Start();
  CHECK(BalanceOf(world, "ada").active() == 50);
  CHECK(world.DigestOfView("points") == longer);
}

TEST_CASE("a request id is carried out once, also after a restart, and not for another request") {
  EngineWorld world;
  v1::RecordOrderResponse first, second;
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o1", 5), &first).refusal);
  const CommandOutcome again = world.Do(TeaOrder("ada", "o1", 5), &second);
  REQUIRE_FALSE(again.refusal);
  CHECK(again.repeated);
  CHECK(second.SerializeAsString() == first.SerializeAsString());

  world.Stop();
  world.Start();
  second.Clear();
  CHECK(world.Do(TeaOrder("ada", "o1", 5), &second).repeated);
  CHECK(second.SerializeAsString() == first.SerializeAsString());

  auto other = TeaOrder("ada", "o1", 6);
  const CommandOutcome refused = world.Do(other, &second);
  REQUIRE(refused.refusal);
  CHECK(refused.refusal->reason == v1::REASON_REQUEST_ID_REUSED);
}

TEST_CASE("the same request twice at once has one effect and one answer") {
  EngineWorld world;
  const auto request = TeaOrder("ada", "o1", 5);
  v1::RecordOrderResponse first, second;
  std::vector<CommandOutcome> outcomes;
  auto keep = [&outcomes](const CommandOutcome& outcome) { outcomes.push_back(outcome); };
  world.engine().Execute(Caller{}, request, &first, keep);
  world.engine().Execute(Caller{}, request, &second, keep);
  world.Settle();
  REQUIRE(outcomes.size() == 2);
  CHECK_FALSE(outcomes[0].refusal);
  CHECK_FALSE(outcomes[1].refusal);
  CHECK(outcomes[0].repeated + outcomes[1].repeated == 1);
  CHECK(first.SerializeAsString() == second.SerializeAsString());
}

TEST_CASE("a source's own event id is accepted once per entity") {
  EngineWorld world;
  auto request = TeaOrder("ada", "o1", 5);
  request.mutable_provenance()->set_source("till");
  request.mutable_provenance()->set_source_event_id("777");
  v1::RecordOrderResponse response;
  REQUIRE_FALSE(world.Do(request, &response).refusal);
  request.set_request_id("another");
  const CommandOutcome same = world.Do(request, &response);
  CHECK_FALSE(same.refusal);
  CHECK(same.repeated);
  request.set_request_id("a-third");
  request.mutable_lines(0)->set_units(6);
  const CommandOutcome other = world.Do(request, &response);
  REQUIRE(other.refusal);
  CHECK(other.refusal->reason == v1::REASON_SOURCE_EVENT_REUSED);
}

TEST_CASE("a dry run answers as if, and records nothing") {
  EngineWorld world;
  world.PublishProgramme();
  auto request = TeaOrder("ada", "o1", 42);
  request.set_validate_only(true);
  v1::RecordOrderResponse response;
  REQUIRE_FALSE(world.Do(request, &response).refusal);
  CHECK(response.earned(0).points() == 42);
  CHECK(response.receipt().event_ids_size() == 0);
  v1::GetCustomerRequest get;
  get.set_customer("customers/ada");
  v1::GetCustomerResponse customer;
  REQUIRE(world.Ask(get, &customer));
  v1::QuoteOrderRequest quote;
  *quote.mutable_order() = request;
  v1::QuoteOrderResponse quoted;
  REQUIRE_FALSE(world.Do(quote, &quoted).refusal);
  CHECK(quoted.earned(0).points() == 42);
  CHECK(world.ledger().LastDurable(ledger::PartitionOf({"main", 2, "ada"}, 4)).value() == 0);
}

TEST_CASE("as_of and known_at, alone and together") {
  EngineWorld world;
  world.PublishProgramme();
  const Timestamp start = world.clock().Now();
  v1::RecordOrderResponse response;
  world.clock().Advance(kDay);
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o1", 10), &response).refusal);
  const Timestamp after_first = world.clock().Now();
  world.clock().Advance(kDay);
  // Recorded on the third day, but it had happened on the first.
  auto late = TeaOrder("ada", "o2", 5);
  *late.mutable_provenance()->mutable_occurred_at() = ToProto(start);
  REQUIRE_FALSE(world.Do(late, &response).refusal);
  world.clock().Advance(kDay);

  CHECK(BalanceOf(world, "ada").active() == 15);
  v1::ReadOptions as_of;
  *as_of.mutable_as_of() = ToProto(start);
  CHECK(BalanceOf(world, "ada", as_of).active() == 5);
  v1::ReadOptions known;
  *known.mutable_known_at() = ToProto(after_first);
  CHECK(BalanceOf(world, "ada", known).active() == 10);
  v1::ReadOptions both;
  *both.mutable_as_of() = ToProto(start);
  *both.mutable_known_at() = ToProto(after_first);
  // On the second day nobody knew yet that she had taken part on the first.
  v1::GetBalanceRequest unknown;
  unknown.set_customer("customers/ada");
  unknown.set_programme("programmes/main");
  *unknown.mutable_read() = both;
  v1::GetBalanceResponse nothing;
  const MaybeRefusal refusal = world.Ask(unknown, &nothing);
  REQUIRE(refusal);
  CHECK(refusal->reason == v1::REASON_NOT_ENROLLED);

  // Known now: the same question has the same answer for ever, because what comes next is recorded
  // later.
  v1::ReadOptions now;
  *now.mutable_known_at() = ToProto(world.clock().Now());
  CHECK(BalanceOf(world, "ada", now).active() == 15);
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o3", 1), &response).refusal);
  CHECK(BalanceOf(world, "ada", now).active() == 15);
}

TEST_CASE(
    "deadlines fire once, at their exact instants, by the timer and before commands, also after a "
    "restart") {
  EngineWorld world;
  world.PublishProgramme(14, 12);
  v1::RecordOrderResponse response;
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o1", 10), &response).refusal);
  CHECK(BalanceOf(world, "ada").active() == 0);
  CHECK(BalanceOf(world, "ada").pending() == 10);
  world.clock().Advance(13 * kDay);
  world.Settle();
  CHECK(BalanceOf(world, "ada").pending() == 10);
  world.Crash();
  world.Start();
  world.clock().Advance(2 * kDay);
  world.Settle();
  CHECK(BalanceOf(world, "ada").active() == 10);
  const auto partition = ledger::PartitionOf({"main", 2, "ada"}, 4);
  const auto fired = world.ledger().LastDurable(partition);
  world.Stop();
  world.Start();
  CHECK(world.ledger().LastDurable(partition) == fired);

  world.clock().Advance(400 * kDay);
  // What is due is seen as passed whether it has fired or not, and fires before the next command.
  REQUIRE_FALSE(world.Do(TeaOrder("ada", "o2", 1), &response).refusal);
  CHECK(BalanceOf(world, "ada").expired() == 10);
  CHECK(BalanceOf(world, "ada").pending() == 1);
}

TEST_CASE("ten old years imported today give the events of ten years of running") {
  EngineWorld live, imported;
  for (EngineWorld* world : {&live, &imported}) world->PublishProgramme(0, 12);
  v1::OpenImportSessionRequest open;
  open.set_session_id("history");
  open.set_source("till");
  open.set_request_id("open");
  v1::OpenImportSessionResponse opened;
  REQUIRE_FALSE(imported.Do(open, &opened).refusal);
  const Timestamp first = live.clock().Now();
  imported.clock().Advance(11 * 366 * kDay);
  v1::RecordOrderResponse response;
  for (int i = 0; i < 40; ++i) {
    auto order = TeaOrder("ada", fmt::format("o{}", i), 10 + i);
    live.clock().Advance(91 * kDay);
    REQUIRE_FALSE(live.Do(order, &response).refusal);
    *order.mutable_provenance()->mutable_occurred_at() =
        ToProto({first.micros + (i + 1) * 91 * kDay});
    order.mutable_provenance()->set_import_session("history");
    REQUIRE_FALSE(imported.Do(order, &response).refusal);
    CHECK(response.earned(0).points() == 10 + i);
  }
  // The timers of what the session touched wait until it is closed.
  const auto partition = ledger::PartitionOf({"main", 2, "ada"}, 4);
  v1::CloseImportSessionRequest close;
  close.set_session_id("history");
  close.set_request_id("close");
  v1::CloseImportSessionResponse closed;
  live.clock().Set(imported.clock().Now());
  live.Settle();
  REQUIRE_FALSE(imported.Do(close, &closed).refusal);
  imported.Settle();
  CHECK(BalanceOf(imported, "ada").SerializeAsString() ==
        BalanceOf(live, "ada").SerializeAsString());

  auto events_of = [&](EngineWorld& world) {
    std::vector<std::string> events;
    REQUIRE(world.ledger()
                .ReadPartition(partition, ledger::Sequence(1),
                               [&](const ledger::CommitPtr& commit) {
                                 for (const auto& event : commit->view().events()) {
                                   events.push_back(fmt::format("{} {} {}", event.type,
                                                                event.occurred_at.micros,
                                                                std::string(event.payload)));
                                 }
                                 return true;
                               })
                .ok());
    return events;
  };
  CHECK(events_of(imported) == events_of(live));
}

TEST_CASE("personal values are nowhere in the stored bytes, and are opened for an answer") {
  EngineWorld world;
  v1::RegisterCustomerResponse registered;
  REQUIRE_FALSE(world.Do(Register("ada", "Ada Lovelace"), &registered).refusal);
  v1::GetCustomerRequest get;
  get.set_customer("customers/ada");
  v1::GetCustomerResponse response;
  REQUIRE_FALSE(world.Ask(get, &response));
  CHECK(response.customer().display_name() == "Ada Lovelace");
  for (const auto& entry : world.log().Entries()) {
    for (const std::string& record : entry.records)
      CHECK(record.find("Lovelace") == std::string::npos);
  }
}

TEST_CASE("pages of a list have every customer once, from memory and from disk") {
  EngineWorld world;
  v1::RegisterCustomerResponse registered;
  for (int i = 0; i < 25; ++i) {
    REQUIRE_FALSE(world.Do(Register(fmt::format("c{}", i)), &registered).refusal);
    if (i == 15) {
      world.Stop();
      world.Start();
    }
  }
  for (int page_size : {1, 4, 25, 100}) {
    std::set<std::string> seen;
    v1::ListCustomersRequest request;
    request.set_page_size(page_size);
    v1::ListCustomersResponse response;
    do {
      response.Clear();
      REQUIRE_FALSE(world.Ask(request, &response));
      for (const auto& customer : response.customers()) CHECK(seen.insert(customer.name()).second);
      request.set_page_token(response.next_page_token());
    } while (!response.next_page_token().empty());
    CHECK(seen.size() == 25);
  }
}

// Returns when no view is being built. Builds run on threads of their own and end by themselves.
void AwaitBuilds(EngineWorld& world) {
  for (bool busy = true; busy; std::this_thread::yield()) {
    busy = false;
    for (const auto& status : world.engine().views().Status()) {
      busy |= status.mode == ViewMode::kRebuilding || status.mode == ViewMode::kBuilding;
    }
  }
}

TEST_CASE("a rebuild beside the serving view ends in the same bytes") {
  EngineWorld world;
  world.PublishProgramme();
  v1::RecordOrderResponse response;
  for (int i = 0; i < 50; ++i) {
    REQUIRE_FALSE(
        world.Do(TeaOrder(fmt::format("c{}", i % 7), fmt::format("o{}", i), 1 + i), &response)
            .refusal);
  }
  for (const char* view :
       {"points", "points_statement", "orders", "sales_summary", "customer_profile"}) {
    const std::string before = world.DigestOfView(view);
    AwaitBuilds(world);
    REQUIRE(world.engine().views().Rebuild(view).ok());
    REQUIRE_FALSE(world.Do(TeaOrder("c1", fmt::format("during-{}", view), 3), &response).refusal);
    AwaitBuilds(world);
    const std::string rebuilt = world.DigestOfView(view);
    if (std::string_view(view) != "customer_profile") CHECK(rebuilt != before);
    world.Stop();
    world.ForgetFolds();
    world.Start();
    CHECK(world.DigestOfView(view) == rebuilt);
  }
}

}  // namespace
}  // namespace daybook::projections::testing
