// Goal: balances, lots, statement and explanation tell the same story, page by page and as of any
// instant.
#include <catch2/catch.hpp>
#include <memory>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::Adjust;
using testing::At;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Redeem;
using testing::Return;
using testing::Reverse;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

v1::ListStatementResponse Statement(Shop& shop, int32_t page_size = 0,
                                    const std::string& token = {}) {
  v1::ListStatementRequest request;
  request.set_customer("customers/c");
  request.set_programme("programmes/main");
  request.set_page_size(page_size);
  request.set_page_token(token);
  v1::ListStatementResponse response;
  REQUIRE(Outcome(shop.world.Ask(request, &response)) == "OK");
  return response;
}

// A life of points with one of everything.
std::unique_ptr<Shop> Life() {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_expires_after()->set_months(6);
  programme.mutable_earn_rules(0)->add_exclude_products("POST");
  auto shop = std::make_unique<Shop>(programme);
  REQUIRE(shop->DoAt("2024-01-01T12:00:00Z",
                     Order("c", "o1", {{"A", 3, 1255}, {"POST", 1, 300}, {"B", 1, 1000}})) == "OK");
  REQUIRE(shop->DoAt("2024-01-02T12:00:00Z", Return("c", "r1", {{"A", 1, 1255}})) == "OK");
  REQUIRE(shop->DoAt("2024-01-03T12:00:00Z", Redeem("c", "x1", 20)) == "OK");
  REQUIRE(shop->DoAt("2024-01-04T12:00:00Z", Reverse("c", "x1", 5)) == "OK");
  REQUIRE(shop->DoAt("2024-01-05T12:00:00Z", Adjust("c", "a1", 7)) == "OK");
  shop->Pass("2025-01-01T00:00:00Z");
  return shop;
}

TEST_CASE("the statement lists what moved points, newest first, with the balance after it") {
  const std::unique_ptr<Shop> owned = Life();
  Shop& shop = *owned;
  const v1::ListStatementResponse all = Statement(shop);
  std::vector<std::string> lines;
  for (const v1::StatementEntry& entry : all.entries()) {
    lines.push_back(ev::EventType_Name(entry.type()).substr(11) + " " +
                    std::to_string(entry.points()) + " " + entry.reference() + " " +
                    std::to_string(entry.balance_after()));
    CHECK(entry.event_id().size() == 36);
  }
  CHECK(lines == std::vector<std::string>{
                     "POINTS_EXPIRED -7  0", "POINTS_EXPIRED -20  7", "POINTS_ADJUSTED 7 a1 27",
                     "REDEMPTION_REVERSED 5 x1 20", "POINTS_REDEEMED -20 x1 15",
                     "POINTS_CLAWED_BACK -13 r1 35", "POINTS_EARNED 48 o1 48"});
  const v1::ListStatementResponse first = Statement(shop, 5);
  CHECK(first.entries_size() == 5);
  const v1::ListStatementResponse last = Statement(shop, 5, first.next_page_token());
  REQUIRE(last.entries_size() == 2);
  CHECK(last.entries(1).reference() == "o1");
  CHECK(last.next_page_token().empty());
}

TEST_CASE("why these points: each line, its rule and version, and what became of them") {
  const std::unique_ptr<Shop> owned = Life();
  Shop& shop = *owned;
  const v1::ExplainPointsResponse why = shop.Explain("c", "o1");
  CHECK(why.points() == 48);
  CHECK(why.programme() == "programmes/main");
  CHECK(why.version() == 1);
  CHECK(why.event_id().size() == 36);
  REQUIRE(why.lines_size() == 3);
  CHECK(why.lines(0).line().product() == "A");
  CHECK(why.lines(0).sentences(0) ==
        "38 points by rule base of programme main version 1: 1 point for each 1.00 GBP, of 37.65 "
        "GBP; fractions are "
        "rounded once per order.");
  CHECK(why.lines(1).shares().empty());
  CHECK(why.lines(1).sentences(0) ==
        "Nothing: no rule of programme main version 1 is for this line.");
  CHECK(why.lines(2).shares(0).points() == 10);
  REQUIRE(why.since_size() == 2);
  CHECK(why.since(0).type() == ev::EVENT_TYPE_POINTS_CLAWED_BACK);
  CHECK(why.since(0).points() == -13);
  CHECK(why.since(1).type() == ev::EVENT_TYPE_POINTS_EXPIRED);
  CHECK(why.since(1).points() == -20);
  CHECK(why.remaining() == 0);
}

TEST_CASE("an explanation as of an instant stops there") {
  const std::unique_ptr<Shop> owned = Life();
  Shop& shop = *owned;
  v1::ExplainPointsRequest request;
  request.set_order("customers/c/orders/o1");
  request.set_programme("programmes/main");
  *request.mutable_read()->mutable_as_of() = ToProto(At("2024-01-03T00:00:00Z"));
  v1::ExplainPointsResponse why;
  REQUIRE(Outcome(shop.world.Ask(request, &why)) == "OK");
  CHECK(why.since_size() == 1);
  CHECK(why.remaining() == 35);
  request.set_order("customers/c/orders/o2");
  CHECK(Outcome(shop.world.Ask(request, &why)) == "ORDER_UNKNOWN order");
  request.set_programme("programmes/none");
  CHECK(Outcome(shop.world.Ask(request, &why)) == "PROGRAMME_UNKNOWN programme");
}

