// Goal: every command of the customers domain, each of its refusals, and what the profile shows of
// it.
#include "projections/customers/customers.h"

#include <catch2/catch.hpp>

#include <set>

#include "daybook/event/v1/sales.pb.h"
#include "daybook/v1/customers.pb.h"
#include "projections/customers/decide.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Attribute;
using testing::Change;
using testing::Identifier;
using testing::Move;
using testing::Outcome;
using testing::Profile;
using testing::PublishSchema;
using testing::Register;
using testing::Set;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

// Takes an order as the sales domain does, so that the reaction to it can be seen.
Domain MakeOrders() {
  Domain domain;
  domain.name = "orders";
  domain.events = {EventOf<ev::OrderCompleted>(ev::EVENT_TYPE_ORDER_COMPLETED)};
  domain.commands = {
      {&ev::OrderCompleted::default_instance(), &v1::Receipt::default_instance(),
       [](const google::protobuf::Message& request, EntityRef* entity) {
         return customers::NameCustomer(
             "order_id", static_cast<const ev::OrderCompleted&>(request).order_id(), entity);
       },
       [](const google::protobuf::Message& request, Decision& decision) -> MaybeRefusal {
         if (auto refusal = customers::EnsureRegistered(decision)) return refusal;
         decision.Emit(request);
         return std::nullopt;
       },
       [](const Recorded&, google::protobuf::Message*) {}}};
  return domain;
}

struct Shop {
  World world{testing::DomainsOf(MakeRegistryDomain(), MakeCustomersDomain(), MakeOrders())};
  std::string Do(const google::protobuf::Message& request) { return Outcome(world.Do(request)); }
  std::string Order(const std::string& customer) {
    ev::OrderCompleted order;
    order.set_order_id("customers/" + customer);
    return Do(order);
  }
};

TEST_CASE_METHOD(Shop, "a customer is registered once") {
  auto request = Register("17850");
  request.set_kind(ev::CUSTOMER_KIND_PERSON);
  request.set_origin("web");
  request.set_display_name("Ann Lee");
  v1::RegisterCustomerResponse response;
  REQUIRE(Outcome(world.Do(request, &response)) == "OK");
  CHECK(response.customer() == "customers/17850");
  CHECK(Do(request) == "CUSTOMER_EXISTS customer");
  const v1::Customer profile = Profile(world, "17850");
  CHECK(profile.name() == "customers/17850");
  CHECK(profile.kind() == ev::CUSTOMER_KIND_PERSON);
  CHECK(profile.stage() == ev::LIFECYCLE_STAGE_CUSTOMER);
  CHECK(profile.origin() == "web");
  CHECK(profile.display_name() == "Ann Lee");
  CHECK(FromProto(profile.registered_at()) == world.now());
}

TEST_CASE_METHOD(Shop, "who is registered without an id gets one that the request decides") {
  v1::RegisterCustomerRequest request;
  CHECK(Do(request) == "FIELD_REQUIRED request_id");
  request.set_request_id("r-1");
  v1::RegisterCustomerResponse response;
  REQUIRE(Outcome(world.Do(request, &response)) == "OK");
  CHECK(response.customer() == "customers/" + customers::DerivedId("main", "r-1"));
  CHECK(customers::DerivedId("main", "r-1").size() == 32);
  CHECK(customers::DerivedId("main", "r-2") != customers::DerivedId("main", "r-1"));
  CHECK(customers::DerivedId("other", "r-1") != customers::DerivedId("main", "r-1"));
  CHECK_FALSE(CheckEntityId("id", customers::DerivedId("main", "r-1")));
}

TEST_CASE_METHOD(Shop, "registration is refused whole") {
  auto request = Register("1");
  *request.add_identifiers() = Identifier(ev::IDENTIFIER_KIND_EMAIL, "a@b.co");
  *request.add_identifiers() = Identifier(ev::IDENTIFIER_KIND_EMAIL, "A@B.CO");
  CHECK(Do(request) == "IDENTIFIER_ATTACHED identifiers[1].value");
  request.mutable_identifiers(1)->set_value("nonsense");
  CHECK(Do(request) == "IDENTIFIER_INVALID identifiers[1].value");
  request.mutable_identifiers(1)->set_value("c@d.co");
  *request.add_attributes() = Attribute("city", "Leeds");
  CHECK(Do(request) == "ATTRIBUTE_UNKNOWN attributes[0].path");
  CHECK(world.events().empty());
  PublishSchema(world);
  CHECK(Do(request) == "OK");
  CHECK(world.events().size() == 5);  // schema, registration, attributes, two identifiers
  CHECK(Profile(world, "1").identifiers_size() == 2);
  CHECK(Profile(world, "1").attributes(0).value() == "Leeds");

  auto shapes = Register("2");
  shapes.set_kind(static_cast<ev::CustomerKind>(9));
  CHECK(Do(shapes) == "FIELD_INVALID kind");
  shapes = Register("2");
  shapes.set_stage(static_cast<ev::LifecycleStage>(9));
  CHECK(Do(shapes) == "FIELD_INVALID stage");
  shapes = Register("2");
  shapes.set_origin("a b");
  CHECK(Do(shapes) == "FIELD_INVALID origin");
  shapes = Register("2");
  shapes.set_display_name(std::string(257, 'x'));
  CHECK(Do(shapes) == "FIELD_INVALID display_name");
  shapes = Register("2");
  for (int i = 0; i < 21; ++i) {
    *shapes.add_identifiers() = Identifier(ev::IDENTIFIER_KIND_DEVICE, std::to_string(i));
  }
  CHECK(Do(shapes) == "FIELD_INVALID identifiers");
}

