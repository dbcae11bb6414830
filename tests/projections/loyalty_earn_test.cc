// Goal: what an order earns, line by line and rule by rule, and why nothing (domain.md 5.1 rules 3,
// 6, 9, 10).
#include <catch2/catch.hpp>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::Adjust;
using testing::At;
using testing::Cancel;
using testing::Imported;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Publish;
using testing::Redeem;
using testing::Return;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

ev::PointsEarned Earned(Shop& shop, const v1::RecordOrderRequest& order) {
  REQUIRE(shop.Do(order) == "OK");
  const auto all = shop.world.All<ev::PointsEarned>();
  REQUIRE_FALSE(all.empty());
  return *all.back();
}

TEST_CASE("the first order enrols and earns in the same commit") {
  Shop shop;
  const ev::PointsEarned earned =
      Earned(shop, Order("c", "o", {{"A", 1, 149}, {"B", 1, 149}, {"C", 1, 149}}));
  CHECK(earned.points() == 4);
  CHECK(earned.qualifying_points() == 4);
  CHECK(earned.base_minor_units() == 447);
  CHECK(earned.programme_version() == 1);
  REQUIRE(earned.shares_size() == 3);
  CHECK(earned.shares(0).points() == 2);
  CHECK(earned.shares(0).rule_id() == "base");
  CHECK(earned.shares(1).points() == 1);
  CHECK(shop.world.All<ev::LoyaltyEnrolled>().size() == 1);
  CHECK(shop.world.All<ev::LoyaltyEnrolled>()[0]->by_first_order());
  CHECK(shop.world.events().back()->event.sequence == shop.world.events()[2]->event.sequence);
  REQUIRE(shop.world.events().back()->context.policies_size() == 1);
  CHECK(shop.world.events().back()->context.policies(0).policy() == "programmes/main");
  Earned(shop, Order("c", "o2", {{"A", 1, 149}}));
  CHECK(shop.world.All<ev::LoyaltyEnrolled>().size() == 1);
  CHECK(shop.Active("c") == 5);
}

TEST_CASE("a repeated order pays nothing") {
  Shop shop;
  Earned(shop, Order("c", "o", {{"A", 1, 1000}}));
  CHECK(shop.Do(Order("c", "o", {{"A", 1, 1000}})) == "ORDER_EXISTS order_id");
  CHECK(shop.Active("c") == 10);
}

TEST_CASE("without enrolment by order nobody earns who does not take part at the order's instant") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.set_enrol_on_first_order(false);
  Shop shop(programme);
  CHECK(shop.Do(testing::Enrol("c")) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(shop.Do(Order("c", "o1", {{"A", 1, 1000}})) == "OK");
  CHECK(shop.world.All<ev::PointsEarned>().empty());
  CHECK(shop.Do(testing::Enrol("c")) == "OK");
  CHECK(shop.Do(testing::Enrol("c")) == "ALREADY_ENROLLED programme");
  REQUIRE(shop.Do(On(Order("c", "o2", {{"A", 1, 1000}}), "2023-12-31T23:59:59Z")) == "OK");
  CHECK(shop.world.All<ev::PointsEarned>().empty());
  Earned(shop, Order("c", "o3", {{"A", 1, 1000}}));
  CHECK(shop.Active("c") == 10);
  v1::EnrolRequest unknown = testing::Enrol("c");
  unknown.set_programme("programmes/none");
  CHECK(shop.Do(unknown) == "PROGRAMME_UNKNOWN programme");
}

