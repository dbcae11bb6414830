#include "tools/bench/calls.h"

#include <fmt/format.h>

#include "daybook/v1/ledger.pb.h"

namespace daybook::tools {
namespace {

namespace event = daybook::event::v1;

constexpr int64_t kYear2000 = 946'684'800;

void AddLine(const char* product, int64_t units, int64_t pence, v1::RecordOrderRequest* order) {
  v1::OrderLineInput& line = *order->add_lines();
  line.set_product(product);
  line.set_name("A thing of some use");
  line.set_category("household");
  line.set_units(units);
  line.mutable_unit_price()->set_units(pence);
  line.mutable_unit_price()->set_scale(2);
}

}  // namespace

v1::PublishProgrammeRequest MakeProgramme() {
  v1::PublishProgrammeRequest request;
  request.set_request_id("bench-programme");
  event::ProgrammePublished& programme = *request.mutable_programme();
  programme.set_programme_id(kProgramme);
  programme.set_name("Points for pounds");
  programme.mutable_effective_from()->set_seconds(kYear2000);
  programme.set_currency("GBP");
  programme.set_zone("Europe/London");
  programme.set_rounding(event::ROUNDING_HALF_EVEN);
  programme.set_allocation_order(event::ALLOCATION_ORDER_SOONEST_EXPIRY);
  programme.set_shortfall(event::SHORTFALL_POLICY_DEBT);
  programme.set_expired_refund(event::EXPIRED_REFUND_POLICY_LAPSE);
  programme.set_enrol_on_first_order(true);
  event::EarnRule& rule = *programme.add_earn_rules();
  rule.set_rule_id("pound");
  rule.set_points(1);
  rule.set_per_minor_units(100);
  return request;
}

Calls::Calls(uint64_t customers, uint64_t seed, std::string prefix)
    : customers_(customers), prefix_(std::move(prefix)), random_(seed) {}

std::string Calls::CustomerName(uint64_t customer) const {
  return fmt::format("customers/B{:07}", customer);
}

v1::RecordOrderRequest Calls::OrderOf(uint64_t customer) {
  v1::RecordOrderRequest order;
  const uint64_t id = ++next_id_;
  order.set_customer(CustomerName(customer));
  order.set_order_id(fmt::format("{}{:08}", prefix_, id));
  order.set_request_id(fmt::format("{}-{}", prefix_, id));
  order.set_currency("GBP");
  AddLine("LAMP-1", 1, random_.Between(500, 5000), &order);
  AddLine("CUP-22", random_.Between(1, 6), 350, &order);
  return order;
}

v1::RecordOrderRequest Calls::Order() { return OrderOf(AnyCustomer()); }

CallKind Calls::Empty() const {
  return {"Ping", "/daybook.v1.LedgerService/Ping", [] { return ToBytes(v1::PingRequest()); }};
}

CallKind Calls::RecordOrder() {
  return {"RecordOrder", "/daybook.v1.SalesService/RecordOrder",
          [this] { return ToBytes(Order()); }};
}

CallKind Calls::RegisterCustomer() {
  return {"RegisterCustomer", "/daybook.v1.CustomerService/RegisterCustomer", [this] {
            const uint64_t id = ++next_id_;
            v1::RegisterCustomerRequest request;
            request.set_customer(fmt::format("customers/{}{:08}", prefix_, id));
            request.set_request_id(fmt::format("{}-{}", prefix_, id));
            request.set_kind(event::CUSTOMER_KIND_PERSON);
            request.set_display_name("Ada Abbot");
            v1::IdentifierInput& email = *request.add_identifiers();
            email.set_kind(event::IDENTIFIER_KIND_EMAIL);
            email.set_value(fmt::format("{}{}@example.com", prefix_, id));
            return ToBytes(request);
          }};
}

CallKind Calls::RecordContact() {
  return {"RecordContact", "/daybook.v1.ContactService/RecordContact", [this] {
            const uint64_t id = ++next_id_;
            v1::RecordContactRequest request;
            request.set_customer(CustomerName(AnyCustomer()));
            request.set_contact_id(fmt::format("{}{:08}", prefix_, id));
            request.set_request_id(fmt::format("{}-{}", prefix_, id));
            request.set_channel(event::CONTACT_CHANNEL_PHONE);
            request.set_direction(event::CONTACT_DIRECTION_INBOUND);
            request.set_purpose(event::CONTACT_PURPOSE_SERVICE);
            request.set_disposition(event::CONTACT_DISPOSITION_REACHED);
            request.mutable_duration()->set_seconds(95);
            request.set_agent_id("agent-7");
            request.set_note("Asked when the order would arrive; told that it is on its way.");
            return ToBytes(request);
          }};
}

CallKind Calls::GetBalance() {
  return {"GetBalance", "/daybook.v1.LoyaltyService/GetBalance", [this] {
            v1::GetBalanceRequest request;
            request.set_customer(CustomerName(AnyCustomer()));
            request.set_programme(fmt::format("programmes/{}", kProgramme));
            return ToBytes(request);
          }};
}

CallKind Calls::GetBalanceAsOf() {
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  return {"GetBalance as of", "/daybook.v1.LoyaltyService/GetBalance", [this, now] {
            v1::GetBalanceRequest request;
            request.set_customer(CustomerName(AnyCustomer()));
            request.set_programme(fmt::format("programmes/{}", kProgramme));
            request.mutable_read()->mutable_as_of()->set_seconds(now);
            return ToBytes(request);
          }};
}

}  // namespace daybook::tools
