// Goal: what a client of single calls relies on, over a real port and a real directory: an order
// pays points, survives a restart, happens once however often it is asked, and every refusal says
// its reason and its field.
#include <catch2/catch.hpp>

#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

using grpc::StatusCode;

TEST_CASE("an order pays points and is there after a restart") {
  TestServer server;
  server.PublishProgramme();
  v1::RecordOrderResponse answer;
  REQUIRE(
      server.Call(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 1250), &answer).ok());
  CHECK(answer.order() == "customers/C1/orders/o1");
  REQUIRE(answer.earned_size() == 1);
  CHECK(answer.earned(0).points() == 12);  // 12.5, half to even
  CHECK(answer.receipt().event_ids_size() >= 2);
  CHECK(server.BalanceOf("C1").active() == 12);

  server.Restart();
  CHECK(server.BalanceOf("C1").active() == 12);
  v1::RecordOrderResponse again;
  REQUIRE(
      server.Call(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 1250), &again).ok());
  CHECK(again.SerializeAsString() == answer.SerializeAsString());
  CHECK(server.BalanceOf("C1").active() == 12);
}

TEST_CASE("a request id stands for one request") {
  TestServer server;
  server.PublishProgramme();
  server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 1000));
  v1::RecordOrderRequest other = MakeOrder("C1", "o1", 2000);
  v1::RecordOrderResponse answer;
  CHECK(ToldBy(server.Call(&v1::SalesService::Stub::RecordOrder, other, &answer)) ==
        Told{StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED", "request_id"});
  other.set_request_id("another");
  CHECK(ToldBy(server.Call(&v1::SalesService::Stub::RecordOrder, other, &answer)) ==
        Told{StatusCode::ALREADY_EXISTS, "ORDER_EXISTS", "order_id"});
  CHECK(server.BalanceOf("C1").active() == 10);
}

TEST_CASE("the largest order under the most rules is recorded, with room for what it earns") {
  TestServer server;
  server.PublishProgramme();
  v1::GetProgrammeRequest get;
  get.set_programme("programmes/main");
  v1::PublishProgrammeRequest publish;
  publish.set_request_id("many-rules");
  *publish.mutable_programme() =
      server.Get(&v1::PolicyService::Stub::GetProgramme, get).programme();
  auto& programme = *publish.mutable_programme();
  programme.clear_version();
  while (programme.earn_rules_size() < 200) {
    *programme.add_earn_rules() = programme.earn_rules(0);
    const std::string number = std::to_string(programme.earn_rules_size());
    programme.mutable_earn_rules()->rbegin()->set_rule_id(number +
                                                          std::string(64 - number.size(), 'r'));
  }
  server.Get(&v1::PolicyService::Stub::PublishProgramme, publish);

  v1::RecordOrderRequest order = MakeOrder("C1", std::string(64, 'o'), 99'999'999);
  order.set_request_id("large");
  while (order.lines_size() < 2500) *order.add_lines() = order.lines(0);
  const auto named = [&order](size_t bytes) {
    for (auto& line : *order.mutable_lines()) line.set_name(std::string(bytes, 'n'));
    return order;
  };
  v1::RecordOrderResponse answer;
  CHECK(ToldBy(server.Call(&v1::SalesService::Stub::RecordOrder, named(40), &answer)) ==
        Told{StatusCode::INVALID_ARGUMENT, "COMMIT_TOO_LARGE", "lines"});
  size_t bytes = 40;  // the most that goes
  Told told;
  do {
    told = ToldBy(server.Call(&v1::SalesService::Stub::RecordOrder, named(--bytes), &answer));
    if (told.code != StatusCode::OK) CHECK(told.field == "lines");
  } while (told.code != StatusCode::OK && bytes > 1);
  CHECK(bytes > 20);
  CHECK(server.BalanceOf("C1").active() > 0);
}

TEST_CASE("bad input is refused with reason and field") {
  TestServer server;
  server.PublishProgramme();
  const auto told = [&](const v1::RecordOrderRequest& request) {
    v1::RecordOrderResponse answer;
    return ToldBy(server.Call(&v1::SalesService::Stub::RecordOrder, request, &answer));
  };
  v1::RecordOrderRequest request = MakeOrder("C1", "o1", 1000);
  SECTION("no customer") {
    request.clear_customer();
    CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "CUSTOMER_MISSING", "customer"});
  }
  SECTION("no units") {
    *request.add_lines() = request.lines(0);
    request.mutable_lines(1)->set_units(0);
    CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "lines[1].units"});
  }
  SECTION("an unknown currency") {
    request.set_currency("XYZ");
    CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "CURRENCY_UNKNOWN", "currency"});
  }
  SECTION("no request id") {
    request.clear_request_id();
    CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "FIELD_REQUIRED", "request_id"});
  }
  SECTION("a far future") {
    request.mutable_provenance()->mutable_occurred_at()->set_seconds(4'000'000'000);
    CHECK(told(request) ==
          Told{StatusCode::INVALID_ARGUMENT, "INSTANT_OUT_OF_RANGE", "provenance.occurred_at"});
  }
  SECTION("an import session that nobody opened") {
    request.mutable_provenance()->set_import_session("nobody");
    request.mutable_provenance()->mutable_occurred_at()->set_seconds(1'300'000'000);
    CHECK(told(request) ==
          Told{StatusCode::NOT_FOUND, "IMPORT_SESSION_UNKNOWN", "provenance.import_session"});
  }
  v1::GetBalanceRequest balance;
  balance.set_customer("customers/C1");
  balance.set_programme("programmes/nope");
  v1::GetBalanceResponse ignored;
  CHECK(ToldBy(server.Call(&v1::LoyaltyService::Stub::GetBalance, balance, &ignored)) ==
        Told{StatusCode::NOT_FOUND, "PROGRAMME_UNKNOWN", "programme"});
  balance.set_programme("programmes/main");
  CHECK(ToldBy(server.Call(&v1::LoyaltyService::Stub::GetBalance, balance, &ignored)) ==
        Told{StatusCode::FAILED_PRECONDITION, "NOT_ENROLLED", "programme"});
}

TEST_CASE("checking an order records nothing") {
  TestServer server;
  server.PublishProgramme();
  server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 1000));
  v1::RecordOrderRequest request = MakeOrder("C1", "o2", 500);
  request.set_validate_only(true);
  const auto answer = server.Get(&v1::SalesService::Stub::RecordOrder, request);
  REQUIRE(answer.earned_size() == 1);
  CHECK(answer.earned(0).points() == 5);
  CHECK(answer.receipt().event_ids().empty());
  v1::QuoteOrderRequest quote;
  *quote.mutable_order() = MakeOrder("C1", "o3", 700);
  quote.mutable_order()->clear_request_id();
  const auto quoted = server.Get(&v1::LoyaltyService::Stub::QuoteOrder, quote);
  REQUIRE(quoted.earned_size() == 1);
  CHECK(quoted.earned(0).points() == 7);
  CHECK(server.BalanceOf("C1").active() == 10);
}

