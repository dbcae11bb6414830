// Goal: what people ask of sales is what was recorded, paged, as of any instant, and the same when
// folded anew.
#include <catch2/catch.hpp>
#include <set>

#include "projections/engine/validation.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Cancel;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Refund;
using testing::Return;
using testing::Shop;
namespace v1 = daybook::v1;

std::vector<std::string> Names(const v1::ListOrdersResponse& response) {
  std::vector<std::string> names;
  for (const v1::Order& order : response.orders()) names.push_back(order.name());
  return names;
}

TEST_CASE("an order shows what came back of it and what was paid back") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "o", {{"A", 3, 100}, {"B", 1, 50}}), "2023-01-01T00:00:00Z")) ==
          "OK");
  REQUIRE(shop.Do(On(Return("c", "r", {{"A", 2, 100}}), "2023-02-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Refund("c", "f", "o", 200), "2023-03-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Cancel("c", "o"), "2023-04-01T00:00:00Z")) == "OK");
  v1::GetOrderRequest request;
  request.set_order("customers/c/orders/o");
  v1::GetOrderResponse response;
  REQUIRE(Outcome(shop.world.Ask(request, &response)) == "OK");
  const v1::Order& order = response.order();
  CHECK(order.name() == "customers/c/orders/o");
  CHECK(FromProto(order.occurred_at()) == At("2023-01-01T00:00:00Z"));
  REQUIRE(order.lines_size() == 2);
  CHECK(order.lines(0).line().product() == "A");
  CHECK(order.lines(0).returned_units() == 3);
  CHECK(order.lines(1).returned_units() == 1);
  CHECK(order.total().minor_units() == 350);
  CHECK(order.refunded().minor_units() == 200);
  CHECK(order.cancelled());

  *request.mutable_read()->mutable_as_of() = ToProto(At("2023-02-15T00:00:00Z"));
  v1::GetOrderResponse then;
  REQUIRE(Outcome(shop.world.Ask(request, &then)) == "OK");
  CHECK(then.order().lines(0).returned_units() == 2);
  CHECK(then.order().refunded().minor_units() == 0);
  CHECK_FALSE(then.order().cancelled());

  *request.mutable_read()->mutable_as_of() = ToProto(At("2022-12-31T23:59:59Z"));
  CHECK(Outcome(shop.world.Ask(request, &then)) == "ORDER_UNKNOWN order");
}

TEST_CASE("orders are listed newest first, page by page") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "second", {{"A", 1, 1}}), "2023-02-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "first", {{"A", 1, 1}}), "2023-01-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "third", {{"A", 1, 1}}), "2023-03-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "fourth", {{"A", 1, 1}}), "2023-03-01T00:00:00Z")) == "OK");
  shop.world.Flush();
  v1::ListOrdersRequest request;
  request.set_customer("customers/c");
  request.set_page_size(3);
  v1::ListOrdersResponse page;
  REQUIRE(Outcome(shop.world.Ask(request, &page)) == "OK");
  CHECK(Names(page) == std::vector<std::string>{"customers/c/orders/fourth",
                                                "customers/c/orders/third",
                                                "customers/c/orders/second"});
  REQUIRE_FALSE(page.next_page_token().empty());
  request.set_page_token(page.next_page_token());
  v1::ListOrdersResponse last;
  REQUIRE(Outcome(shop.world.Ask(request, &last)) == "OK");
  CHECK(Names(last) == std::vector<std::string>{"customers/c/orders/first"});
  CHECK(last.next_page_token().empty());
  request.set_page_size(1001);
  CHECK(Outcome(shop.world.Ask(request, &last)) == "FIELD_INVALID page_size");
  request.set_page_size(0);
  request.clear_page_token();
  request.set_customer("customers/nobody");
  v1::ListOrdersResponse none;
  CHECK(Outcome(shop.world.Ask(request, &none)) == "OK");
  CHECK(none.orders().empty());
}

TEST_CASE("a page of large orders ends before it is too large for a client") {
  Shop shop;
  std::vector<testing::Item> items(2000, {"product", 1, 100});
  constexpr int kOrders = 60;
  for (int i = 0; i < kOrders; ++i) {
    REQUIRE(shop.Do(Order("c", "o" + std::to_string(i), items)) == "OK");
  }
  shop.world.Flush();
  v1::ListOrdersRequest request;
  request.set_customer("customers/c");
  request.set_page_size(1000);
  std::set<std::string> names;
  int pages = 0;
  do {
    v1::ListOrdersResponse page;
    REQUIRE(Outcome(shop.world.Ask(request, &page)) == "OK");
    CHECK(page.ByteSizeLong() < 4'000'000);
    CHECK(page.orders_size() >= 10);
    for (const std::string& name : Names(page)) CHECK(names.insert(name).second);
    ++pages;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && pages < kOrders);
  CHECK(pages > 1);
  CHECK(names.size() == kOrders);
}

