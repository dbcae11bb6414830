// Goal: what a tenant publishes is checked before it holds for ever, holds from its instant on, and
// sessions open once.
#include "projections/registry/registry.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include "daybook/event/v1/customers.pb.h"
#include "daybook/v1/imports.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/customers/customers.h"
#include "projections/engine/validation.h"
#include "projections/registry/attribute_schema.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using registry::CanonicalValue;
using testing::At;
using testing::Outcome;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

ev::AttributeDefinition Definition(const std::string& path, ev::AttributeType type) {
  ev::AttributeDefinition definition;
  definition.set_path(path);
  definition.set_type(type);
  definition.set_purpose("test");
  return definition;
}

v1::PublishAttributeSchemaRequest Publish(std::vector<ev::AttributeDefinition> definitions) {
  v1::PublishAttributeSchemaRequest request;
  *request.mutable_attribute_schema()->mutable_effective_from() =
      ToProto(At("2000-01-01T00:00:00Z"));
  for (auto& definition : definitions) {
    *request.mutable_attribute_schema()->add_attributes() = std::move(definition);
  }
  return request;
}

std::string PathInForce(World& world, const char* at) {
  v1::GetAttributeSchemaRequest request;
  *request.mutable_at() = ToProto(At(at));
  v1::GetAttributeSchemaResponse response;
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  const auto& schema = response.attribute_schema();
  return schema.version() == 0 ? "none" : schema.attributes(0).path();
}

TEST_CASE("a schema is refused with the path of its first wrong field") {
  World world(testing::DomainsOf(MakeRegistryDomain()));
  const auto outcome = [&](ev::AttributeDefinition definition) {
    return Outcome(world.Do(Publish({std::move(definition)})));
  };
  for (const char* path :
       {"", "City", "address.", ".city", "a..b", "9lives", "a b", "stra\xc3\x9f"}) {
    INFO(path);
    CHECK(outcome(Definition(path, ev::ATTRIBUTE_TYPE_TEXT)) ==
          "POLICY_INVALID attribute_schema.attributes[0].path");
  }
  CHECK(outcome(Definition(std::string(65, 'a'), ev::ATTRIBUTE_TYPE_TEXT)) ==
        "POLICY_INVALID attribute_schema.attributes[0].path");
  CHECK(outcome(Definition("a", ev::ATTRIBUTE_TYPE_UNSPECIFIED)) ==
        "POLICY_INVALID attribute_schema.attributes[0].type");
  CHECK(outcome(Definition("a", static_cast<ev::AttributeType>(99))) ==
        "POLICY_INVALID attribute_schema.attributes[0].type");
  auto purposeless = Definition("a", ev::ATTRIBUTE_TYPE_TEXT);
  purposeless.clear_purpose();
  CHECK(outcome(purposeless) == "POLICY_INVALID attribute_schema.attributes[0].purpose");
  auto choice = Definition("a", ev::ATTRIBUTE_TYPE_CHOICE);
  CHECK(outcome(choice) == "POLICY_INVALID attribute_schema.attributes[0].choices");
  choice.add_choices("x");
  choice.add_choices("x");
  CHECK(outcome(choice) == "POLICY_INVALID attribute_schema.attributes[0].choices[1]");
  auto text = Definition("a", ev::ATTRIBUTE_TYPE_TEXT);
  text.add_choices("x");
  CHECK(outcome(text) == "POLICY_INVALID attribute_schema.attributes[0].choices");
  CHECK(Outcome(world.Do(Publish({Definition("b", ev::ATTRIBUTE_TYPE_DATE),
                                  Definition("b", ev::ATTRIBUTE_TYPE_TEXT)}))) ==
        "POLICY_INVALID attribute_schema.attributes[1].path");
  auto numbered = Publish({});
  numbered.mutable_attribute_schema()->set_version(3);
  CHECK(Outcome(world.Do(numbered)) == "POLICY_INVALID attribute_schema.version");
  auto at_once = Publish({});
  at_once.mutable_attribute_schema()->clear_effective_from();
  CHECK(Outcome(world.Do(at_once)) == "FIELD_REQUIRED attribute_schema.effective_from");
  CHECK(world.events().empty());
}

