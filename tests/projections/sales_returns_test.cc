// Goal: goods that come back find the order lines that they were bought with: newest order first,
// last line first, or as named (domain.md 6).
#include <catch2/catch.hpp>

#include "daybook/event/v1/customers.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::On;
using testing::Order;
using testing::Return;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

// Does a return and says where the units came from: "order/line×units=pence ... unmatched".
std::string Matched(Shop& shop, const v1::RecordReturnRequest& request) {
  v1::RecordReturnResponse response;
  const std::string outcome = testing::Outcome(shop.world.Do(request, &response));
  if (outcome != "OK") return outcome;
  std::string out;
  for (const ev::ReturnAllocation& a : response.allocations()) {
    out += a.order_id() + "/" + std::to_string(a.order_line()) + "x" + std::to_string(a.units()) +
           "=" + std::to_string(a.amount().minor_units()) + " ";
  }
  return out + std::to_string(response.unmatched_units());
}

TEST_CASE("the newest order's last line gives its units first") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "old", {{"A", 2, 100}}), "2023-01-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "new", {{"A", 1, 100}, {"B", 1, 100}, {"A", 1, 100}}),
                     "2023-02-01T00:00:00Z")) == "OK");
  CHECK(Matched(shop, Return("c", "r1", {{"A", 1, 100}})) == "new/3x1=100 0");
  CHECK(Matched(shop, Return("c", "r2", {{"A", 4, 100}})) == "new/1x1=100 old/1x2=200 1");
  CHECK(Matched(shop, Return("c", "r3", {{"A", 1, 100}})) == "1");
}

TEST_CASE("product and price must be the same; the price as a number, the product to the letter") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"A", 5, 100}})) == "OK");
  CHECK(Matched(shop, Return("c", "r1", {{"A", 1, 101}})) == "1");
  CHECK(Matched(shop, Return("c", "r2", {{"a", 1, 100}})) == "1");
  v1::RecordReturnRequest request = Return("c", "r3", {{"A", 1, 0}});
  request.mutable_lines(0)->mutable_unit_price()->set_units(1);
  request.mutable_lines(0)->mutable_unit_price()->set_scale(0);
  CHECK(Matched(shop, request) == "o/1x1=100 0");
}

TEST_CASE(
    "orders of one instant: the one recorded later is the newer; orders placed later are not "
    "earlier ones") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "o1", {{"A", 1, 100}}), "2023-01-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "o2", {{"A", 1, 100}}), "2023-01-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "o3", {{"A", 1, 100}}), "2023-06-01T00:00:00Z")) == "OK");
  CHECK(Matched(shop, On(Return("c", "r1", {{"A", 1, 100}}), "2023-03-01T00:00:00Z")) ==
        "o2/1x1=100 0");
  CHECK(Matched(shop, On(Return("c", "r2", {{"A", 2, 100}}), "2023-01-01T00:00:00Z")) ==
        "o1/1x1=100 1");
  CHECK(Matched(shop, On(Return("c", "r3", {{"A", 1, 100}}), "2023-06-01T00:00:00Z")) ==
        "o3/1x1=100 0");
}

TEST_CASE("a late order is matched by its own instant") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "newer", {{"A", 1, 100}}), "2023-02-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "late", {{"A", 1, 100}}), "2023-01-01T00:00:00Z")) == "OK");
  CHECK(Matched(shop, Return("c", "r1", {{"A", 1, 100}})) == "newer/1x1=100 0");
  CHECK(Matched(shop, Return("c", "r2", {{"A", 1, 100}})) == "late/1x1=100 0");
}

TEST_CASE(
    "several lines of one return take from the same order line in turn, worth exactly the line") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"A", 3, 100}})) == "OK");
  v1::RecordReturnRequest request = Return("c", "r", {{"A", 1, 100}, {"A", 1, 100}, {"A", 5, 100}});
  CHECK(Matched(shop, request) == "o/1x1=100 o/1x1=100 o/1x1=100 4");
  const auto returned = shop.world.All<ev::ItemsReturned>();
  CHECK(returned[0]->lines(2).unmatched_units() == 4);
  CHECK(returned[0]->allocations(2).return_line() == 3);
}

