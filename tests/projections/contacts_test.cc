// Goal: a contact is recorded once with its outcome, and the history shows what was known at any
// instant, page by page.
#include "projections/contacts/contacts.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "daybook/v1/contacts.pb.h"
#include "projections/customers/customers.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Outcome;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

v1::RecordContactRequest Contact(const std::string& customer, const std::string& id) {
  v1::RecordContactRequest request;
  request.set_customer("customers/" + customer);
  request.set_contact_id(id);
  request.set_channel(ev::CONTACT_CHANNEL_PHONE);
  request.set_direction(ev::CONTACT_DIRECTION_INBOUND);
  request.set_purpose(ev::CONTACT_PURPOSE_SERVICE);
  return request;
}

struct Desk {
  World world{testing::DomainsOf(MakeCustomersDomain(), MakeContactsDomain())};
  std::string Do(const google::protobuf::Message& request) { return Outcome(world.Do(request)); }
  v1::ListContactsResponse List(const v1::ListContactsRequest& request) {
    v1::ListContactsResponse response;
    const std::string outcome = Outcome(world.Ask(request, &response));
    if (outcome != "OK") throw std::logic_error(outcome);
    return response;
  }
  v1::ListContactsResponse List(const std::string& customer) {
    v1::ListContactsRequest request;
    request.set_customer("customers/" + customer);
    return List(request);
  }
};

TEST_CASE_METHOD(Desk, "a contact with its outcome is one command and one line of history") {
  auto request = Contact("1", "K-1");
  CHECK(Do(request) == "CUSTOMER_UNKNOWN customer");
  REQUIRE(Do(testing::Register("1")) == "OK");
  request.set_disposition(ev::CONTACT_DISPOSITION_REACHED);
  request.mutable_duration()->set_seconds(95);
  request.set_wrap_up_code("SOLVED");
  request.set_note("Wants a quieter fan.\nCall again in May.");
  request.set_agent_id("agent-7");
  request.set_campaign_id("spring");
  v1::RecordContactResponse response;
  REQUIRE(Outcome(world.Do(request, &response)) == "OK");
  CHECK(response.contact() == "customers/1/contacts/K-1");
  CHECK(Do(request) == "CONTACT_EXISTS contact_id");
  CHECK(world.All<ev::ContactAttempted>().size() == 1);
  CHECK(world.All<ev::ContactOutcomeRecorded>().at(0)->note().clear() == request.note());

  world.Flush();
  REQUIRE(List("1").contacts_size() == 1);
  v1::Contact contact = List("1").contacts(0);
  CHECK(contact.name() == "customers/1/contacts/K-1");
  CHECK(FromProto(contact.occurred_at()) == world.now());
  CHECK(contact.channel() == ev::CONTACT_CHANNEL_PHONE);
  CHECK(contact.direction() == ev::CONTACT_DIRECTION_INBOUND);
  CHECK(contact.purpose() == ev::CONTACT_PURPOSE_SERVICE);
  CHECK(contact.disposition() == ev::CONTACT_DISPOSITION_REACHED);
  CHECK(contact.duration().seconds() == 95);
  CHECK(contact.wrap_up_code() == "SOLVED");
  CHECK(contact.note() == request.note());
  CHECK(contact.agent_id() == "agent-7");
  CHECK(contact.campaign_id() == "spring");

  world.Erase(testing::Customer("1"));
  contact = List("1").contacts(0);
  CHECK(contact.note().empty());
  CHECK(contact.note_erased());
  CHECK(contact.wrap_up_code() == "SOLVED");
}

TEST_CASE_METHOD(Desk, "an attempt may have no outcome") {
  REQUIRE(Do(testing::Register("1")) == "OK");
  REQUIRE(Do(Contact("1", "K-1")) == "OK");
  CHECK(world.All<ev::ContactOutcomeRecorded>().empty());
  CHECK(List("1").contacts(0).disposition() == ev::CONTACT_DISPOSITION_UNSPECIFIED);
  CHECK_FALSE(List("1").contacts(0).has_duration());
  CHECK_FALSE(List("1").contacts(0).note_erased());
}

