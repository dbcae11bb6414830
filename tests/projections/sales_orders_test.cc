// Goal: orders are recorded as given, with exact amounts; every refusal names its reason and field.
#include <catch2/catch.hpp>

#include "daybook/event/v1/customers.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::Cancel;
using testing::On;
using testing::Order;
using testing::Refund;
using testing::Return;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

v1::RecordOrderRequest Good() { return Order("c1", "o1", {{"A", 3, 250}, {"B", 1, 99}}); }

TEST_CASE(
    "an order is recorded with computed amounts and normalised prices, and registers its "
    "customer") {
  Shop shop;
  v1::RecordOrderResponse response;
  REQUIRE(testing::Outcome(shop.world.Do(Good(), &response)) == "OK");
  CHECK(response.order() == "customers/c1/orders/o1");
  CHECK(response.total().minor_units() == 849);
  CHECK(response.total().currency() == "GBP");
  REQUIRE(response.earned_size() == 1);
  CHECK(response.earned(0).programme() == "programmes/main");
  CHECK(response.earned(0).points() == 8);
  CHECK(shop.world.All<ev::CustomerRegistered>().size() == 1);
  const auto orders = shop.world.All<ev::OrderCompleted>();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0]->lines(0).number() == 1);
  CHECK(orders[0]->lines(0).unit_price().units() == 25);
  CHECK(orders[0]->lines(0).unit_price().scale() == 1);
  CHECK(orders[0]->lines(0).amount().minor_units() == 750);
  CHECK(orders[0]->lines(0).earn_base().minor_units() == 750);
  CHECK(orders[0]->lines(1).number() == 2);
}

TEST_CASE("a second order does not register the customer again, and an order id is used once") {
  Shop shop;
  CHECK(shop.Do(Good()) == "OK");
  CHECK(shop.Do(Good()) == "ORDER_EXISTS order_id");
  CHECK(shop.Do(Order("c1", "o2", {{"A", 1, 250}})) == "OK");
  CHECK(shop.Do(Order("c2", "o1", {{"A", 1, 250}})) == "OK");
  CHECK(shop.world.All<ev::CustomerRegistered>().size() == 2);
}

TEST_CASE("validate_only answers and records nothing") {
  Shop shop;
  v1::RecordOrderRequest request = Good();
  request.set_validate_only(true);
  v1::RecordOrderResponse response;
  CHECK(testing::Outcome(shop.world.Do(request, &response)) == "OK");
  CHECK(response.earned(0).points() == 8);
  CHECK(shop.world.All<ev::OrderCompleted>().empty());
}

TEST_CASE("a missing customer is found before anything else") {
  Shop shop;
  v1::RecordOrderRequest request;
  CHECK(shop.Do(request) == "CUSTOMER_MISSING customer");
  request.set_customer("customers/");
  CHECK(shop.Do(request) == "CUSTOMER_MISSING customer");
  CHECK(shop.Do(v1::RecordReturnRequest()) == "CUSTOMER_MISSING customer");
}

TEST_CASE("each field of an order is checked, with its path") {
  Shop shop;
  const auto refusal = [&shop](auto change) {
    v1::RecordOrderRequest request = Good();
    change(request);
    return shop.Do(request);
  };
  CHECK(refusal([](auto& r) { r.clear_order_id(); }) == "FIELD_REQUIRED order_id");
  CHECK(refusal([](auto& r) { r.set_order_id("a b"); }) == "FIELD_INVALID order_id");
  CHECK(refusal([](auto& r) { r.set_currency("XXZ"); }) == "CURRENCY_UNKNOWN currency");
  CHECK(refusal([](auto& r) { r.clear_lines(); }) == "FIELD_INVALID lines");
  CHECK(refusal([](auto& r) {
          for (int i = 0; i < 2500; ++i) *r.add_lines() = r.lines(0);
        }) == "FIELD_INVALID lines");
  CHECK(refusal([](auto& r) { r.mutable_lines(1)->clear_product(); }) ==
        "FIELD_REQUIRED lines[1].product");
  CHECK(refusal([](auto& r) { r.mutable_lines(1)->set_product("\xff"); }) ==
        "FIELD_INVALID lines[1].product");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->set_name(std::string(257, 'n')); }) ==
        "FIELD_INVALID lines[0].name");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->set_units(0); }) ==
        "FIELD_INVALID lines[0].units");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->set_units(-1); }) ==
        "FIELD_INVALID lines[0].units");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->set_units(1'000'000'001); }) ==
        "FIELD_INVALID lines[0].units");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->mutable_unit_price()->set_units(-1); }) ==
        "FIELD_INVALID lines[0].unit_price.units");
  CHECK(refusal([](auto& r) { r.mutable_lines(0)->mutable_unit_price()->set_scale(7); }) ==
        "FIELD_INVALID lines[0].unit_price.scale");
}

