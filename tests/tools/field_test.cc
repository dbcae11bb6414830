// Goal: text becomes the value of any request's field, or a sentence that says why not.
#include "tools/common/field.h"

#include <catch2/catch.hpp>

#include "daybook/v1/contacts.pb.h"
#include "daybook/v1/customers.pb.h"
#include "daybook/v1/ledger.pb.h"
#include "daybook/v1/sales.pb.h"

namespace daybook::tools {
namespace {

absl::Status Set(google::protobuf::Message& message, const char* path, const char* text,
                 const TextFormat& format = {}) {
  const auto compiled = FieldPath::Compile(message.GetDescriptor(), path);
  return compiled.ok() ? compiled->Set(message, text, format) : compiled.status();
}

TEST_CASE("values of every type", "[field]") {
  v1::RecordOrderRequest order;
  CHECK(Set(order, "customer", "customers/1").ok());
  CHECK(Set(order, "provenance.channel", "web").ok());
  CHECK(Set(order, "provenance.occurred_at", "2011-06-01T00:00:00Z").ok());
  CHECK(Set(order, "lines[1].units", "3").ok());
  CHECK(Set(order, "lines[1].unit_price", "2.50").ok());
  CHECK(Set(order, "lines[1].amount", "7.50 GBP").ok());
  CHECK(Set(order, "validate_only", "yes").ok());
  CHECK(order.lines_size() == 2);
  CHECK(order.lines(1).units() == 3);
  CHECK(order.lines(1).unit_price().units() == 25);
  CHECK(order.lines(1).unit_price().scale() == 1);
  CHECK(order.lines(1).amount().minor_units() == 750);
  CHECK(order.lines(1).amount().currency() == "GBP");
  CHECK(order.provenance().occurred_at().seconds() == 1306886400);
  CHECK(order.validate_only());

  v1::RecordContactRequest contact;
  CHECK(Set(contact, "channel", "phone").ok());
  CHECK(Set(contact, "purpose", "CONTACT_PURPOSE_SERVICE").ok());
  CHECK(Set(contact, "disposition", "no-answer").ok());
  CHECK(Set(contact, "duration", "75").ok());
  CHECK(contact.channel() == event::v1::CONTACT_CHANNEL_PHONE);
  CHECK(contact.purpose() == event::v1::CONTACT_PURPOSE_SERVICE);
  CHECK(contact.disposition() == event::v1::CONTACT_DISPOSITION_NO_ANSWER);
  CHECK(contact.duration().seconds() == 75);

  v1::SubscribeRequest subscribe;
  CHECK(Set(subscribe, "types", "order_completed").ok());
  CHECK(Set(subscribe, "types", "items_returned").ok());
  CHECK(Set(subscribe, "partitions", "3").ok());
  CHECK(subscribe.types_size() == 2);
  CHECK(subscribe.partitions(0) == 3);
}

TEST_CASE("values that do not fit are refused", "[field]") {
  v1::RecordOrderRequest order;
  CHECK_FALSE(Set(order, "lines[0].units", "1.5").ok());
  CHECK_FALSE(Set(order, "lines[0].units", "many").ok());
  CHECK_FALSE(Set(order, "lines[0].units", "99999999999999999999").ok());
  CHECK_FALSE(Set(order, "lines[0].unit_price", "0.0000001").ok());
  CHECK_FALSE(Set(order, "lines[0].amount", "7.50").ok());
  CHECK_FALSE(Set(order, "lines[0].amount", "7.505 GBP").ok());
  CHECK_FALSE(Set(order, "provenance.occurred_at", "2011-06-01").ok());
  CHECK_FALSE(Set(order, "validate_only", "perhaps").ok());
  v1::ReturnLineInput line;
  CHECK_FALSE(Set(line, "order_line", "-1").ok());
  CHECK_FALSE(Set(line, "order_line", "4294967296").ok());
  v1::RecordContactRequest contact;
  CHECK_FALSE(Set(contact, "channel", "pigeon").ok());
}

TEST_CASE("formats", "[field]") {
  v1::ReturnLineInput line;
  TextFormat format;
  format.negate = true;
  format.min = Decimal{1, 0};
  format.max = Decimal{10, 0};
  CHECK(Set(line, "units", "-3", format).ok());
  CHECK(line.units() == 3);
  CHECK_FALSE(Set(line, "units", "3", format).ok());
  CHECK_FALSE(Set(line, "units", "0", format).ok());
  CHECK_FALSE(Set(line, "units", "-11", format).ok());
}

TEST_CASE("paths that lead nowhere are refused", "[field]") {
  const auto* order = v1::RecordOrderRequest::descriptor();
  for (const char* path :
       {"", "nothing", "provenance", "lines", "lines.units", "lines[x].units", "lines[-1].units",
        "lines[9999].units", "customer.name", "lines[0]", "request_id[0]"}) {
    INFO(path);
    CHECK_FALSE(FieldPath::Compile(order, path).ok());
  }
}

TEST_CASE("enums have short names", "[field]") {
  CHECK(ShortName(event::v1::ContactChannel_descriptor()->FindValueByNumber(1)) == "PHONE");
  CHECK(FindEnumValue(event::v1::LifecycleStage_descriptor(), "former")->number() == 4);
}

}  // namespace
}  // namespace daybook::tools
