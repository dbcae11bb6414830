// Goal: returns in any order take back exactly what was earned, from the right lots, and what is
// not found goes the programme's way (domain.md 5.1 rules 4 and 6).
#include <catch2/catch.hpp>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Cancel;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Redeem;
using testing::Return;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;
using Strings = std::vector<std::string>;

int64_t ClawedBack(Shop& shop, const v1::RecordReturnRequest& request) {
  v1::RecordReturnResponse response;
  REQUIRE(Outcome(shop.world.Do(request, &response)) == "OK");
  return response.points_clawed_back();
}

TEST_CASE("37 points on three units returned one by one: 12, 13, 12") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"A", 3, 1233}})) == "OK");  // 36.99 pounds
  CHECK(shop.Active("c") == 37);
  CHECK(ClawedBack(shop, Return("c", "r1", {{"A", 1, 1233}})) == 12);
  CHECK(ClawedBack(shop, Return("c", "r2", {{"A", 1, 1233}})) == 13);
  CHECK(ClawedBack(shop, Return("c", "r3", {{"A", 1, 1233}})) == 12);
  CHECK(shop.Active("c") == 0);
  CHECK(shop.Balance("c").clawed_back() == 37);
}

TEST_CASE("only eligible lines count, by their returned earn base") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_earn_rules(0)->add_exclude_products("POST");
  Shop shop(programme);
  REQUIRE(shop.Do(Order("c", "o", {{"POST", 1, 500}, {"A", 2, 1000}, {"B", 1, 150}})) == "OK");
  CHECK(shop.Active("c") == 22);  // 21.50
  CHECK(ClawedBack(shop, Return("c", "r1", {{"POST", 1, 500}})) == 0);
  CHECK(shop.world.All<ev::PointsClawedBack>().empty());
  CHECK(ClawedBack(shop, Return("c", "r2", {{"A", 1, 1000}})) == 10);  // 22 × 1000 / 2150 = 10.23
  CHECK(ClawedBack(shop, Return("c", "r3", {{"B", 1, 150}})) == 2);    // 22 × 1150 / 2150 = 11.77
  CHECK(ClawedBack(shop, Return("c", "r4", {{"A", 1, 1000}})) == 10);
  CHECK(shop.world.All<ev::PointsClawedBack>().back()->returned_base_minor_units() == 2150);
}

TEST_CASE("one return claws back from each order it reaches") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  REQUIRE(shop.Do(Order("c", "o2", {{"A", 1, 1000}})) == "OK");
  CHECK(ClawedBack(shop, Return("c", "r", {{"A", 2, 1000}})) == 20);
  const auto clawed = shop.world.All<ev::PointsClawedBack>();
  REQUIRE(clawed.size() == 2);
  CHECK(clawed[0]->order_id() == "o2");
  CHECK(clawed[0]->return_id() == "r");
  CHECK(clawed[1]->order_id() == "o1");
}

TEST_CASE("the order's own lot goes first, then the others in order") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_expires_after()->set_months(12);
  Shop shop(programme);
  REQUIRE(shop.DoAt("2024-01-01T12:00:00Z", Order("c", "o1", {{"A", 1, 10'000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-02T12:00:00Z", Order("c", "o2", {{"B", 1, 10'000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-03T12:00:00Z", Order("c", "o3", {{"C", 1, 10'000}})) == "OK");
  REQUIRE(shop.Do(Return("c", "r1", {{"B", 1, 10'000}})) == "OK");
  CHECK(shop.Lots("c") == Strings{"o1 100", "o3 100"});
  REQUIRE(shop.Do(Redeem("c", "x", 150)) == "OK");
  REQUIRE(shop.Do(Return("c", "r2", {{"A", 1, 10'000}})) == "OK");
  CHECK(shop.Lots("c").empty());
  const ev::PointsClawedBack& clawed = *shop.world.All<ev::PointsClawedBack>().back();
  CHECK(clawed.points() == 100);
  CHECK(clawed.allocations_size() == 1);
  CHECK(clawed.shortfall() == 50);
  CHECK(clawed.shortfall_policy() == ev::SHORTFALL_POLICY_DEBT);
  CHECK(shop.Active("c") == -50);
}

TEST_CASE("the order's pending part goes first; other pending lots only before a shortfall") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_activation_delay()->set_days(14);
  Shop shop(programme);
  REQUIRE(shop.DoAt("2024-01-01T12:00:00Z", Order("c", "o1", {{"A", 1, 10'000}})) == "OK");
  shop.Pass("2024-01-20T12:00:00Z");
  REQUIRE(shop.Do(Order("c", "o2", {{"B", 2, 5000}})) == "OK");
  CHECK(shop.Lots("c") == Strings{"o1 100", "o2 100 pending"});
  REQUIRE(shop.Do(Return("c", "r1", {{"B", 1, 5000}})) == "OK");
  CHECK(shop.Lots("c") == Strings{"o1 100", "o2 50 pending"});
  REQUIRE(shop.Do(Redeem("c", "x", 90)) == "OK");
  REQUIRE(shop.Do(Cancel("c", "o1")) == "OK");
  CHECK(shop.Balance("c").pending() == 0);
  CHECK(shop.Balance("c").active() == -40);
}

TEST_CASE("what is not found is owed, waived or charged") {
  const auto after = [](ev::ShortfallPolicy policy) {
    ev::ProgrammePublished programme = MainProgramme();
    programme.set_shortfall(policy);
    Shop shop(programme);
    REQUIRE(shop.Do(Order("c", "o", {{"A", 1, 10'000}})) == "OK");
    REQUIRE(shop.Do(Redeem("c", "x", 70)) == "OK");
    const int64_t clawed = ClawedBack(shop, Return("c", "r", {{"A", 1, 10'000}}));
    return std::pair<int64_t, int64_t>{clawed, shop.Active("c")};
  };
  CHECK(after(ev::SHORTFALL_POLICY_DEBT) == std::pair<int64_t, int64_t>{100, -70});
  CHECK(after(ev::SHORTFALL_POLICY_WAIVE) == std::pair<int64_t, int64_t>{30, 0});
  CHECK(after(ev::SHORTFALL_POLICY_CHARGE) == std::pair<int64_t, int64_t>{30, 0});
}

TEST_CASE("lapsed lots give nothing, recorded as lapsed or not") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_expires_after()->set_months(1);
  Shop shop(programme);
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"A", 1, 10'000}})) == "OK");
  REQUIRE(shop.DoAt("2024-02-10T12:00:00Z", Order("c", "o2", {{"B", 1, 3000}})) == "OK");
  REQUIRE(shop.DoAt("2024-02-20T12:00:00Z", Return("c", "r", {{"A", 1, 10'000}})) == "OK");
  CHECK(shop.Active("c") == -70);
  CHECK(shop.Balance("c").expired() == 100);
}

TEST_CASE("an order that earned nothing owes nothing") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"A", 1, 40}})) == "OK");
  CHECK(ClawedBack(shop, Return("c", "r", {{"A", 1, 40}})) == 0);
  CHECK(shop.world.All<ev::PointsClawedBack>().empty());
}

}  // namespace
}  // namespace daybook::projections
