// Goal: personal fields are clear only to those who serve customers, others are told that something
// is kept back, and every access is in the record that auditors read.
#include <catch2/catch.hpp>

#include "daybook/event/v1/customers.pb.h"
#include "tests/server/token_client.h"

namespace daybook::server {
namespace {

using event::v1::Role;
using grpc::StatusCode;

const std::string kGetCustomer = "daybook.v1.CustomerService/GetCustomer";

class Shop {
 public:
  Shop() : server_(WithTokens()), first_(TokenClient::First(&server_)) {
    v1::RegisterCustomerRequest customer;
    customer.set_customer("customers/C1");
    customer.set_kind(event::v1::CUSTOMER_KIND_PERSON);
    customer.set_display_name("Ada");
    customer.set_request_id("register");
    auto* mail = customer.add_identifiers();
    mail->set_kind(event::v1::IDENTIFIER_KIND_EMAIL);
    mail->set_value("ada@example.org");
    first_.Get<v1::RegisterCustomerResponse>("daybook.v1.CustomerService/RegisterCustomer",
                                             customer);
  }

  TestServer& server() { return server_; }
  TokenClient With(Role role) { return first_.Issue(event::v1::Role_Name(role), {role}); }

  static v1::GetCustomerRequest Customer() {
    v1::GetCustomerRequest request;
    request.set_customer("customers/C1");
    return request;
  }
  static event::v1::CustomerRegistered RegisteredAs(const TokenClient& client) {
    v1::ListEntityEventsRequest request;
    request.set_entity("customers/C1");
    const auto events = client.Get<v1::ListEntityEventsResponse>(
        "daybook.v1.LedgerService/ListEntityEvents", request);
    event::v1::CustomerRegistered registered;
    REQUIRE(events.events_size() > 0);
    REQUIRE(events.events(0).payload().UnpackTo(&registered));
    return registered;
  }
  static std::vector<v1::AccessRecord> Records(const TokenClient& auditor,
                                               const std::string& subject = "",
                                               const std::string& actor = "") {
    v1::ListAccessRecordsRequest request;
    request.set_subject(subject);
    request.set_actor(actor);
    request.set_page_size(1);  // and so over many pages
    std::vector<v1::AccessRecord> records;
    for (;;) {
      const auto page = auditor.Get<v1::ListAccessRecordsResponse>(
          "daybook.v1.AccessService/ListAccessRecords", request);
      records.insert(records.end(), page.records().begin(), page.records().end());
      if (page.next_page_token().empty()) return records;
      request.set_page_token(page.next_page_token());
    }
  }

 private:
  static Settings WithTokens() {
    Settings settings;
    settings.require_tokens = true;
    return settings;
  }

  TestServer server_;
  TokenClient first_;
};

TEST_CASE("an agent sees personal fields, a reader and an auditor that there are some") {
  Shop shop;
  const auto agent =
      shop.With(event::v1::ROLE_AGENT).Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer());
  CHECK(agent.customer().display_name() == "Ada");
  CHECK(agent.customer().identifiers(0).value() == "ada@example.org");
  CHECK(agent.position().redacted_fields() == 0);
  for (const Role role : {event::v1::ROLE_READER, event::v1::ROLE_AUDITOR}) {
    const auto answer =
        shop.With(role).Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer());
    CHECK(answer.customer().display_name().empty());
    CHECK_FALSE(answer.customer().display_name_erased());
    CHECK(answer.customer().identifiers(0).value().empty());
    CHECK(answer.position().redacted_fields() == 3);
  }
}

TEST_CASE("events come clear, redacted or as they are sealed") {
  Shop shop;
  CHECK(Shop::RegisteredAs(shop.With(event::v1::ROLE_AGENT)).display_name().clear() == "Ada");
  CHECK(Shop::RegisteredAs(shop.With(event::v1::ROLE_READER)).display_name().has_redacted());
  CHECK(Shop::RegisteredAs(shop.With(event::v1::ROLE_AUDITOR)).display_name().has_ciphertext());
}

