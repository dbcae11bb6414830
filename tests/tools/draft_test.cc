// Goal: what is typed is what is asked.
#include "tools/daybook/draft.h"

#include <catch2/catch.hpp>

#include "daybook/v1/contacts.pb.h"
#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/sales.pb.h"
#include "tools/common/date_format.h"

namespace daybook::tools {
namespace {

// Parses the arguments behind "noun verb" and fills the request; what is wrong, if something is.
std::string Type(VerbOptions& verb, CLI::App& app, std::vector<std::string> arguments,
                 google::protobuf::Message& request,
                 std::optional<absl::TimeZone> zone = std::nullopt) {
  std::reverse(arguments.begin(), arguments.end());
  arguments.insert(arguments.end(), {"verb", "noun"});
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  const absl::Status status = verb.draft()->Fill(request, zone);
  return std::string(status.message());
}

struct Program {
  CLI::App app;
  VerbOptions verb{AddNoun(app, "noun", ""), "verb", ""};
};

TEST_CASE("an order with lines", "[draft]") {
  Program program;
  program.verb.Name("customer", "customers")
      .Required("order_id", "")
      .Required("--currency", "")
      .Elements("--line", "lines", "")
      .Mutation();
  v1::RecordOrderRequest order;
  CHECK(Type(program.verb, program.app,
             {"17850", "O1", "--currency", "GBP", "--line", "product=A,units=2,unit_price=1.50",
              "--line", "product=B,units=1,unit_price=3", "--channel", "web", "--occurred-at",
              "2011-06-01T00:00", "--validate-only"},
             order, *LoadZone("Europe/London")) == "");
  CHECK(order.customer() == "customers/17850");
  CHECK(order.order_id() == "O1");
  REQUIRE(order.lines_size() == 2);
  CHECK(order.lines(0).unit_price().units() == 15);
  CHECK(order.lines(1).product() == "B");
  CHECK(order.provenance().channel() == "web");
  CHECK(order.provenance().occurred_at().seconds() == 1306882800);
  CHECK(order.validate_only());
}

TEST_CASE("a bare entity is a customer, but for the registry", "[draft]") {
  CHECK(EntityName("17850") == "customers/17850");
  CHECK(EntityName("customers/17850") == "customers/17850");
  CHECK(EntityName("tenant") == "tenant");
}

TEST_CASE("mistakes name their option", "[draft]") {
  const auto wrong = [](std::vector<std::string> arguments) {
    Program program;
    program.verb.Name("customer", "customers").Elements("--line", "lines", "").Mutation();
    v1::RecordOrderRequest order;
    return Type(program.verb, program.app, std::move(arguments), order);
  };
  CHECK(wrong({"1", "--line", "units=x"}) == "--line: \"x\" is not a whole number");
  CHECK(wrong({"1", "--line", "colour=red"}).rfind("--line: no field \"colour\"", 0) == 0);
  CHECK(wrong({"1", "--line", "nonsense"}).find("is not key=value") != std::string::npos);
  CHECK(wrong({"1", "--occurred-at", "2011-06-01"}).rfind("--occurred-at: ", 0) == 0);
  CHECK(wrong({}).find("customer") != std::string::npos);
  CHECK(wrong({"1", "--json", "/nowhere.json"}) == "cannot read /nowhere.json");
}

TEST_CASE("a customer's child may be named in three ways", "[draft]") {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"7", "O1"}, {"customers/7", "O1"}, {"7/O1"}, {"customers/7/orders/O1"}}) {
    Program program;
    program.verb.Child("order", "orders").Read();
    v1::GetOrderRequest request;
    CHECK(Type(program.verb, program.app, arguments, request) == "");
    CHECK(request.order() == "customers/7/orders/O1");
  }
}

TEST_CASE("a default gives way to what is typed", "[draft]") {
  for (const bool typed : {false, true}) {
    Program program;
    program.verb.draft()->Add("--programme", "programme", "programmes/main");
    program.verb.NameOption("--programme", "programme", "programmes", false).Read();
    v1::ListBalancesRequest request;
    std::vector<std::string> arguments = {"--known-at", "2011-06-01T00:00:00Z"};
    if (typed) arguments.insert(arguments.end(), {"--programme", "other"});
    CHECK(Type(program.verb, program.app, arguments, request) == "");
    CHECK(request.programme() == (typed ? "programmes/other" : "programmes/main"));
    CHECK(request.read().known_at().seconds() == 1306886400);
  }
}

TEST_CASE("a contact's channel is its own", "[draft]") {
  Program program;
  program.verb.Name("customer", "customers").Required("--channel", "").Mutation();
  v1::RecordContactRequest contact;
  CHECK(Type(program.verb, program.app, {"7", "--channel", "phone"}, contact) == "");
  CHECK(contact.channel() == event::v1::CONTACT_CHANNEL_PHONE);
  CHECK(contact.provenance().channel().empty());
}

}  // namespace
}  // namespace daybook::tools
