// Goal: what falls due does so at its exact instant, once, in order, and counts from then on
// whether recorded or not (domain.md 5.1 rule 7, 5.4).
#include <catch2/catch.hpp>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/state.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Imported;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Redeem;
using testing::Reverse;
using testing::Shop;
namespace ev = daybook::event::v1;

ev::ProgrammePublished Expiring() {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_expires_after()->set_months(1);
  return programme;
}

std::vector<Timestamp> Due(const Shop& shop, uint16_t kind) {
  std::vector<Timestamp> due;
  for (const Deadline& deadline : shop.world.Armed(testing::Customer("c"))) {
    if (deadline.kind == kind) due.push_back(deadline.due);
  }
  return due;
}

TEST_CASE("points lapse at the first instant of the local day after") {
  Shop shop(Expiring());
  REQUIRE(shop.DoAt("2024-03-05T12:00:00Z", Order("c", "o", {{"A", 1, 10'000}})) == "OK");
  // 5 April ends in summer time.
  CHECK(FromProto(shop.Balance("c").next_expiry()) == At("2024-04-05T23:00:00Z"));
  CHECK(shop.Balance("c").next_expiry_points() == 100);
  CHECK(Due(shop, loyalty::kExpiryDeadline) == std::vector<Timestamp>{At("2024-04-05T23:00:00Z")});
  shop.world.SetNow(At("2024-04-05T22:59:59.999999Z"));
  CHECK(shop.Active("c") == 100);
  shop.world.SetNow(At("2024-04-05T23:00:00Z"));
  CHECK(shop.Active("c") == 0);
  CHECK_FALSE(shop.Balance("c").has_next_expiry());
}

TEST_CASE("after an outage everything missed fires in due order with its exact instant") {
  Shop shop(Expiring());
  REQUIRE(shop.DoAt("2024-01-31T12:00:00Z", Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-31T13:00:00Z", Order("c", "o2", {{"A", 1, 2000}})) == "OK");
  REQUIRE(shop.DoAt("2024-02-10T12:00:00Z", Order("c", "o3", {{"A", 1, 4000}})) == "OK");
  shop.Pass("2024-06-01T00:00:00Z");
  const auto expired = shop.world.All<ev::PointsExpired>();
  REQUIRE(expired.size() == 2);
  CHECK(FromProto(expired[0]->due_at()) == At("2024-03-01T00:00:00Z"));
  CHECK(expired[0]->allocations_size() == 2);
  CHECK(FromProto(expired[1]->due_at()) == At("2024-03-11T00:00:00Z"));
  CHECK(shop.world.events().back()->event.occurred_at == At("2024-03-11T00:00:00Z"));
  CHECK(shop.world.events().back()->event.recorded_at == At("2024-06-01T00:00:00Z"));
  CHECK(shop.world.Armed(testing::Customer("c")).empty());
  CHECK(shop.BalanceAsOf("c", At("2024-03-05T00:00:00Z")).active() == 40);
}

TEST_CASE("the deadline follows the earliest open lot") {
  Shop shop(Expiring());
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-20T12:00:00Z", Order("c", "o2", {{"A", 1, 1000}})) == "OK");
  CHECK(Due(shop, loyalty::kExpiryDeadline) == std::vector<Timestamp>{At("2024-02-11T00:00:00Z")});
  REQUIRE(shop.Do(Redeem("c", "x", 10)) == "OK");
  CHECK(Due(shop, loyalty::kExpiryDeadline) == std::vector<Timestamp>{At("2024-02-21T00:00:00Z")});
  REQUIRE(shop.Do(Redeem("c", "y", 10)) == "OK");
  CHECK(Due(shop, loyalty::kExpiryDeadline).empty());
  REQUIRE(shop.Do(Reverse("c", "x")) == "OK");
  CHECK(Due(shop, loyalty::kExpiryDeadline) == std::vector<Timestamp>{At("2024-02-11T00:00:00Z")});
}

TEST_CASE("pending points become active at their instant and can be spent only then") {
  ev::ProgrammePublished programme = Expiring();
  programme.mutable_activation_delay()->set_days(14);
  Shop shop(programme);
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-12T12:00:00Z", Order("c", "o2", {{"A", 1, 2000}})) == "OK");
  CHECK(shop.Balance("c").pending() == 30);
  CHECK(shop.Active("c") == 0);
  CHECK(Due(shop, loyalty::kActivationDeadline) ==
        std::vector<Timestamp>{At("2024-01-24T12:00:00Z")});
  CHECK(shop.DoAt("2024-01-24T11:59:59Z", Redeem("c", "x", 10)) == "INSUFFICIENT_POINTS points");
  shop.world.SetNow(At("2024-01-24T12:00:00Z"));
  CHECK(shop.Active("c") == 10);
  CHECK(shop.Balance("c").pending() == 20);
  CHECK(shop.Do(Redeem("c", "x", 10)) == "OK");
  const auto activated = shop.world.All<ev::PointsActivated>();
  REQUIRE(activated.size() == 1);
  CHECK(activated[0]->points() == 10);
  shop.Pass("2024-03-01T00:00:00Z");
  CHECK(shop.world.All<ev::PointsActivated>().size() == 2);
  CHECK(shop.Active("c") == 0);
  CHECK(shop.Balance("c").expired() == 20);
}

TEST_CASE("a late redemption does not get points that were not active then") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_activation_delay()->set_days(14);
  Shop shop(programme);
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  shop.Pass("2024-02-01T00:00:00Z");
  CHECK(shop.Do(On(Redeem("c", "x", 10), "2024-01-20T00:00:00Z")) == "INSUFFICIENT_POINTS points");
  CHECK(shop.Do(On(Redeem("c", "x", 10), "2024-01-25T00:00:00Z")) == "OK");
}

TEST_CASE(
    "a late redemption wins exactly if its points have not lapsed by the time it is recorded") {
  Shop shop(Expiring());
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  shop.world.SetNow(At("2024-02-11T00:00:00Z"));
  CHECK(shop.Do(On(Redeem("c", "x", 10), "2024-02-10T23:00:00Z")) == "INSUFFICIENT_POINTS points");
  CHECK(shop.world.All<ev::PointsExpired>().size() == 1);
}

TEST_CASE("a late order whose points have lapsed already lapses them at their own instant") {
  Shop shop(Expiring());
  shop.world.SetNow(At("2024-06-01T00:00:00Z"));
  REQUIRE(shop.Do(On(Order("c", "o1", {{"A", 1, 1000}}), "2024-01-10T12:00:00Z")) == "OK");
  CHECK(shop.Active("c") == 0);
  shop.Pass("2024-06-01T00:00:01Z");
  CHECK(FromProto(shop.world.All<ev::PointsExpired>()[0]->due_at()) == At("2024-02-11T00:00:00Z"));
  CHECK(shop.BalanceAsOf("c", At("2024-02-01T00:00:00Z")).active() == 10);
}

TEST_CASE("history told in order gives what its years would have given") {
  Shop live(Expiring());
  Shop imported(Expiring());
  imported.world.SetNow(At("2026-01-01T00:00:00Z"));
  for (int month = 1; month <= 9; ++month) {
    const std::string at = "2024-0" + std::to_string(month) + "-15T10:00:00Z";
    const std::string n = std::to_string(month);
    const auto order = Order("c", "o" + n, {{"A", 1, 1000 * month}});
    REQUIRE(live.DoAt(at, order) == "OK");
    REQUIRE(imported.Do(Imported(order, at)) == "OK");
    if (month % 2 == 0) {
      REQUIRE(live.Do(Redeem("c", "x" + n, 13)) == "OK");
      REQUIRE(imported.Do(Imported(Redeem("c", "x" + n, 13), at)) == "OK");
    }
  }
  live.Pass("2026-01-01T00:00:00Z");
  imported.Pass("2026-01-01T00:00:00Z");
  REQUIRE(live.world.events().size() == imported.world.events().size());
  for (size_t i = 0; i < live.world.events().size(); ++i) {
    CHECK(live.world.events()[i]->payload->SerializeAsString() ==
          imported.world.events()[i]->payload->SerializeAsString());
    CHECK(live.world.events()[i]->event.occurred_at ==
          imported.world.events()[i]->event.occurred_at);
  }
}

}  // namespace
}  // namespace daybook::projections
