// What the engine does when folds cannot be written, builds fail, and very much falls due at once.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "tests/projections/engine_world.h"

namespace daybook::projections::testing {
namespace {

namespace v1 = daybook::v1;

constexpr int64_t kDay = 86'400'000'000;

void Record(EngineWorld& world, const v1::RecordOrderRequest& request) {
  v1::RecordOrderResponse response;
  const CommandOutcome outcome = world.Do(request, &response);
  INFO((outcome.refusal ? outcome.refusal->message : ""));
  REQUIRE_FALSE(outcome.refusal);
}

int64_t ActivePoints(EngineWorld& world, const std::string& customer) {
  v1::GetBalanceRequest request;
  request.set_customer("customers/" + customer);
  request.set_programme("programmes/main");
  v1::GetBalanceResponse response;
  const MaybeRefusal refusal = world.Ask(request, &response);
  INFO((refusal ? refusal->message : ""));
  REQUIRE_FALSE(refusal);
  return response.balance().active();
}

ViewStatus StatusOf(EngineWorld& world, const std::string& view) {
  for (const ViewStatus& status : world.engine().views().Status()) {
    if (status.name == view) return status;
  }
  FAIL("there is no view " << view);
  return {};
}

void AwaitServing(EngineWorld& world, const std::string& view) {
  for (int i = 0; i < 5000 && StatusOf(world, view).mode != ViewMode::kServing; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(StatusOf(world, view).mode == ViewMode::kServing);
}

// The first builds of a new ledger are over.
void AwaitAllServing(EngineWorld& world) {
  for (const ViewStatus& status : world.engine().views().Status()) AwaitServing(world, status.name);
}

}  // namespace

TEST_CASE("in a partition nothing is recorded before what stands before it") {
  EngineWorld world;
  world.clock().MoveWithEveryLook(1);
  world.PublishProgramme(0, 1);
  for (int i = 0; i < 300; ++i)
    Record(world, TeaOrder(fmt::format("c{}", i), fmt::format("o{}", i), 5));
  // Everybody's points fall due, and everybody orders, in the same moment.
  world.clock().Advance(60 * kDay);
  std::vector<v1::RecordOrderRequest> requests;
  for (int i = 0; i < 300; ++i)
    requests.push_back(TeaOrder(fmt::format("c{}", i), fmt::format("p{}", i), 5));
  std::vector<v1::RecordOrderResponse> responses(requests.size());
  size_t done = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    world.engine().Execute(Caller{}, requests[i], &responses[i],
                           [&done](const CommandOutcome& outcome) { done += !outcome.refusal; });
  }
  world.Settle();
  CHECK(done == requests.size());
  size_t commits = 0;
  size_t backwards = 0;
  for (uint32_t id = 1; id <= world.ledger().info().entity_partitions; ++id) {
    Timestamp last = ledger::kDistantPast;
    const absl::Status read = world.ledger().ReadPartition(
        ledger::PartitionId(id), ledger::Sequence(1), [&](const ledger::CommitPtr& commit) {
          ++commits;
          backwards += commit->header().recorded_at < last;
          last = commit->header().recorded_at;
          return true;
        });
    REQUIRE(read.ok());
  }
  CHECK(commits >= 900);
  CHECK(backwards == 0);
}

TEST_CASE("more lots fall due at one instant than a commit can hold") {
  EngineWorld world;
  world.PublishProgramme(1, 1);
  const Timestamp when = world.clock().Now();
  for (int i = 0; i < 1200; ++i) {
    auto request = TeaOrder("ada", fmt::format("o{}", i), 1);
    *request.mutable_provenance()->mutable_occurred_at() = ToProto(when);
    Record(world, request);
  }
  world.clock().Advance(3 * kDay);
  Record(world, TeaOrder("ada", "late", 1));
  CHECK(ActivePoints(world, "ada") == 1200);
  world.clock().Advance(60 * kDay);
  world.Settle();
  CHECK(ActivePoints(world, "ada") == 0);
  CHECK(world.engine().workers()[0]->counters().invariants_broken == 0);
}

TEST_CASE("folds that cannot be written go on in memory, and nothing is missing afterwards") {
  EngineWorld world;
  world.PublishProgramme();
  Record(world, TeaOrder("ada", "o1", 1));
  AwaitAllServing(world);
  world.database().SetRoom(false);
  Record(world, TeaOrder("ada", "o2", 2));
  world.clock().Advance(10'000'000);  // past the time of a flush
  Record(world, TeaOrder("ada", "o3", 4));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(600));  // the views' thread looks twice a second
  CHECK(ActivePoints(world, "ada") == 7);
  CHECK_FALSE(world.engine().views().Digest("points").ok());
  CHECK(world.engine().views().Problems().empty());