TEST_CASE("orders that earned nothing are explained too") {
  ev::ProgrammePublished programme = MainProgramme();
  *programme.mutable_effective_from() = ToProto(At("2023-06-01T00:00:00Z"));
  programme.set_lateness_days(10);
  Shop shop(programme);
  REQUIRE(shop.Do(On(Order("c", "before", {{"A", 1, 1000}}), "2023-05-31T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "late", {{"A", 1, 1000}}), "2023-07-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(Order("c", "little", {{"A", 1, 20}})) == "OK");
  CHECK(shop.Explain("c", "before").reason() == "NO_PROGRAMME");
  CHECK(shop.Explain("c", "before").lines(0).sentences_size() == 1);
  CHECK(shop.Explain("c", "late").reason() == "LATE");
  CHECK(shop.Explain("c", "late").lines(0).sentences(0) ==
        "Nothing: the order was recorded later than programme main version 1 allows.");
  CHECK(shop.Explain("c", "little").reason() == "BELOW_ONE_POINT");
  CHECK(shop.Explain("c", "little").lines(0).shares_size() == 1);
}

TEST_CASE("balances of all accounts come page by page") {
  Shop shop;
  for (int i = 0; i < 7; ++i) {
    REQUIRE(shop.Do(Order("c" + std::to_string(i), "o", {{"A", 1, 1000 * (i + 1)}})) == "OK");
  }
  shop.world.Flush();
  v1::ListBalancesRequest request;
  request.set_programme("programmes/main");
  request.set_page_size(3);
  int64_t sum = 0;
  int accounts = 0;
  do {
    v1::ListBalancesResponse page;
    REQUIRE(Outcome(shop.world.Ask(request, &page)) == "OK");
    CHECK(page.balances_size() <= 3);
    for (const v1::Balance& balance : page.balances()) sum += balance.active();
    accounts += page.balances_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(accounts == 7);
  CHECK(sum == 280);
  request.set_programme("programmes/none");
  v1::ListBalancesResponse none;
  CHECK(Outcome(shop.world.Ask(request, &none)) == "PROGRAMME_UNKNOWN programme");
}

TEST_CASE("lots come page by page in allocation order, with all their instants") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_activation_delay()->set_days(1);
  programme.mutable_expires_after()->set_days(30);
  Shop shop(programme);
  for (int i = 1; i <= 9; ++i) {
    const std::string at = "2023-12-0" + std::to_string(i) + "T10:00:00Z";
    REQUIRE(shop.DoAt(at, Order("c", "o" + std::to_string(i), {{"A", 1, 100 * i}})) == "OK");
  }
  v1::ListLotsRequest request;
  request.set_customer("customers/c");
  request.set_programme("programmes/main");
  request.set_page_size(4);
  std::vector<std::string> orders;
  do {
    v1::ListLotsResponse page;
    REQUIRE(Outcome(shop.world.Ask(request, &page)) == "OK");
    for (const v1::Lot& lot : page.lots()) {
      orders.push_back(lot.order_id());
      CHECK(lot.pending() == (lot.order_id() == "o9"));
      CHECK(lot.activates_at().seconds() - lot.earned_at().seconds() == 86'400);
      CHECK(lot.has_expires_at());
      CHECK(lot.points() == lot.remaining());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(orders == std::vector<std::string>{"o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8", "o9"});
}

TEST_CASE("who has no account has no balance") {
  Shop shop;
  v1::GetBalanceRequest request;
  request.set_customer("customers/c");
  request.set_programme("programmes/main");
  v1::GetBalanceResponse response;
  CHECK(Outcome(shop.world.Ask(request, &response)) == "NOT_ENROLLED programme");
  request.set_programme("programmes/none");
  CHECK(Outcome(shop.world.Ask(request, &response)) == "PROGRAMME_UNKNOWN programme");
  request.set_customer("c");
  CHECK(Outcome(shop.world.Ask(request, &response)) == "FIELD_INVALID customer");
}

TEST_CASE("what refers to a lot that was not seen is kept until the lot comes") {
  Shop shop;
  ev::LoyaltyEnrolled enrolled;
  enrolled.set_programme_id("main");
  shop.world.Record(testing::Customer("c"), enrolled, At("2023-01-01T00:00:00Z"));
  ev::PointsRedeemed redeemed;
  redeemed.set_programme_id("main");
  redeemed.set_redemption_id("x");
  redeemed.set_points(30);
  redeemed.add_allocations()->set_lot_id("lot");
  redeemed.mutable_allocations(0)->set_points(30);
  shop.world.Record(testing::Customer("c"), redeemed, At("2023-01-02T00:00:00Z"));
  CHECK(shop.Active("c") == -30);
  CHECK(shop.Lots("c").empty());
  CHECK(shop.Do(Redeem("c", "y", 1)) == "INSUFFICIENT_POINTS points");
  ev::PointsEarned earned;
  earned.set_programme_id("main");
  earned.set_programme_version(1);
  earned.set_order_id("o");
  earned.set_lot_id("lot");
  earned.set_points(100);
  shop.world.Record(testing::Customer("c"), earned, At("2023-01-03T00:00:00Z"));
  CHECK(shop.Active("c") == 70);
  CHECK(shop.Lots("c") == std::vector<std::string>{"o 70"});
  for (const char* view : {"", "points", "points_statement"}) {
    CHECK(shop.world.Dump(view) == shop.world.DumpRebuilt(view));
  }
}

}  // namespace
}  // namespace daybook::projections