TEST_CASE_METHOD(Desk, "shapes are checked field by field") {
  const auto outcome = [&](auto change) {
    auto request = Contact("1", "K-1");
    request.set_disposition(ev::CONTACT_DISPOSITION_REACHED);
    change(request);
    return Do(request);
  };
  using R = v1::RecordContactRequest;
  CHECK(outcome([](R& r) { r.clear_customer(); }) == "CUSTOMER_MISSING customer");
  CHECK(outcome([](R& r) { r.clear_contact_id(); }) == "FIELD_REQUIRED contact_id");
  CHECK(outcome([](R& r) { r.clear_channel(); }) == "FIELD_REQUIRED channel");
  CHECK(outcome([](R& r) { r.clear_direction(); }) == "FIELD_REQUIRED direction");
  CHECK(outcome([](R& r) { r.clear_purpose(); }) == "FIELD_REQUIRED purpose");
  CHECK(outcome([](R& r) { r.set_purpose(static_cast<ev::ContactPurpose>(99)); }) ==
        "FIELD_INVALID purpose");
  CHECK(outcome([](R& r) { r.set_disposition(static_cast<ev::ContactDisposition>(99)); }) ==
        "FIELD_INVALID disposition");
  CHECK(outcome([](R& r) { r.mutable_duration()->set_seconds(-1); }) == "FIELD_INVALID duration");
  CHECK(outcome([](R& r) { r.mutable_duration()->set_seconds(7 * 86400 + 1); }) ==
        "FIELD_INVALID duration");
  CHECK(outcome([](R& r) { r.mutable_duration()->set_nanos(1); }) == "FIELD_INVALID duration");
  CHECK(outcome([](R& r) { r.set_wrap_up_code("a b"); }) == "FIELD_INVALID wrap_up_code");
  CHECK(outcome([](R& r) { r.set_note(std::string(16385, 'x')); }) == "FIELD_INVALID note");
  CHECK(outcome([](R& r) { r.set_agent_id("Ann Lee"); }) == "FIELD_INVALID agent_id");
  CHECK(outcome([](R& r) { r.set_campaign_id("a/b"); }) == "FIELD_INVALID campaign_id");
  const auto without = [&](auto change) {
    return outcome([&](R& r) {
      r.clear_disposition();
      change(r);
    });
  };
  CHECK(without([](R& r) { r.mutable_duration()->set_seconds(1); }) == "FIELD_INVALID duration");
  CHECK(without([](R& r) { r.set_wrap_up_code("X"); }) == "FIELD_INVALID wrap_up_code");
  CHECK(without([](R& r) { r.set_note("X"); }) == "FIELD_INVALID note");
}

TEST_CASE_METHOD(Desk, "an outcome finds its contact, or stands for it") {
  ev::ContactOutcomeRecorded outcome;
  outcome.set_contact_id("K-1");
  outcome.set_channel(ev::CONTACT_CHANNEL_CHAT);
  outcome.set_disposition(ev::CONTACT_DISPOSITION_REACHED);
  world.Record(testing::Customer("1"), outcome, At("2024-01-02T00:00:00Z"));
  ev::ContactAttempted attempted;
  attempted.set_contact_id("K-1");
  attempted.set_channel(ev::CONTACT_CHANNEL_CHAT);
  attempted.set_agent_id("a");
  world.Record(testing::Customer("1"), attempted, At("2024-01-01T00:00:00Z"));
  REQUIRE(List("1").contacts_size() == 1);
  CHECK(List("1").contacts(0).agent_id() == "a");
  CHECK(List("1").contacts(0).disposition() == ev::CONTACT_DISPOSITION_REACHED);
}

TEST_CASE_METHOD(Desk, "a page goes on where the one before ended, whatever comes in between") {
  REQUIRE(Do(testing::Register("1")) == "OK");
  const auto record = [&](const std::string& id, const char* at) {
    auto request = Contact("1", id);
    *request.mutable_provenance()->mutable_occurred_at() = ToProto(At(at));
    REQUIRE(Do(request) == "OK");
  };
  record("a", "2023-01-01T00:00:00Z");
  record("b", "2023-01-02T00:00:00Z");
  record("c", "2023-01-02T00:00:00Z");
  v1::ListContactsRequest request;
  request.set_customer("customers/1");
  request.set_page_size(2);
  const auto first = List(request);
  CHECK(first.contacts(0).name() == "customers/1/contacts/c");
  CHECK(first.contacts(1).name() == "customers/1/contacts/b");
  record("new", "2023-01-03T00:00:00Z");
  record("old", "2022-01-01T00:00:00Z");
  request.set_page_token(first.next_page_token());
  const auto second = List(request);
  REQUIRE(second.contacts_size() == 2);
  CHECK(second.contacts(0).name() == "customers/1/contacts/a");
  CHECK(second.contacts(1).name() == "customers/1/contacts/old");
  CHECK(second.next_page_token().empty());
}

