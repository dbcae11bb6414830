#include "tests/projections/shop.h"

#include <catch2/catch.hpp>

#include "projections/customers/customers.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/loyalty.h"
#include "projections/registry/registry.h"
#include "projections/sales/sales.h"

namespace daybook::projections::testing {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

std::string CustomerName(const std::string& id) { return "customers/" + id; }
std::string OrderName(const std::string& customer, const std::string& id) {
  return "customers/" + customer + "/orders/" + id;
}

}  // namespace

ev::ProgrammePublished MainProgramme() {
  ev::ProgrammePublished programme;
  programme.set_programme_id("main");
  programme.set_name("Main");
  *programme.mutable_effective_from() = ToProto(At("2000-01-01T00:00:00Z"));
  programme.set_currency("GBP");
  programme.set_zone("Europe/London");
  ev::EarnRule& rule = *programme.add_earn_rules();
  rule.set_rule_id("base");
  rule.set_points(1);
  rule.set_per_minor_units(100);
  programme.set_rounding(ev::ROUNDING_HALF_EVEN);
  programme.set_allocation_order(ev::ALLOCATION_ORDER_SOONEST_EXPIRY);
  programme.set_shortfall(ev::SHORTFALL_POLICY_DEBT);
  programme.set_expired_refund(ev::EXPIRED_REFUND_POLICY_LAPSE);
  programme.set_enrol_on_first_order(true);
  return programme;
}

v1::PublishProgrammeRequest Publish(const ev::ProgrammePublished& programme) {
  v1::PublishProgrammeRequest request;
  *request.mutable_programme() = programme;
  return request;
}

v1::RecordOrderRequest Order(const std::string& customer, const std::string& order_id,
                             const std::vector<Item>& items) {
  v1::RecordOrderRequest request;
  request.set_customer(CustomerName(customer));
  request.set_order_id(order_id);
  request.set_currency("GBP");
  for (const Item& item : items) {
    v1::OrderLineInput& line = *request.add_lines();
    line.set_product(item.product);
    line.set_category(item.category);
    line.set_units(item.units);
    line.mutable_unit_price()->set_units(item.pence);
    line.mutable_unit_price()->set_scale(2);
  }
  return request;
}

v1::RecordReturnRequest Return(const std::string& customer, const std::string& return_id,
                               const std::vector<Item>& items) {
  v1::RecordReturnRequest request;
  request.set_customer(CustomerName(customer));
  request.set_return_id(return_id);
  for (const Item& item : items) {
    v1::ReturnLineInput& line = *request.add_lines();
    line.set_product(item.product);
    line.set_units(item.units);
    line.mutable_unit_price()->set_units(item.pence);
    line.mutable_unit_price()->set_scale(2);
  }
  return request;
}

v1::CancelOrderRequest Cancel(const std::string& customer, const std::string& order_id) {
  v1::CancelOrderRequest request;
  request.set_order(OrderName(customer, order_id));
  request.set_reason("mistake");
  return request;
}

v1::IssueRefundRequest Refund(const std::string& customer, const std::string& refund_id,
                              const std::string& order_id, int64_t pence) {
  v1::IssueRefundRequest request;
  request.set_customer(CustomerName(customer));
  request.set_refund_id(refund_id);
  request.set_order_id(order_id);
  request.mutable_amount()->set_minor_units(pence);
  request.mutable_amount()->set_currency("GBP");
  request.set_tender("card");
  return request;
}

v1::EnrolRequest Enrol(const std::string& customer) {
  v1::EnrolRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  return request;
}

v1::RedeemPointsRequest Redeem(const std::string& customer, const std::string& redemption_id,
                               int64_t points) {
  v1::RedeemPointsRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  request.set_redemption_id(redemption_id);
  request.set_points(points);
  return request;
}

v1::ReverseRedemptionRequest Reverse(const std::string& customer, const std::string& redemption_id,
                                     int64_t points) {
  v1::ReverseRedemptionRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  request.set_redemption_id(redemption_id);
  request.set_points(points);
  return request;
}

v1::AdjustPointsRequest Adjust(const std::string& customer, const std::string& adjustment_id,
                               int64_t points, bool allow_debt) {
  v1::AdjustPointsRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  request.set_adjustment_id(adjustment_id);
  request.set_points(points);
  request.mutable_reason()->set_code("goodwill");
  request.set_allow_debt(allow_debt);
  return request;
}

Shop::Shop() : Shop(MainProgramme()) {}

Shop::Shop(const ev::ProgrammePublished& programme)
    : world(DomainsOf(MakeRegistryDomain(), MakeCustomersDomain(), MakeSalesDomain(),
                      MakeLoyaltyDomain())) {
  REQUIRE(Do(Publish(programme)) == "OK");
}

std::string Shop::DoAt(std::string_view now, const google::protobuf::Message& request) {
  world.SetNow(At(now));
  return Do(request);
}

void Shop::Pass(std::string_view now) {
  world.SetNow(At(now));
  world.FireDue();
}

v1::Balance Shop::Balance(const std::string& customer) {
  v1::GetBalanceRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  v1::GetBalanceResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  return response.balance();
}

v1::Balance Shop::BalanceAsOf(const std::string& customer, Timestamp as_of) {
  v1::GetBalanceRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  *request.mutable_read()->mutable_as_of() = ToProto(as_of);
  v1::GetBalanceResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  return response.balance();
}

std::vector<std::string> Shop::Lots(const std::string& customer) {
  v1::ListLotsRequest request;
  request.set_customer(CustomerName(customer));
  request.set_programme("programmes/main");
  v1::ListLotsResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  std::vector<std::string> lots;
  for (const v1::Lot& lot : response.lots()) {
    lots.push_back(lot.order_id() + " " + std::to_string(lot.remaining()) +
                   (lot.pending() ? " pending" : ""));
  }
  return lots;
}

v1::ExplainPointsResponse Shop::Explain(const std::string& customer, const std::string& order_id) {
  v1::ExplainPointsRequest request;
  request.set_order(OrderName(customer, order_id));
  request.set_programme("programmes/main");
  v1::ExplainPointsResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  return response;
}

}  // namespace daybook::projections::testing
