// Goal: answers are legible, and a value cannot pretend to be more than one.
#include "tools/daybook/table.h"

#include <catch2/catch.hpp>

#include "daybook/v1/customers.pb.h"
#include "daybook/v1/loyalty.pb.h"
#include "tools/common/progress.h"
#include "tools/daybook/message_text.h"

namespace daybook::tools {
namespace {

TEST_CASE("columns are aligned, numbers to the right", "[table]") {
  Table table({"name", "points"});
  table.Add({"Zo\xc3\xab", "5"});
  table.Add({"Al", "1200"});
  CHECK(table.ToText(false) ==
        "name  points\n"
        "Zo\xc3\xab        5\n"
        "Al      1200\n");
}

TEST_CASE("control characters in values become blanks", "[table]") {
  Table table({"a"});
  table.Add({"x\ny\x1b[31m"});
  CHECK(table.ToText(false) == "a\nx y [31m\n");
}

TEST_CASE("a message for people", "[table]") {
  v1::GetBalanceResponse response;
  v1::Balance& balance = *response.mutable_balance();
  balance.set_customer("customers/1");
  balance.set_active(7);
  balance.mutable_next_expiry()->set_seconds(1306886400);
  response.mutable_position()->set_position_token("secret");
  const std::string text = MessageText(response, {}, false);
  CHECK(text.find("balance.active") != std::string::npos);
  CHECK(text.find("2011-06-01T00:00:00Z") != std::string::npos);
  CHECK(text.find("secret") == std::string::npos);
}

TEST_CASE("lists inside a message are tables", "[table]") {
  v1::GetCustomerResponse response;
  auto& identifier = *response.mutable_customer()->add_identifiers();
  identifier.set_kind(event::v1::IDENTIFIER_KIND_EMAIL);
  identifier.set_value("a@example.com");
  const std::string text = MessageText(response, {}, false);
  CHECK(text.find("customer.identifiers\n") != std::string::npos);
  CHECK(text.find("EMAIL") != std::string::npos);
}

TEST_CASE("amounts and prices are decimals", "[table]") {
  v1::LineExplanation explanation;
  explanation.mutable_line()->mutable_amount()->set_minor_units(-705);
  explanation.mutable_line()->mutable_amount()->set_currency("GBP");
  explanation.mutable_line()->mutable_unit_price()->set_units(5);
  explanation.mutable_line()->mutable_unit_price()->set_scale(3);
  CHECK(TextAt(explanation, "line.amount", {}) == "-7.05 GBP");
  CHECK(TextAt(explanation, "line.unit_price", {}) == "0.005");
  CHECK(TextAt(explanation, "line.nothing", {}).empty());
}

TEST_CASE("progress says how far, how fast and how long", "[table]") {
  CHECK(Progress::ToText("reading", "lines", 12'000, 20'000, 3.0) ==
        "reading: 12,000 of 20,000 lines \xc2\xb7 60 % \xc2\xb7 4,000/s \xc2\xb7 2 s left");
  CHECK(Progress::ToText("reading", "lines", 0, 0, 0) == "reading: 0 lines");
}

}  // namespace
}  // namespace daybook::tools