// What the history must say, computed the slow way.
struct Fact {
  std::string id;
  Timestamp occurred_at;
  Timestamp recorded_at;
};

std::vector<std::string> NaiveHistory(std::vector<Fact> facts, Timestamp as_of,
                                      Timestamp known_at) {
  std::sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) {
    return a.occurred_at != b.occurred_at ? a.occurred_at > b.occurred_at : a.id > b.id;
  });
  std::vector<std::string> names;
  for (const Fact& fact : facts) {
    if (fact.occurred_at <= as_of && fact.recorded_at <= known_at) {
      names.push_back("customers/1/contacts/" + fact.id);
    }
  }
  return names;
}

TEST_CASE("the history is the naive one at any two instants, in pages of any size") {
  rc::prop("paged history", [] {
    Desk desk;
    const auto hour = [](int hours) {
      return Timestamp{At("2024-01-01T00:00:00Z").micros + hours * int64_t{3'600'000'000}};
    };
    RC_ASSERT(desk.Do(testing::Register("1")) == "OK");
    std::vector<Fact> facts;
    const int count = *rc::gen::inRange(0, 30);
    for (int i = 0; i < count; ++i) {
      desk.world.SetNow(hour(i));
      const Timestamp occurred_at = hour(*rc::gen::inRange(-20, i + 1));
      const std::string id = std::to_string(*rc::gen::inRange(0, 20));
      auto request = Contact("1", id);
      *request.mutable_provenance()->mutable_occurred_at() = ToProto(occurred_at);
      const bool known =
          std::any_of(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.id == id; });
      RC_ASSERT(desk.Do(request) == (known ? "CONTACT_EXISTS contact_id" : "OK"));
      if (!known) facts.push_back({id, occurred_at, desk.world.now()});
      if (*rc::gen::inRange(0, 4) == 0) desk.world.Flush();
    }
    v1::ListContactsRequest request;
    request.set_customer("customers/1");
    request.set_page_size(*rc::gen::inRange(1, 12));
    Timestamp as_of = ledger::kDistantFuture;
    Timestamp known_at = ledger::kDistantFuture;
    if (*rc::gen::arbitrary<bool>()) {
      as_of = hour(*rc::gen::inRange(-20, 30));
      *request.mutable_read()->mutable_as_of() = ToProto(as_of);
    }
    if (*rc::gen::arbitrary<bool>()) {
      known_at = hour(*rc::gen::inRange(0, 30));
      *request.mutable_read()->mutable_known_at() = ToProto(known_at);
    }
    std::vector<std::string> names;
    for (;;) {
      const auto response = desk.List(request);
      RC_ASSERT(response.contacts_size() <= request.page_size());
      for (const auto& contact : response.contacts()) names.push_back(contact.name());
      if (response.next_page_token().empty()) break;
      RC_ASSERT(response.contacts_size() == request.page_size());
      request.set_page_token(response.next_page_token());
    }
    RC_ASSERT(names == NaiveHistory(facts, as_of, known_at));
    RC_ASSERT(desk.world.Dump("contact_history") == desk.world.DumpRebuilt("contact_history"));
  });
}

TEST_CASE_METHOD(Desk, "a page of long notes ends before it is too large for a client") {
  REQUIRE(Do(testing::Register("1")) == "OK");
  constexpr int kContacts = 300;
  for (int i = 0; i < kContacts; ++i) {
    auto request = Contact("1", "K" + std::to_string(i));
    request.set_disposition(ev::CONTACT_DISPOSITION_REACHED);
    request.set_note(std::string(16'000, 'n'));
    REQUIRE(Do(request) == "OK");
  }
  world.Flush();
  v1::ListContactsRequest request;
  request.set_customer("customers/1");
  request.set_page_size(1000);
  std::set<std::string> names;
  const auto first = List(request);
  CHECK(first.ByteSizeLong() < 4'000'000);
  for (const auto& contact : first.contacts()) names.insert(contact.name());
  REQUIRE_FALSE(first.next_page_token().empty());
  request.set_page_token(first.next_page_token());
  const auto second = List(request);
  for (const auto& contact : second.contacts()) names.insert(contact.name());
  CHECK(second.next_page_token().empty());
  CHECK(names.size() == kContacts);
}

}  // namespace
}  // namespace daybook::projections