TEST_CASE("the summary counts what the tenant sold and took back") {
  Shop shop;
  REQUIRE(shop.Do(testing::Register("idle")) == "OK");
  REQUIRE(shop.Do(Order("c", "o1", {{"A", 3, 100}, {"B", 1, 50}})) == "OK");
  REQUIRE(shop.Do(Order("c", "o2", {{"A", 1, 100}})) == "OK");
  v1::RecordOrderRequest in_euro = Order("d", "o1", {{"A", 1, 700}});
  in_euro.set_currency("EUR");
  REQUIRE(shop.Do(in_euro) == "OK");
  REQUIRE(shop.Do(Return("c", "r1", {{"A", 5, 100}, {"C", 2, 1}})) == "OK");
  shop.world.Flush();
  v1::GetSalesSummaryResponse sum;
  REQUIRE(Outcome(shop.world.Ask(v1::GetSalesSummaryRequest(), &sum)) == "OK");
  CHECK(sum.orders() == 3);
  CHECK(sum.order_lines() == 4);
  REQUIRE(sum.amounts_size() == 2);
  CHECK(sum.amounts(0).currency() == "EUR");
  CHECK(sum.amounts(0).order_amount_minor() == 700);
  CHECK(sum.amounts(1).order_amount_minor() == 450);
  CHECK(sum.returns() == 1);
  CHECK(sum.return_lines() == 2);
  CHECK(sum.return_units() == 7);
  CHECK(sum.unmatched_units() == 3);
  CHECK(sum.customers() == 3);
  CHECK(sum.customers_with_orders() == 2);
  v1::GetSalesSummaryRequest then;
  *then.mutable_read()->mutable_as_of() = ToProto(At("2023-01-01T00:00:00Z"));
  CHECK(Outcome(shop.world.Ask(then, &sum)) == "FIELD_INVALID read.as_of");
}

TEST_CASE("a return that comes before its order is kept until the order comes") {
  Shop shop;
  daybook::event::v1::ItemsReturned returned;
  returned.set_return_id("r");
  auto& allocation = *returned.add_allocations();
  allocation.set_order_id("o");
  allocation.set_order_line(2);
  allocation.set_units(1);
  shop.world.Record(testing::Customer("c"), returned, At("2023-01-01T00:00:00Z"));
  v1::GetOrderRequest request;
  request.set_order("customers/c/orders/o");
  v1::GetOrderResponse response;
  CHECK(Outcome(shop.world.Ask(request, &response)) == "ORDER_UNKNOWN order");
  CHECK(shop.Do(Cancel("c", "o")) == "ORDER_UNKNOWN order");
  REQUIRE(shop.Do(On(Order("c", "o", {{"A", 1, 100}, {"A", 1, 100}}), "2023-02-01T00:00:00Z")) ==
          "OK");
  REQUIRE(Outcome(shop.world.Ask(request, &response)) == "OK");
  CHECK(response.order().lines(0).returned_units() == 0);
  CHECK(response.order().lines(1).returned_units() == 1);
  v1::RecordReturnResponse matched;
  REQUIRE(Outcome(shop.world.Do(Return("c", "r2", {{"A", 2, 100}}), &matched)) == "OK");
  CHECK(matched.allocations_size() == 1);
  CHECK(matched.unmatched_units() == 1);
}

TEST_CASE("views and decision state are the same when they are folded anew") {
  Shop shop;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    REQUIRE(shop.Do(Order("c" + std::to_string(i % 3), "o" + n,
                          {{"A", 3, 100}, {"B", 1 + i, 50}})) == "OK");
    if (i % 4 == 0)
      REQUIRE(shop.Do(Return("c" + std::to_string(i % 3), "r" + n, {{"A", 2, 100}})) == "OK");
    if (i % 7 == 0) shop.world.Flush();
  }
  for (const char* view : {"", "orders", "sales_summary", "points", "points_statement"}) {
    CHECK(shop.world.Dump(view) == shop.world.DumpRebuilt(view));
  }
}

}  // namespace
}  // namespace daybook::projections