  world.database().SetRoom(true);
  world.clock().Advance(10'000'000);
  Record(world, TeaOrder("ada", "o4", 8));
  CHECK(world.engine().views().Digest("points").ok());
  world.Stop();
  world.Start();
  CHECK(ActivePoints(world, "ada") == 15);
}

TEST_CASE("a build that fails leaves alone what serves") {
  EngineWorld world;
  world.PublishProgramme();
  Record(world, TeaOrder("ada", "o1", 1));
  AwaitAllServing(world);
  world.database().SetRoom(false);
  REQUIRE(world.engine().views().Rebuild("points").ok());
  for (int i = 0; i < 5000 && StatusOf(world, "points").problem.empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(StatusOf(world, "points").problem == "no room");
  CHECK(StatusOf(world, "points").mode == ViewMode::kServing);
  Record(world, TeaOrder("ada", "o2", 2));
  CHECK(ActivePoints(world, "ada") == 3);

  world.database().SetRoom(true);
  REQUIRE(world.engine().views().Rebuild("points").ok());
  AwaitServing(world, "points");
  CHECK(StatusOf(world, "points").problem.empty());
  CHECK(ActivePoints(world, "ada") == 3);
}

TEST_CASE("a rebuild that was asked for goes on after a crash") {
  EngineWorld world;
  world.PublishProgramme();
  for (int i = 0; i < 50; ++i) Record(world, TeaOrder("ada", fmt::format("o{}", i), 1));
  AwaitAllServing(world);
  REQUIRE(world.DigestOfView("points").size() > 0);
  const auto storages = [&world] {
    std::vector<std::string> names;
    for (const std::string& name : world.database().List()) {
      if (name.starts_with("points@")) names.push_back(name);
    }
    return names;
  };
  const std::vector<std::string> before = storages();
  REQUIRE(before.size() == 1);
  {
    // As it stands when a build has just begun: it has said so, and written no row.
    auto storage = world.database().Open(before[0].substr(0, before[0].find('.')) + ".2");
    REQUIRE(storage.ok());
    FoldState begun;
    begun.ledger = world.ledger().info().id;
    begun.building = true;
    REQUIRE((*storage)->Write([](RowWriter&) {}, begun).ok());
  }
  world.Crash();
  world.Start();
  AwaitServing(world, "points");
  CHECK(storages() != before);
  CHECK(storages().size() == 1);
  CHECK(ActivePoints(world, "ada") == 50);
}

TEST_CASE("views that nothing was for do not begin from their old place again") {
  EngineWorld world;
  world.PublishProgramme();
  for (int i = 0; i < 20; ++i) Record(world, TeaOrder("ada", fmt::format("o{}", i), 1));
  AwaitAllServing(world);
  world.Settle();
  const ledger::GroupNumber end = world.ledger().DurableEnd().group;
  world.Stop();
  world.Start();
  for (const ViewStatus& status : world.engine().views().Status()) {
    CAPTURE(status.name);
    CHECK(world.engine().views().Serving(status.name)->place().group >= end);
  }
}

}  // namespace daybook::projections::testing