TEST_CASE("a version is used from its instant on, and what is not called plain is personal") {
  World world(testing::DomainsOf(MakeRegistryDomain()));
  auto plain = Definition("zone", ev::ATTRIBUTE_TYPE_TEXT);
  plain.set_personal(false);
  auto first = Publish({plain, Definition("city", ev::ATTRIBUTE_TYPE_TEXT)});
  *first.mutable_attribute_schema()->mutable_effective_from() = ToProto(At("2020-01-01T00:00:00Z"));
  v1::PublishAttributeSchemaResponse response;
  REQUIRE(Outcome(world.Do(first, &response)) == "OK");
  CHECK(response.version() == 1);
  const auto* published = world.All<ev::AttributeSchemaPublished>()[0];
  CHECK(published->attributes(0).path() == "city");
  CHECK(published->attributes(0).personal());
  CHECK_FALSE(published->attributes(1).personal());

  auto second = Publish({Definition("birthday", ev::ATTRIBUTE_TYPE_DATE)});
  *second.mutable_attribute_schema()->mutable_effective_from() =
      ToProto(At("2025-01-01T00:00:00Z"));
  REQUIRE(Outcome(world.Do(second, &response)) == "OK");
  CHECK(response.version() == 2);

  CHECK(PathInForce(world, "2019-12-31T23:59:59Z") == "none");
  CHECK(PathInForce(world, "2020-01-01T00:00:00Z") == "city");
  CHECK(PathInForce(world, "2024-12-31T23:59:59Z") == "city");
  CHECK(PathInForce(world, "2025-01-01T00:00:00Z") == "birthday");
}

TEST_CASE("rules for the past are made only before the first fact, and in an import") {
  World world(testing::DomainsOf(MakeRegistryDomain(), MakeCustomersDomain()));
  ev::CustomerRegistered registered;
  registered.set_stage(ev::LIFECYCLE_STAGE_CUSTOMER);
  world.Record(testing::Customer("1"), registered, world.now());
  auto late = Publish({});
  *late.mutable_attribute_schema()->mutable_effective_from() = ToProto(At("2023-12-31T23:59:59Z"));
  CHECK(Outcome(world.Do(late)) == "EFFECTIVE_IN_PAST attribute_schema.effective_from");
  auto historic = late;
  *historic.mutable_provenance()->mutable_occurred_at() = ToProto(At("2010-01-01T00:00:00Z"));
  historic.mutable_provenance()->set_import_session("old");
  CHECK(Outcome(world.Do(historic)) == "OK");
  auto from_now = Publish({});
  *from_now.mutable_attribute_schema()->mutable_effective_from() = ToProto(world.now());
  CHECK(Outcome(world.Do(from_now)) == "OK");
}

TEST_CASE("a session opens once, closes once, and never opens again") {
  World world(testing::DomainsOf(MakeRegistryDomain()));
  v1::OpenImportSessionRequest open;
  CHECK(Outcome(world.Do(open)) == "FIELD_REQUIRED session_id");
  open.set_session_id("s1");
  CHECK(Outcome(world.Do(open)) == "FIELD_REQUIRED source");
  open.set_source("till");
  v1::CloseImportSessionRequest close;
  close.set_session_id("s1");
  CHECK(Outcome(world.Do(close)) == "IMPORT_SESSION_UNKNOWN session_id");
  CHECK(Outcome(world.Do(open)) == "OK");
  CHECK(Outcome(world.Do(open)) == "OK");
  CHECK(world.events().size() == 1);
  auto other = open;
  other.set_source("web");
  CHECK(Outcome(world.Do(other)) == "FIELD_INVALID source");

  v1::GetImportSessionRequest get;
  get.set_session_id("s1");
  v1::GetImportSessionResponse response;
  REQUIRE(Outcome(world.Ask(get, &response)) == "OK");
  CHECK(response.session().open());
  CHECK(FromProto(response.session().opened_at()) == world.now());

  world.SetNow(At("2024-01-02T00:00:00Z"));
  CHECK(Outcome(world.Do(close)) == "OK");
  CHECK(Outcome(world.Do(close)) == "OK");
  CHECK(world.events().size() == 2);
  CHECK(Outcome(world.Do(open)) == "IMPORT_SESSION_CLOSED session_id");
  response.Clear();
  REQUIRE(Outcome(world.Ask(get, &response)) == "OK");
  CHECK_FALSE(response.session().open());
  CHECK(response.session().source() == "till");
  CHECK(FromProto(response.session().closed_at()) == world.now());
  get.set_session_id("s2");
  CHECK(Outcome(world.Ask(get, &response)) == "IMPORT_SESSION_UNKNOWN session_id");
}

