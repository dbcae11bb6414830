// Goal: who calls, writes or shows a card is found, the likeliest first, and the index knows no
// clear text.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "daybook/event/v1/registry.pb.h"
#include "daybook/v1/customers.pb.h"
#include "projections/customers/customers.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Change;
using testing::Identifier;
using testing::Lookup;
using testing::Outcome;
using testing::Register;
using testing::World;
using Ids = std::vector<std::string>;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

const v1::IdentifierInput kPhone = Identifier(ev::IDENTIFIER_KIND_PHONE, "+44 20 7946 0018");

struct Directory {
  World world{testing::DomainsOf(MakeRegistryDomain(), MakeCustomersDomain())};

  void Add(const std::string& id, v1::IdentifierInput identifier, bool shared = false) {
    identifier.set_shared(shared);
    auto request = Register(id);
    *request.add_identifiers() = identifier;
    REQUIRE(Outcome(world.Do(request)) == "OK");
  }
  void Mark(const std::string& id, ev::IdentifierAction action,
            const v1::IdentifierInput& identifier = kPhone) {
    REQUIRE(Outcome(world.Do(Change(id, identifier, action))) == "OK");
  }
  v1::LookupCustomersResponse Ask(const v1::IdentifierInput& identifier, int page_size = 0) {
    v1::LookupCustomersRequest request;
    *request.mutable_identifier() = identifier;
    request.set_page_size(page_size);
    v1::LookupCustomersResponse response;
    REQUIRE(Outcome(world.Ask(request, &response)) == "OK");
    return response;
  }
};

TEST_CASE_METHOD(Directory, "verified before attached before shared before invalidated") {
  Add("invalid", kPhone);
  Mark("invalid", ev::IDENTIFIER_ACTION_INVALIDATED);
  Add("shared", kPhone, true);
  Add("attached", kPhone);
  Add("verified", kPhone);
  Mark("verified", ev::IDENTIFIER_ACTION_VERIFIED);
  Add("other", Identifier(ev::IDENTIFIER_KIND_PHONE, "+44 20 7946 0019"));
  world.Flush();
  CHECK(Lookup(world, kPhone) == Ids{"verified", "attached", "shared", "invalid"});
  const auto response = Ask(kPhone);
  CHECK(response.candidates(0).score() == 1000);
  CHECK(response.candidates(0).reasons(0) == "EXACT");
  CHECK(response.candidates(0).reasons(1) == "VERIFIED");
  CHECK(response.candidates(2).reasons(1) == "SHARED");
  CHECK(response.candidates(3).reasons(1) == "INVALIDATED");
  CHECK(Ask(kPhone, 2).candidates_size() == 2);
  Mark("shared", ev::IDENTIFIER_ACTION_VERIFIED);
  CHECK(Ask(kPhone).candidates(2).score() == 500);
  Mark("verified", ev::IDENTIFIER_ACTION_DETACHED);
  CHECK(Lookup(world, kPhone) == Ids{"attached", "shared", "invalid"});
}

TEST_CASE_METHOD(Directory, "of equal fits the one that changed last, then the lesser id") {
  Add("b", kPhone);
  Add("a", kPhone);
  CHECK(Lookup(world, kPhone) == Ids{"a", "b"});
  CHECK(Ask(kPhone).candidates(0).reasons_size() == 1);
  world.SetNow(At("2024-02-01T00:00:00Z"));
  Add("c", kPhone);
  CHECK(Lookup(world, kPhone) == Ids{"c", "a", "b"});
  CHECK(Ask(kPhone, 1).candidates(0).reasons(1) == "RECENT");
  CHECK(Ask(kPhone).candidates(1).reasons_size() == 1);
}