TEST_CASE("a balance as of an instant, and as known at one") {
  TestServer server;
  server.PublishProgramme();
  v1::RecordOrderRequest first = MakeOrder("C1", "o1", 1000);
  first.mutable_provenance()->mutable_occurred_at()->set_seconds(1'600'000'000);
  const auto recorded = server.Get(&v1::SalesService::Stub::RecordOrder, first);
  v1::RecordOrderRequest second = MakeOrder("C1", "o2", 500);
  second.mutable_provenance()->mutable_occurred_at()->set_seconds(1'700'000'000);
  server.Get(&v1::SalesService::Stub::RecordOrder, second);

  v1::GetBalanceRequest request;
  request.set_customer("customers/C1");
  request.set_programme("programmes/main");
  const auto active = [&] {
    return server.Get(&v1::LoyaltyService::Stub::GetBalance, request).balance().active();
  };
  CHECK(active() == 15);
  request.mutable_read()->mutable_as_of()->set_seconds(1'650'000'000);
  CHECK(active() == 10);
  request.mutable_read()->clear_as_of();
  *request.mutable_read()->mutable_known_at() = recorded.receipt().recorded_at();
  CHECK(active() == 10);
  request.mutable_read()->clear_known_at();
  request.mutable_read()->set_at_least(recorded.receipt().position_token());
  CHECK(active() == 15);
}

TEST_CASE("pages follow one another and belong to their query") {
  TestServer server;
  server.PublishProgramme();
  for (int i = 0; i < 5; ++i) {
    const std::string order = "o" + std::to_string(i);
    server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", order, 100));
  }
  v1::ListOrdersRequest request;
  request.set_customer("customers/C1");
  request.set_page_size(2);
  std::vector<std::string> names;
  for (int page = 0; page < 3; ++page) {
    const auto answer = server.Get(&v1::SalesService::Stub::ListOrders, request);
    for (const auto& order : answer.orders()) names.push_back(order.name());
    request.set_page_token(answer.next_page_token());
    CHECK(answer.next_page_token().empty() == (page == 2));
  }
  CHECK(names.size() == 5);
  request.set_page_token("AQGy");
  v1::ListOrdersResponse ignored;
  CHECK(ToldBy(server.Call(&v1::SalesService::Stub::ListOrders, request, &ignored)) ==
        Told{StatusCode::INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", "page_token"});
}

TEST_CASE("a contact's note comes back as it was said") {
  TestServer server;
  server.PublishProgramme();
  server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 100));
  v1::RecordContactRequest request;
  request.set_customer("customers/C1");
  request.set_contact_id("k1");
  request.set_channel(static_cast<event::v1::ContactChannel>(1));
  request.set_direction(static_cast<event::v1::ContactDirection>(1));
  request.set_purpose(static_cast<event::v1::ContactPurpose>(1));
  request.set_disposition(static_cast<event::v1::ContactDisposition>(1));
  request.set_note("asked for a blue one");
  request.set_request_id("contact-k1");
  server.Get(&v1::ContactService::Stub::RecordContact, request);
  server.Restart();
  v1::ListContactsRequest list;
  list.set_customer("customers/C1");
  const auto answer = server.Get(&v1::ContactService::Stub::ListContacts, list);
  REQUIRE(answer.contacts_size() == 1);
  CHECK(answer.contacts(0).note() == "asked for a blue one");
}

}  // namespace
}  // namespace daybook::server