TEST_CASE("rules choose lines by product and category in any case, and add up") {
  ev::ProgrammePublished programme = MainProgramme();
  for (const char* code : {"post", "Bank Charges"})
    programme.mutable_earn_rules(0)->add_exclude_products(code);
  ev::EarnRule& bonus = *programme.add_earn_rules();
  bonus.set_rule_id("bonus");
  bonus.set_points(3);
  bonus.set_per_minor_units(200);
  bonus.add_include_categories("GARDEN");
  bonus.add_exclude_products("rake");
  Shop shop(programme);
  const ev::PointsEarned earned = Earned(shop, Order("c", "o",
                                                     {{"POST", 1, 1000},
                                                      {"bank charges", 1, 1000},
                                                      {"spade", 1, 1000, "Garden"},
                                                      {"RAKE", 1, 1000, "garden"},
                                                      {"mug", 1, 1000}}));
  CHECK(earned.points() == 45);
  CHECK(earned.base_minor_units() == 3000);
  REQUIRE(earned.shares_size() == 4);
  CHECK(earned.shares(0).order_line() == 3);
  CHECK(earned.shares(0).rule_id() == "base");
  CHECK(earned.shares(0).points() == 10);
  CHECK(earned.shares(1).order_line() == 3);
  CHECK(earned.shares(1).rule_id() == "bonus");
  CHECK(earned.shares(1).points() == 15);
  CHECK(earned.shares(2).order_line() == 4);
  CHECK(earned.shares(3).order_line() == 5);
}

TEST_CASE("many lines under many rules are kept line by line, and come back as they were earned") {
  ev::ProgrammePublished programme = MainProgramme();
  for (int i = 1; i < 200; ++i) {
    *programme.add_earn_rules() = programme.earn_rules(0);
    programme.mutable_earn_rules(i)->set_rule_id("rule-" + std::to_string(i));
  }
  programme.mutable_earn_rules(0)->add_exclude_products("A");
  Shop shop(programme);
  std::vector<testing::Item> items;
  for (int i = 0; i < 500; ++i) items.push_back({i % 2 == 0 ? "A" : "B", 1, 100});
  const ev::PointsEarned earned = Earned(shop, Order("c", "o", items));
  CHECK(earned.points() == 250 * 199 + 250 * 200);
  CHECK(earned.ByteSizeLong() < 64 * 1024);
  REQUIRE(earned.shares_size() == 500);
  CHECK(earned.shares(0).order_line() == 1);
  CHECK(earned.shares(0).rule_id() == "");
  CHECK(earned.shares(0).base_minor_units() == 100);
  CHECK(earned.shares(0).points() == 199);
  CHECK(earned.shares(499).points() == 200);
  shop.world.Flush();
  const v1::ExplainPointsResponse why = shop.Explain("c", "o");
  CHECK_THAT(why.lines(0).sentences(0),
             Catch::Contains("199 points by all rules of programme main version 1"));
  REQUIRE(shop.Do(testing::Cancel("c", "o")) == "OK");
  CHECK(shop.Active("c") == 0);
}

TEST_CASE("what earns nothing says why") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.set_lateness_days(30);
  programme.mutable_earn_rules(0)->add_exclude_products("POST");
  Shop shop(programme);
  CHECK(Earned(shop, Order("c", "none", {{"post", 1, 1000}})).reason() == "NO_ELIGIBLE_LINE");
  CHECK(Earned(shop, Order("c", "little", {{"A", 1, 50}})).reason() == "BELOW_ONE_POINT");
  v1::RecordOrderRequest in_euro = Order("c", "euro", {{"A", 1, 1000}});
  in_euro.set_currency("EUR");
  CHECK(Earned(shop, in_euro).reason() == "CURRENCY");
  CHECK(Earned(shop, Order("c", "moon", {{"A", 1, 200'000'000'000'000}})).reason() ==
        "TOO_MANY_POINTS");
  shop.world.SetNow(At("2024-03-01T00:00:00Z"));
  CHECK(Earned(shop, On(Order("c", "late", {{"A", 1, 1000}}), "2024-01-30T23:59:59Z")).reason() ==
        "LATE");
  CHECK(Earned(shop, On(Order("c", "in_time", {{"A", 1, 1000}}), "2024-01-31T00:00:00Z"))
            .reason()
            .empty());
  CHECK(Earned(shop, Imported(Order("c", "history", {{"A", 1, 1000}}), "2014-01-31T00:00:00Z"))
            .reason()
            .empty());
  CHECK(shop.Active("c") == 20);
}