TEST_CASE_METHOD(Shop,
                 "attributes are typed, sealed unless plain, and named with the schema's version") {
  PublishSchema(world);
  CHECK(Do(Set("1", {Attribute("city", "Leeds")})) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(Do(Register("1")) == "OK");
  CHECK(Do(Set("1", {})) == "FIELD_REQUIRED attributes");
  CHECK(Do(Set("1", {Attribute("shoe.size", "42")})) == "ATTRIBUTE_UNKNOWN attributes[0].path");
  CHECK(Do(Set("1", {Attribute("city", "x"), Attribute("birthday", "1999-02-29")})) ==
        "ATTRIBUTE_INVALID attributes[1].value");
  CHECK(Do(Set("1", {Attribute("city", "x"), Attribute("city", "y")})) ==
        "FIELD_INVALID attributes[1].path");
  CHECK(Do(Set("1", {Attribute("", "x")})) == "FIELD_REQUIRED attributes[0].path");
  REQUIRE(Do(Set("1", {Attribute("city", "Leeds"), Attribute("visits", "+07")})) == "OK");
  const auto* changed = world.All<ev::CustomerAttributesChanged>().back();
  CHECK(changed->schema_version() == 1);
  CHECK(changed->changes(0).personal_value().clear() == "Leeds");
  CHECK(changed->changes(1).plain_value() == "7");
  CHECK(world.events().back()->context.policies(0).policy() == "attribute_schema");
  CHECK(world.events().back()->context.policies(0).version() == 1);
}

TEST_CASE_METHOD(Shop,
                 "an attribute holds from its instant on, and the profile says what held then") {
  PublishSchema(world);
  REQUIRE(Do(Register("1")) == "OK");
  auto from = [](v1::AttributeInput input, const char* instant) {
    *input.mutable_effective_from() = ToProto(At(instant));
    return input;
  };
  REQUIRE(Do(Set("1", {from(Attribute("city", "Leeds"), "2020-01-01T00:00:00Z")})) == "OK");
  REQUIRE(Do(Set("1", {from(Attribute("city", "York"), "2024-06-01T00:00:00Z")})) == "OK");
  REQUIRE(Do(Set("1", {from(Attribute("city", "Hull"), "2022-01-01T00:00:00Z")})) == "OK");
  REQUIRE(Do(Set("1", {from(Attribute("city", ""), "2025-01-01T00:00:00Z")})) == "OK");
  REQUIRE(Do(Set("1", {Attribute("visits", "3")})) == "OK");
  world.Flush();
  CHECK(Profile(world, "1").attributes(0).value() == "Hull");
  CHECK(Profile(world, "1").attributes(1).value() == "3");
  CHECK(FromProto(Profile(world, "1").attributes(0).effective_from()) ==
        At("2022-01-01T00:00:00Z"));
  CHECK(Profile(world, "1").attributes(0).event_id().size() == 36);
  world.SetNow(At("2024-06-01T00:00:00Z"));
  CHECK(Profile(world, "1").attributes(0).value() == "York");
  // The same instant again replaces it.
  REQUIRE(Do(Set("1", {from(Attribute("city", "Ripon"), "2024-06-01T00:00:00Z")})) == "OK");
  CHECK(Profile(world, "1").attributes(0).value() == "Ripon");
  world.SetNow(At("2025-01-01T00:00:00Z"));
  CHECK(Profile(world, "1").attributes_size() == 1);
  world.Erase(testing::Customer("1"));
  world.SetNow(At("2024-06-01T00:00:00Z"));
  CHECK(Profile(world, "1").attributes(0).value().empty());
  CHECK(Profile(world, "1").attributes(0).erased());
  CHECK_FALSE(Profile(world, "1").attributes(1).erased());
}

TEST_CASE_METHOD(Shop, "identifiers come, are verified, break and go") {
  const auto phone = Identifier(ev::IDENTIFIER_KIND_PHONE, "+44 20 7946 0018");
  CHECK(Do(Change("1", phone, ev::IDENTIFIER_ACTION_ATTACHED)) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(Do(Register("1")) == "OK");
  CHECK(Do(Change("1", phone, ev::IDENTIFIER_ACTION_UNSPECIFIED)) == "FIELD_REQUIRED action");
  CHECK(Do(Change("1", phone, static_cast<ev::IdentifierAction>(9))) == "FIELD_INVALID action");
  CHECK(Do(Change("1", phone, ev::IDENTIFIER_ACTION_VERIFIED)) ==
        "IDENTIFIER_UNKNOWN identifier.value");
  v1::ChangeIdentifierResponse response;
  REQUIRE(Outcome(world.Do(Change("1", phone, ev::IDENTIFIER_ACTION_ATTACHED), &response)) == "OK");
  CHECK(response.identifier_number() == 1);
  const auto same = Identifier(ev::IDENTIFIER_KIND_PHONE, "(0044) 2079460018");
  auto in_britain = same;
  in_britain.set_value("020 7946 0018");
  in_britain.set_region("GB");
  CHECK(Do(Change("1", in_britain, ev::IDENTIFIER_ACTION_ATTACHED)) ==
        "IDENTIFIER_ATTACHED identifier.value");
  REQUIRE(Do(Change("1", in_britain, ev::IDENTIFIER_ACTION_VERIFIED)) == "OK");
  CHECK(Profile(world, "1").identifiers(0).value() == "+442079460018");
  CHECK(Profile(world, "1").identifiers(0).as_given() == "+44 20 7946 0018");
  CHECK(Profile(world, "1").identifiers(0).verified());
  REQUIRE(Do(Change("1", phone, ev::IDENTIFIER_ACTION_INVALIDATED)) == "OK");
  CHECK(Profile(world, "1").identifiers(0).invalid());
  REQUIRE(Do(Change("1", phone, ev::IDENTIFIER_ACTION_VERIFIED)) == "OK");
  CHECK_FALSE(Profile(world, "1").identifiers(0).invalid());
  REQUIRE(Do(Change("1", phone, ev::IDENTIFIER_ACTION_DETACHED)) == "OK");
  CHECK(Do(Change("1", phone, ev::IDENTIFIER_ACTION_DETACHED)) ==
        "IDENTIFIER_UNKNOWN identifier.value");
  CHECK(Profile(world, "1").identifiers().empty());
  REQUIRE(Outcome(world.Do(Change("1", phone, ev::IDENTIFIER_ACTION_ATTACHED), &response)) == "OK");
  CHECK(response.identifier_number() == 2);
  for (const auto* changed : world.All<ev::IdentifierChanged>()) {
    CHECK(changed->has_normalised() == (changed->action() == ev::IDENTIFIER_ACTION_ATTACHED));
  }
}

TEST_CASE_METHOD(Shop, "a tenant's region reads its phones") {
  ev::TenantCreated tenant;
  tenant.set_zone("Europe/London");
  tenant.set_currency("GBP");
  tenant.set_language("en-GB");
  world.Record({"main", ev::ENTITY_KIND_TENANT, "main"}, tenant, world.now());
  auto request = Register("1");
  *request.add_identifiers() = Identifier(ev::IDENTIFIER_KIND_PHONE, "020 7946 0018");
  REQUIRE(Do(request) == "OK");
  CHECK(Profile(world, "1").identifiers(0).value() == "+442079460018");
}

TEST_CASE_METHOD(Shop, "a customer has at most a hundred identifiers") {
  REQUIRE(Do(Register("1")) == "OK");
  for (int i = 0; i < 100; ++i) {
    REQUIRE(Do(Change("1", Identifier(ev::IDENTIFIER_KIND_DEVICE, std::to_string(i)),
                      ev::IDENTIFIER_ACTION_ATTACHED)) == "OK");
  }
  const auto one_more = Identifier(ev::IDENTIFIER_KIND_EMAIL, "a@b.co");
  CHECK(Do(Change("1", one_more, ev::IDENTIFIER_ACTION_ATTACHED)) == "FIELD_INVALID identifier");
  REQUIRE(Do(Change("1", Identifier(ev::IDENTIFIER_KIND_DEVICE, "7"),
                    ev::IDENTIFIER_ACTION_DETACHED)) == "OK");
  CHECK(Do(Change("1", one_more, ev::IDENTIFIER_ACTION_ATTACHED)) == "OK");
}

TEST_CASE_METHOD(Shop, "an erased identifier is equal to nothing") {
  const auto email = Identifier(ev::IDENTIFIER_KIND_EMAIL, "a@b.co");
  REQUIRE(Do(Register("1")) == "OK");
  REQUIRE(Do(Change("1", email, ev::IDENTIFIER_ACTION_ATTACHED)) == "OK");
  world.Erase(testing::Customer("1"));
  CHECK(Do(Change("1", email, ev::IDENTIFIER_ACTION_VERIFIED)) ==
        "IDENTIFIER_UNKNOWN identifier.value");
  CHECK(Profile(world, "1").identifiers(0).erased());
  CHECK(Profile(world, "1").identifiers(0).value().empty());
}

TEST_CASE_METHOD(Shop, "stages follow each other as relations do") {
  const std::vector<ev::LifecycleStage> all = {
      ev::LIFECYCLE_STAGE_SUSPECT, ev::LIFECYCLE_STAGE_PROSPECT, ev::LIFECYCLE_STAGE_CUSTOMER,
      ev::LIFECYCLE_STAGE_FORMER, ev::LIFECYCLE_STAGE_DECEASED};
  const bool allowed[5][5] = {{false, true, true, false, true},
                              {true, false, true, false, true},
                              {false, false, false, true, true},
                              {false, true, true, false, true},
                              {false, false, false, false, false}};
  for (size_t from = 0; from < all.size(); ++from) {
    for (size_t to = 0; to < all.size(); ++to) {
      const std::string id = std::to_string(from) + "-" + std::to_string(to);
      INFO(id);
      auto request = Register(id);
      request.set_stage(all[from]);
      REQUIRE(Do(request) == "OK");
      CHECK(Do(Move(id, all[to])) == (allowed[from][to] ? "OK" : "LIFECYCLE_INVALID stage"));
      CHECK(Profile(world, id).stage() == (allowed[from][to] ? all[to] : all[from]));
    }
  }
  CHECK(Do(Move("nobody", ev::LIFECYCLE_STAGE_FORMER)) == "CUSTOMER_UNKNOWN customer");
  CHECK(Do(Move("0-1", ev::LIFECYCLE_STAGE_UNSPECIFIED)) == "FIELD_REQUIRED stage");
}

TEST_CASE_METHOD(Shop, "the dead take no new facts, only late ones") {
  PublishSchema(world);
  REQUIRE(Do(Register("1")) == "OK");
  world.SetNow(At("2024-03-01T00:00:00Z"));
  REQUIRE(Do(Move("1", ev::LIFECYCLE_STAGE_DECEASED)) == "OK");
  const auto email = Identifier(ev::IDENTIFIER_KIND_EMAIL, "a@b.co");
  CHECK(Do(Set("1", {Attribute("city", "Leeds")})) == "CUSTOMER_CLOSED customer");
  CHECK(Do(Change("1", email, ev::IDENTIFIER_ACTION_ATTACHED)) == "CUSTOMER_CLOSED customer");
  CHECK(Order("1") == "CUSTOMER_CLOSED customer");
  auto late = Set("1", {Attribute("city", "Leeds")});
  *late.mutable_provenance()->mutable_occurred_at() = ToProto(At("2024-02-29T23:59:59Z"));
  CHECK(Do(late) == "OK");
}

TEST_CASE_METHOD(Shop, "an order makes a customer of anybody") {
  REQUIRE(Order("new") == "OK");
  CHECK(Profile(world, "new").origin() == "order");
  CHECK(Profile(world, "new").kind() == ev::CUSTOMER_KIND_UNSPECIFIED);
  CHECK(world.All<ev::LifecycleChanged>().empty());
  for (const auto stage :
       {ev::LIFECYCLE_STAGE_SUSPECT, ev::LIFECYCLE_STAGE_PROSPECT, ev::LIFECYCLE_STAGE_FORMER}) {
    auto request = Register(std::to_string(stage));
    request.set_stage(stage);
    REQUIRE(Do(request) == "OK");
    REQUIRE(Order(std::to_string(stage)) == "OK");
    CHECK(Profile(world, std::to_string(stage)).stage() == ev::LIFECYCLE_STAGE_CUSTOMER);
    CHECK(world.All<ev::LifecycleChanged>().back()->from() == stage);
    CHECK(world.All<ev::LifecycleChanged>().back()->reason() == "order");
  }
  const size_t changes = world.All<ev::LifecycleChanged>().size();
  REQUIRE(Order("new") == "OK");
  CHECK(world.All<ev::LifecycleChanged>().size() == changes);
}

TEST_CASE_METHOD(Shop, "nothing is recorded by a dry run") {
  auto request = Register("1");
  request.set_validate_only(true);
  v1::RegisterCustomerResponse response;
  CHECK(Outcome(world.Do(request, &response)) == "OK");
  CHECK(world.events().empty());
  CHECK_FALSE(customers::IsKnown(world.State(testing::Customer("1"))));
}

TEST_CASE_METHOD(Shop, "profiles are asked for by name, and as of an instant") {
  v1::GetCustomerRequest request;
  v1::GetCustomerResponse response;
  CHECK(Outcome(world.Ask(request, &response)) == "CUSTOMER_MISSING customer");
  request.set_customer("customers/1");
  CHECK(Outcome(world.Ask(request, &response)) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(Do(Register("1")) == "OK");
  world.SetNow(At("2024-02-01T00:00:00Z"));
  REQUIRE(Do(Move("1", ev::LIFECYCLE_STAGE_FORMER)) == "OK");
  *request.mutable_read()->mutable_as_of() = ToProto(At("2024-01-31T00:00:00Z"));
  REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
  CHECK(response.customer().stage() == ev::LIFECYCLE_STAGE_CUSTOMER);
  *request.mutable_read()->mutable_as_of() = ToProto(At("2023-12-31T00:00:00Z"));
  CHECK(Outcome(world.Ask(request, &response)) == "CUSTOMER_UNKNOWN customer");
}

TEST_CASE_METHOD(Shop, "all customers, page by page") {
  for (int i = 0; i < 23; ++i) REQUIRE(Do(Register("c" + std::to_string(i))) == "OK");
  for (const int size : {1, 5, 22, 23, 24}) {
    v1::ListCustomersRequest request;
    request.set_page_size(size);
    std::set<std::string> names;
    for (;;) {
      v1::ListCustomersResponse response;
      REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
      CHECK(response.customers_size() <= size);
      CHECK_FALSE(response.customers().empty());
      for (const auto& customer : response.customers()) CHECK(names.insert(customer.name()).second);
      if (response.next_page_token().empty()) break;
      request.set_page_token(response.next_page_token());
    }
    CHECK(names.size() == 23);
  }
  v1::ListCustomersRequest request;
  v1::ListCustomersResponse response;
  request.set_page_size(1001);
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_INVALID page_size");
  request.set_page_size(1);
  *request.mutable_read()->mutable_as_of() = ToProto(world.now());
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_INVALID read.as_of");
}

TEST_CASE_METHOD(Shop, "a page of large profiles ends before it is too large for a client") {
  constexpr int kCustomers = 80;
  for (int i = 0; i < kCustomers; ++i) {
    const std::string id = "c" + std::to_string(i);
    REQUIRE(Do(Register(id)) == "OK");
    for (int k = 0; k < 100; ++k) {
      const std::string value = std::to_string(k) + std::string(240, 'x');
      v1::IdentifierInput identifier = Identifier(ev::IDENTIFIER_KIND_EXTERNAL, value);
      identifier.set_issuer("till");
      REQUIRE(Do(Change(id, identifier, ev::IDENTIFIER_ACTION_ATTACHED)) == "OK");
    }
  }
  v1::ListCustomersRequest request;
  request.set_page_size(1000);
  std::set<std::string> names;
  int pages = 0;
  do {
    v1::ListCustomersResponse page;
    REQUIRE(Outcome(world.Ask(request, &page)) == "OK");
    CHECK(page.ByteSizeLong() < 4'000'000);
    for (const auto& customer : page.customers()) CHECK(names.insert(customer.name()).second);
    ++pages;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && pages < kCustomers);
  CHECK(pages > 1);
  CHECK(names.size() == kCustomers);
}

TEST_CASE_METHOD(Shop, "facts about nobody are folded without harm") {
  ev::IdentifierChanged changed;
  changed.set_identifier_number(7);
  changed.set_kind(ev::IDENTIFIER_KIND_EMAIL);
  for (const auto action : {ev::IDENTIFIER_ACTION_DETACHED, ev::IDENTIFIER_ACTION_VERIFIED,
                            ev::IDENTIFIER_ACTION_INVALIDATED}) {
    changed.set_action(action);
    world.Record(testing::Customer("1"), changed, world.now());
  }
  CHECK_FALSE(customers::IsKnown(world.State(testing::Customer("1"))));
  CHECK(Do(Register("1")) == "OK");
  CHECK(Profile(world, "1").identifiers().empty());
}

}  // namespace
}  // namespace daybook::projections