TEST_CASE("accesses are recorded with who, what and why") {
  Shop shop;
  const TokenClient agent = shop.With(event::v1::ROLE_AGENT);
  const TokenClient auditor = shop.With(event::v1::ROLE_AUDITOR);
  agent.Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer(),
                                     {{"daybook-purpose", "service"},
                                      {"daybook-legal-basis", "contract"},
                                      {"daybook-on-behalf-of", "anna"},
                                      {"daybook-request-id", "r1"}});
  shop.With(event::v1::ROLE_READER).Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer());
  const auto records = Shop::Records(auditor, "customers/C1");
  REQUIRE(records.size() == 1);  // who is shown nothing has seen nothing
  const v1::AccessRecord& record = records[0];
  CHECK(record.subject() == "customers/C1");
  CHECK(record.method() == kGetCustomer);
  CHECK(record.outcome() == event::v1::AccessRecorded::OUTCOME_GIVEN);
  CHECK(record.actor().id() == "p-ROLE_AGENT");
  CHECK(record.actor().role() == "agent");
  CHECK(record.actor().on_behalf_of() == "anna");
  CHECK(record.purpose() == "service");
  CHECK(record.legal_basis() == "contract");
  CHECK(record.request_id() == "r1");
  CHECK(record.token_id() == "ROLE_AGENT");
  CHECK(record.fields() == 3);
  CHECK(record.count() == 1);
  REQUIRE(record.classes_size() == 2);
  CHECK(record.classes(0) == event::v1::RETENTION_CLASS_PROFILE);
  CHECK(record.classes(1) == event::v1::RETENTION_CLASS_IDENTIFIER);
}

TEST_CASE("events and subscriptions are accesses too; refusals are recorded; filters find them") {
  Shop shop;
  const TokenClient agent = shop.With(event::v1::ROLE_AGENT);
  const TokenClient auditor = shop.With(event::v1::ROLE_AUDITOR);
  Shop::RegisteredAs(agent);
  v1::SubscribeRequest subscribe;
  subscribe.add_entities("customers/C1");
  CHECK(agent.Ask("daybook.v1.LedgerService/Subscribe", subscribe).told == Told{});
  const TokenClient importer = shop.With(event::v1::ROLE_IMPORTER);
  CHECK(importer.Ask(kGetCustomer, Shop::Customer()).told.code == StatusCode::PERMISSION_DENIED);
  CHECK(Shop::Records(auditor, "", "p-ROLE_AGENT").size() == 2);
  const auto refused = Shop::Records(auditor, "", "p-ROLE_IMPORTER");
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].outcome() == event::v1::AccessRecorded::OUTCOME_REFUSED);
  CHECK(refused[0].reason() == "PERMISSION_DENIED");
  CHECK(refused[0].method() == kGetCustomer);
  CHECK(Shop::Records(auditor, "customers/C2").empty());
}

TEST_CASE("every access is counted, also through a restart") {
  Shop shop;
  const TokenClient agent = shop.With(event::v1::ROLE_AGENT);
  const TokenClient auditor = shop.With(event::v1::ROLE_AUDITOR);
  const auto count = [&] {
    uint32_t accesses = 0, fields = 0;
    for (const auto& record : Shop::Records(auditor, "customers/C1")) {
      accesses += record.count();
      fields += record.fields();
    }
    CHECK(fields == 3 * accesses);
    return accesses;
  };
  for (int i = 0; i < 7; ++i) agent.Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer());
  CHECK(count() == 7);
  agent.Get<v1::GetCustomerResponse>(kGetCustomer, Shop::Customer());
  shop.server().Restart();  // writes what waits
  CHECK(count() == 8);
}

TEST_CASE("a malformed purpose is refused with its header's name") {
  Shop shop;
  CHECK(shop.With(event::v1::ROLE_AGENT)
            .Ask(kGetCustomer, Shop::Customer(), {{"daybook-purpose", "a b"}})
            .told == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "daybook-purpose"});
}

TEST_CASE("who may not name another actor is told so") {
  Shop shop;
  v1::ChangeLifecycleRequest request;
  request.set_customer("customers/C1");
  request.set_stage(event::v1::LIFECYCLE_STAGE_FORMER);
  request.set_request_id("r");
  request.mutable_provenance()->set_actor_id("somebody");
  CHECK(shop.With(event::v1::ROLE_AGENT)
            .Ask("daybook.v1.CustomerService/ChangeLifecycle", request)
            .told ==
        Told{StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "provenance.actor_id"});
}

}  // namespace
}  // namespace daybook::server