std::string Canonical(ev::AttributeType type, std::string_view text) {
  auto definition = Definition("a", type);
  definition.add_choices("red");
  return CanonicalValue(definition, text).value_or("refused");
}

TEST_CASE("equal values have one text") {
  const auto integer = [](std::string_view text) {
    return Canonical(ev::ATTRIBUTE_TYPE_INTEGER, text);
  };
  CHECK(integer("+007") == "7");
  CHECK(integer("-0") == "0");
  CHECK(integer("-9223372036854775808") == "-9223372036854775808");
  CHECK(integer("9223372036854775807") == "9223372036854775807");
  for (const char* wrong : {"9223372036854775808", "", "-", "1.0", "1e3", " 1", "0x1", "--1"}) {
    INFO(wrong);
    CHECK(integer(wrong) == "refused");
  }
  const auto decimal = [](std::string_view text) {
    return Canonical(ev::ATTRIBUTE_TYPE_DECIMAL, text);
  };
  CHECK(decimal("-0.50") == "-0.5");
  CHECK(decimal("-0.000") == "0");
  CHECK(decimal("007.10") == "7.1");
  CHECK(decimal("5") == "5");
  CHECK(decimal("0.0000010") == "0.000001");
  CHECK(decimal("123456789012.123456") == "123456789012.123456");
  CHECK(decimal("123456789012345678") == "123456789012345678");
  for (const char* wrong :
       {"1234567890123.123456", "0.0000001", ".5", "5.", "1,5", "1e3", "", "."}) {
    INFO(wrong);
    CHECK(decimal(wrong) == "refused");
  }
  const auto date = [](std::string_view text) { return Canonical(ev::ATTRIBUTE_TYPE_DATE, text); };
  CHECK(date("2024-02-29") == "2024-02-29");
  for (const char* wrong : {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-01", "0000-01-01",
                            "2024-02-30T", "24-02-2024"}) {
    INFO(wrong);
    CHECK(date(wrong) == "refused");
  }
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_BOOLEAN, "true") == "true");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_BOOLEAN, "TRUE") == "refused");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_CHOICE, "red") == "red");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_CHOICE, "Red") == "refused");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_TEXT, "any \xe2\x82\xac") == "any \xe2\x82\xac");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_TEXT, "two\nlines") == "refused");
  CHECK(Canonical(ev::ATTRIBUTE_TYPE_TEXT, std::string(1025, 'x')) == "refused");
}

TEST_CASE("a canonical text is canonical") {
  rc::prop("again gives the same", [] {
    const auto type = static_cast<ev::AttributeType>(*rc::gen::inRange(1, 6));
    const auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("+-.0123456789")));
    auto definition = Definition("a", type);
    if (const auto once = CanonicalValue(definition, text)) {
      RC_ASSERT(CanonicalValue(definition, *once) == once);
    }
  });
  rc::prop("an integer is the number's decimal", [](int64_t number) {
    RC_ASSERT(Canonical(ev::ATTRIBUTE_TYPE_INTEGER, std::to_string(number)) ==
              std::to_string(number));
  });
}

}  // namespace
}  // namespace daybook::projections