TEST_CASE("only the earn base counts") {
  Shop shop;
  v1::RecordOrderRequest order = Order("c", "o", {{"A", 1, 1000}});
  order.mutable_lines(0)->mutable_earn_base()->set_minor_units(300);
  order.mutable_lines(0)->mutable_earn_base()->set_currency("GBP");
  CHECK(Earned(shop, order).points() == 3);
}

TEST_CASE("each programme in force pays for itself") {
  Shop shop;
  ev::ProgrammePublished club = MainProgramme();
  club.set_programme_id("club");
  club.mutable_earn_rules(0)->set_points(5);
  REQUIRE(shop.Do(Publish(club)) == "OK");
  v1::RecordOrderResponse response;
  REQUIRE(Outcome(shop.world.Do(Order("c", "o", {{"A", 2, 1000}}), &response)) == "OK");
  REQUIRE(response.earned_size() == 2);
  CHECK(response.earned(0).programme() == "programmes/club");
  CHECK(response.earned(0).points() == 100);
  CHECK(response.earned(1).points() == 20);
  v1::RecordReturnResponse returned;
  REQUIRE(Outcome(shop.world.Do(Return("c", "r", {{"A", 1, 1000}}), &returned)) == "OK");
  CHECK(returned.points_clawed_back() == 60);
  CHECK(shop.Active("c") == 10);
  const auto earned = shop.world.All<ev::PointsEarned>();
  CHECK(earned[0]->lot_id() != earned[1]->lot_id());
}

TEST_CASE("a debt is filled first by what is earned or given") {
  Shop shop;
  Earned(shop, Order("c", "o1", {{"A", 1, 10'000}}));
  REQUIRE(shop.Do(Redeem("c", "x", 100)) == "OK");
  REQUIRE(shop.Do(Cancel("c", "o1")) == "OK");
  CHECK(shop.Active("c") == -100);
  const ev::PointsEarned partly = Earned(shop, Order("c", "o2", {{"A", 1, 3000}}));
  CHECK(partly.debt_filled() == 30);
  CHECK(partly.lot_id().empty());
  CHECK(shop.Active("c") == -70);
  REQUIRE(shop.Do(Adjust("c", "a", 50)) == "OK");
  CHECK(shop.Active("c") == -20);
  const ev::PointsEarned rest = Earned(shop, Order("c", "o3", {{"A", 1, 5000}}));
  CHECK(rest.debt_filled() == 20);
  CHECK(shop.Active("c") == 30);
  CHECK(shop.Lots("c") == std::vector<std::string>{"o3 30"});
}

TEST_CASE("a quote says what an order would earn and records nothing") {
  Shop shop;
  v1::QuoteOrderRequest request;
  *request.mutable_order() = Order("c", "o", {{"A", 1, 149}, {"B", 1, 149}});
  v1::QuoteOrderResponse response;
  REQUIRE(Outcome(shop.world.Do(request, &response)) == "OK");
  REQUIRE(response.earned_size() == 1);
  CHECK(response.earned(0).points() == 3);
  CHECK(response.shares_size() == 2);
  CHECK(shop.world.All<ev::OrderCompleted>().empty());
  request.mutable_order()->mutable_lines(1)->set_units(0);
  CHECK(shop.Do(request) == "FIELD_INVALID order.lines[1].units");
  REQUIRE(shop.Do(Order("c", "o", {{"A", 1, 149}})) == "OK");
  request.mutable_order()->mutable_lines(1)->set_units(1);
  CHECK(shop.Do(request) == "ORDER_EXISTS order.order_id");
}

}  // namespace
}  // namespace daybook::projections