TEST_CASE("amounts that are given must be the computed ones, in one currency, within bounds") {
  Shop shop;
  const auto refusal = [&shop](auto change) {
    v1::RecordOrderRequest request = Good();
    v1::OrderLineInput& line = *request.mutable_lines(0);
    line.mutable_amount()->set_minor_units(750);
    line.mutable_amount()->set_currency("GBP");
    line.mutable_earn_base()->set_minor_units(700);
    line.mutable_earn_base()->set_currency("GBP");
    change(line);
    return shop.Do(request);
  };
  CHECK(refusal([](auto& l) { l.mutable_amount()->set_minor_units(751); }) ==
        "AMOUNT_MISMATCH lines[0].amount");
  CHECK(refusal([](auto& l) { l.mutable_amount()->set_currency("EUR"); }) ==
        "CURRENCY_MIXED lines[0].amount.currency");
  CHECK(refusal([](auto& l) { l.mutable_earn_base()->set_currency("EUR"); }) ==
        "CURRENCY_MIXED lines[0].earn_base.currency");
  CHECK(refusal([](auto& l) { l.mutable_earn_base()->set_minor_units(751); }) ==
        "FIELD_INVALID lines[0].earn_base");
  CHECK(refusal([](auto& l) { l.mutable_earn_base()->set_minor_units(-1); }) ==
        "FIELD_INVALID lines[0].earn_base.minor_units");
  CHECK(refusal([](auto& l) {
          l.clear_amount();
          l.clear_earn_base();
          l.mutable_unit_price()->set_units(1'000'000'000'000'000);
        }) == "AMOUNT_TOO_LARGE lines[0].amount");
  CHECK(refusal([](auto&) {}) == "OK");
}

TEST_CASE("an order's total has the bound of every amount") {
  Shop shop;
  v1::RecordOrderRequest request =
      Order("c1", "o1", {{"A", 1, 600'000'000'000'000}, {"A", 1, 600'000'000'000'000}});
  CHECK(shop.Do(request) == "AMOUNT_TOO_LARGE lines");
}

TEST_CASE("tenders add up to the total where they are given, and never name a card") {
  Shop shop;
  const auto refusal = [&shop](auto change) {
    v1::RecordOrderRequest request = Good();
    for (const int64_t minor : {800, 49}) {
      ev::Tender& tender = *request.add_tenders();
      tender.set_kind("card");
      tender.mutable_amount()->set_minor_units(minor);
      tender.mutable_amount()->set_currency("GBP");
    }
    change(request);
    return shop.Do(request);
  };
  CHECK(refusal([](auto& r) { r.mutable_tenders(1)->mutable_amount()->set_minor_units(50); }) ==
        "AMOUNT_MISMATCH tenders");
  CHECK(refusal([](auto& r) { r.mutable_tenders(1)->mutable_amount()->set_currency("EUR"); }) ==
        "CURRENCY_MIXED tenders[1].amount.currency");
  CHECK(refusal([](auto& r) { r.mutable_tenders(0)->clear_kind(); }) ==
        "FIELD_REQUIRED tenders[0].kind");
  CHECK(refusal([](auto& r) { r.mutable_tenders(0)->set_reference("4111111111111111"); }) ==
        "ID_PERSONAL tenders[0].reference");
  CHECK(refusal([](auto& r) {
          for (int i = 0; i < 19; ++i) *r.add_tenders() = r.tenders(0);
        }) == "FIELD_INVALID tenders");
  CHECK(refusal([](auto&) {}) == "OK");
}

TEST_CASE("an order that leaves no room for its points in a commit is refused by its lines") {
  Shop shop;
  v1::RecordOrderRequest request = Order("c", "o", {});
  while (request.lines_size() < 2500) {
    v1::OrderLineInput& line = *request.add_lines();
    line.set_product("A");
    line.set_units(1);
    line.mutable_unit_price()->set_units(1);
  }
  CHECK(shop.Do(request) == "OK");
  request.set_order_id("p");
  for (auto& line : *request.mutable_lines()) line.set_name(std::string(64, 'n'));
  CHECK(shop.Do(request) == "COMMIT_TOO_LARGE lines");
}

TEST_CASE("a cancellation takes back what has not come back yet, once") {
  Shop shop;
  REQUIRE(shop.Do(Good()) == "OK");
  REQUIRE(shop.Do(Return("c1", "r1", {{"A", 1, 250}})) == "OK");
  CHECK(shop.Do(Cancel("c1", "o2")) == "ORDER_UNKNOWN order");
  v1::CancelOrderResponse response;
  CHECK(testing::Outcome(shop.world.Do(Cancel("c1", "o1"), &response)) == "OK");
  CHECK(response.points_clawed_back() == 6);  // 8 earned, 2 clawed back by the return
  CHECK(shop.Do(Cancel("c1", "o1")) == "ORDER_CANCELLED order");
  const auto cancelled = shop.world.All<ev::OrderCancelled>();
  REQUIRE(cancelled[0]->allocations_size() == 2);
  CHECK(cancelled[0]->allocations(0).units() == 2);
  CHECK(cancelled[0]->allocations(0).amount().minor_units() == 500);
  CHECK(cancelled[0]->allocations(1).units() == 1);
  CHECK(shop.Active("c1") == 0);
  v1::CancelOrderRequest unnamed = Cancel("c1", "o1");
  unnamed.clear_reason();
  CHECK(shop.Do(unnamed) == "FIELD_REQUIRED reason");
}

TEST_CASE("refunds are bounded by what was paid for the order") {
  Shop shop;
  CHECK(shop.Do(Refund("c1", "f1", "o1", 1)) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(shop.Do(Good()) == "OK");
  REQUIRE(shop.Do(Return("c1", "r1", {{"A", 1, 250}})) == "OK");
  CHECK(shop.Do(Refund("c1", "f1", "o9", 1)) == "ORDER_UNKNOWN order_id");
  CHECK(shop.Do(Refund("c1", "f1", "o1", 0)) == "FIELD_INVALID amount.minor_units");
  CHECK(shop.Do(Refund("c1", "f1", "o1", 850)) == "REFUND_EXCEEDED amount");
  CHECK(shop.Do(Refund("c1", "f1", "o1", 800)) == "OK");
  CHECK(shop.Do(Refund("c1", "f1", "o1", 1)) == "REFUND_EXISTS refund_id");
  CHECK(shop.Do(Refund("c1", "f2", "o1", 50)) == "REFUND_EXCEEDED amount");
  v1::IssueRefundRequest for_return = Refund("c1", "f2", "", 250);
  for_return.set_return_id("r9");
  CHECK(shop.Do(for_return) == "RETURN_UNKNOWN return_id");
  for_return.set_return_id("r1");
  CHECK(shop.Do(for_return) == "OK");
  v1::IssueRefundRequest in_euro = Refund("c1", "f3", "o1", 1);
  in_euro.mutable_amount()->set_currency("EUR");
  CHECK(shop.Do(in_euro) == "CURRENCY_MIXED amount.currency");
}

v1::IssueRefundRequest RefundOf(const std::string& return_id, const std::string& refund_id,
                                int64_t minor_units, const std::string& currency = "GBP") {
  v1::IssueRefundRequest request = Refund("c1", refund_id, "", minor_units);
  request.set_return_id(return_id);
  request.mutable_amount()->set_currency(currency);
  return request;
}

TEST_CASE("refunds are bounded by what came back in the return, in its currency") {
  Shop shop;
  REQUIRE(shop.Do(Good()) == "OK");
  // One unit has an order line, the two others were bought before our time.
  REQUIRE(shop.Do(Return("c1", "r1", {{"A", 1, 250}, {"Z", 2, 30}})) == "OK");
  CHECK(shop.Do(RefundOf("r1", "f1", 1, "EUR")) == "CURRENCY_MIXED amount.currency");
  CHECK(shop.Do(RefundOf("r1", "f1", 311)) == "REFUND_EXCEEDED amount");
  CHECK(shop.Do(RefundOf("r1", "f1", 300)) == "OK");
  CHECK(shop.Do(RefundOf("r1", "f2", 11)) == "REFUND_EXCEEDED amount");
  CHECK(shop.Do(RefundOf("r1", "f2", 10)) == "OK");
  CHECK(shop.Do(RefundOf("r1", "f3", 1)) == "REFUND_EXCEEDED amount");
  // Of the order and the return: both bounds hold.
  REQUIRE(shop.Do(Return("c1", "r2", {{"A", 1, 250}})) == "OK");
  v1::IssueRefundRequest both = RefundOf("r2", "f3", 251);
  both.set_order_id("o1");
  CHECK(shop.Do(both) == "REFUND_EXCEEDED amount");
  both.mutable_amount()->set_minor_units(250);
  CHECK(shop.Do(both) == "OK");
  CHECK(shop.Do(Refund("c1", "f4", "", 1'000'000)) == "OK");  // of nothing that is known here
}

TEST_CASE("a return without order lines has the currency of its first refund") {
  Shop shop;
  REQUIRE(shop.Do(Return("c1", "r1", {{"Z", 3, 250}})) == "OK");  // 2.50 of whatever it is
  CHECK(shop.Do(RefundOf("r1", "f1", 9, "JPY")) == "REFUND_EXCEEDED amount");
  CHECK(shop.Do(RefundOf("r1", "f1", 700, "EUR")) == "OK");
  CHECK(shop.Do(RefundOf("r1", "f2", 1)) == "CURRENCY_MIXED amount.currency");
  CHECK(shop.Do(RefundOf("r1", "f2", 51, "EUR")) == "REFUND_EXCEEDED amount");
  CHECK(shop.Do(RefundOf("r1", "f2", 50, "EUR")) == "OK");
}

}  // namespace
}  // namespace daybook::projections