TEST_CASE_METHOD(Directory, "a number without a country is looked up by its last digits") {
  Add("london", kPhone);
  Add("berlin", Identifier(ev::IDENTIFIER_KIND_PHONE, "+49 30 901820"));
  const auto local = Identifier(ev::IDENTIFIER_KIND_PHONE, "020 7946 0018");
  const auto response = Ask(local);
  REQUIRE(response.candidates_size() == 1);
  CHECK(response.candidates(0).customer() == "customers/london");
  CHECK(response.candidates(0).score() == 350);
  CHECK(response.candidates(0).reasons(0) == "NATIONAL_FORM");
  auto british = local;
  british.set_region("GB");
  CHECK(Ask(british).candidates(0).score() == 700);

  ev::TenantCreated tenant;
  tenant.set_language("en-GB");
  world.Record({"main", ev::ENTITY_KIND_TENANT, "main"}, tenant, world.now());
  CHECK(Ask(local).candidates(0).score() == 700);
}

TEST_CASE_METHOD(Directory, "a customer with two fitting numbers is one candidate, by the better") {
  Add("1", kPhone);
  const auto paris = Identifier(ev::IDENTIFIER_KIND_PHONE, "+33 1 79 46 00 18");
  Mark("1", ev::IDENTIFIER_ACTION_ATTACHED, paris);
  Mark("1", ev::IDENTIFIER_ACTION_VERIFIED, paris);
  const auto response = Ask(Identifier(ev::IDENTIFIER_KIND_PHONE, "7946 0018"));
  REQUIRE(response.candidates_size() == 1);
  CHECK(response.candidates(0).score() == 500);
}

TEST_CASE_METHOD(Directory, "other kinds and issuers are other identifiers") {
  auto crm = Identifier(ev::IDENTIFIER_KIND_EXTERNAL, "42");
  crm.set_issuer("crm");
  auto erp = crm;
  erp.set_issuer("erp");
  Add("1", crm);
  Add("2", erp);
  CHECK(Lookup(world, crm) == Ids{"1"});
  CHECK(Lookup(world, erp) == Ids{"2"});
  CHECK(Lookup(world, Identifier(ev::IDENTIFIER_KIND_DEVICE, "42")).empty());
  Add("3", Identifier(ev::IDENTIFIER_KIND_EMAIL, "Ann@Example.com"));
  CHECK(Lookup(world, Identifier(ev::IDENTIFIER_KIND_EMAIL, "ann@example.COM")) == Ids{"3"});
}

TEST_CASE_METHOD(Directory, "rubbish is refused as it is when attached") {
  v1::LookupCustomersRequest request;
  v1::LookupCustomersResponse response;
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_REQUIRED identifier.kind");
  *request.mutable_identifier() = Identifier(ev::IDENTIFIER_KIND_PHONE, "12345");
  CHECK(Outcome(world.Ask(request, &response)) == "IDENTIFIER_INVALID identifier.value");
  *request.mutable_identifier() = kPhone;
  request.set_page_size(101);
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_INVALID page_size");
  request.set_page_size(0);
  *request.mutable_read()->mutable_known_at() = ToProto(world.now());
  CHECK(Outcome(world.Ask(request, &response)) == "FIELD_INVALID read.known_at");
}

TEST_CASE_METHOD(
    Directory,
    "the index keeps hashes only, and an index built after an erasure lacks the person") {
  Add("gone", kPhone);
  Add("stays", kPhone);
  Mark("gone", ev::IDENTIFIER_ACTION_VERIFIED);
  const auto hex = [](std::string_view text) {
    std::string out;
    for (const char c : text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
  };
  CHECK(world.Dump("identifier_index").find(hex("79460018")) == std::string::npos);
  CHECK(world.Dump("identifier_index") == world.DumpRebuilt("identifier_index"));
  CHECK(world.Dump("customer_profile") == world.DumpRebuilt("customer_profile"));
  world.Erase(testing::Customer("gone"));
  CHECK(world.DumpRebuilt("identifier_index").find(hex("gone")) == std::string::npos);
  CHECK(world.DumpRebuilt("identifier_index").find(hex("stays")) != std::string::npos);
}

}  // namespace
}  // namespace daybook::projections