TEST_CASE("the value of partial returns adds up to the line's amount") {
  Shop shop;
  v1::RecordOrderRequest order = Order("c", "o", {{"A", 3, 0}});
  order.mutable_lines(0)->mutable_unit_price()->set_units(335);  // 0.335 each, 1.005 → 100 pence
  order.mutable_lines(0)->mutable_unit_price()->set_scale(3);
  REQUIRE(shop.Do(order) == "OK");
  v1::RecordReturnRequest request = Return("c", "r1", {{"A", 1, 0}});
  *request.mutable_lines(0)->mutable_unit_price() = order.lines(0).unit_price();
  CHECK(Matched(shop, request) == "o/1x1=33 0");
  request.set_return_id("r2");
  CHECK(Matched(shop, request) == "o/1x1=34 0");
  request.set_return_id("r3");
  CHECK(Matched(shop, request) == "o/1x1=33 0");
}

TEST_CASE("a return may name its order, or the line") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o1", {{"A", 2, 100}, {"A", 1, 100}})) == "OK");
  REQUIRE(shop.Do(Order("c", "o2", {{"A", 2, 100}})) == "OK");
  v1::RecordReturnRequest in_order = Return("c", "r1", {{"A", 2, 100}});
  in_order.mutable_lines(0)->set_order_id("o1");
  CHECK(Matched(shop, in_order) == "o1/2x1=100 o1/1x1=100 0");
  in_order.set_return_id("r2");
  CHECK(Matched(shop, in_order) == "UNITS_EXCEEDED lines[0].units");

  v1::RecordReturnRequest of_line = Return("c", "r2", {{"", 1, 0}});
  of_line.mutable_lines(0)->clear_unit_price();
  of_line.mutable_lines(0)->set_order_id("o1");
  of_line.mutable_lines(0)->set_order_line(1);
  CHECK(Matched(shop, of_line) == "o1/1x1=100 0");
  CHECK(shop.world.All<ev::ItemsReturned>()[1]->lines(0).product() == "A");
  of_line.set_return_id("r3");
  CHECK(Matched(shop, of_line) == "UNITS_EXCEEDED lines[0].units");
}

TEST_CASE("named orders and lines must be there and be of that product") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o1", {{"A", 2, 100}})) == "OK");
  const auto refusal = [&shop](auto change) {
    v1::RecordReturnRequest request = Return("c", "r", {{"A", 1, 100}});
    request.mutable_lines(0)->set_order_id("o1");
    request.mutable_lines(0)->set_order_line(1);
    change(*request.mutable_lines(0));
    return Matched(shop, request);
  };
  CHECK(refusal([](auto& l) { l.set_order_id("o2"); }) == "ORDER_UNKNOWN lines[0].order_id");
  CHECK(refusal([](auto& l) { l.set_order_line(2); }) == "ORDER_LINE_UNKNOWN lines[0].order_line");
  CHECK(refusal([](auto& l) { l.clear_order_id(); }) == "FIELD_REQUIRED lines[0].order_id");
  CHECK(refusal([](auto& l) { l.set_product("B"); }) == "FIELD_INVALID lines[0].product");
  CHECK(refusal([](auto& l) { l.mutable_unit_price()->set_units(99); }) ==
        "FIELD_INVALID lines[0].unit_price");
  CHECK(refusal([](auto& l) { l.set_units(3); }) == "UNITS_EXCEEDED lines[0].units");
  CHECK(refusal([](auto&) {}) == "o1/1x1=100 0");
}

TEST_CASE("a return of goods bought before our time registers the customer and is kept") {
  Shop shop;
  CHECK(Matched(shop, Return("c", "r", {{"A", 7, 100}})) == "7");
  CHECK(shop.world.All<ev::CustomerRegistered>().size() == 1);
  CHECK(Matched(shop, Return("c", "r", {{"A", 7, 100}})) == "RETURN_EXISTS return_id");
}

TEST_CASE("one return reaches over many orders") {
  Shop shop;
  for (int i = 0; i < 30; ++i) {
    REQUIRE(shop.Do(Order("c", "o" + std::to_string(i), {{"A", 1, 100}, {"A", 1, 100}})) == "OK");
  }
  v1::RecordReturnResponse response;
  CHECK(testing::Outcome(
            shop.world.Do(Return("c", "r", {{"A", 25, 100}, {"A", 40, 100}}), &response)) == "OK");
  CHECK(response.allocations_size() == 60);
  CHECK(response.allocations(0).order_id() == "o29");
  CHECK(response.allocations(0).order_line() == 2);
  CHECK(response.allocations(59).order_id() == "o0");
  CHECK(response.unmatched_units() == 5);
}

}  // namespace
}  // namespace daybook::projections
