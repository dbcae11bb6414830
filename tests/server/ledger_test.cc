// Goal: what is recorded can be read back event by event, and a subscriber sees every commit that
// its filter lets pass exactly once and in order, from history into live, across a restart.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <thread>

#include "daybook/event/v1/contacts.pb.h"
#include "daybook/event/v1/customers.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

using grpc::StatusCode;

std::string Customer(int i) { return "C" + std::to_string(i); }

void Order(TestServer& server, int customer, int order) {
  const std::string id = Customer(customer) + "-" + std::to_string(order);
  server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder(Customer(customer), id, 100));
}

// One open subscription.
class Subscriber {
 public:
  Subscriber(TestServer& server, const v1::SubscribeRequest& request) : stub_(server.channel()) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_.Subscribe(&context_, request);
  }
  ~Subscriber() {
    context_.TryCancel();
    if (!ended_) End();
  }

  // The next message with events; checks that nothing was left out before it.
  v1::SubscribeResponse Next() {
    v1::SubscribeResponse message;
    do {
      REQUIRE(reader_->Read(&message));
    } while (message.events().empty());
    CHECK(message.previous_sequence() == last_[message.partition()]);
    CHECK(message.sequence() > message.previous_sequence());
    last_[message.partition()] = message.sequence();
    return message;
  }
  v1::SubscribeResponse NextHeartbeat() {
    v1::SubscribeResponse message;
    do {
      REQUIRE(reader_->Read(&message));
    } while (!message.events().empty());
    return message;
  }
  // Reads to the end and says how it ended.
  Told End() {
    v1::SubscribeResponse ignored;
    while (reader_->Read(&ignored)) {
    }
    ended_ = true;
    return ToldBy(reader_->Finish());
  }

 private:
  v1::LedgerService::Stub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> reader_;
  std::map<uint32_t, uint64_t> last_;
  bool ended_ = false;
};

std::set<std::string> OrdersIn(const v1::SubscribeResponse& message) {
  std::set<std::string> orders;
  for (const auto& event : message.events()) {
    event::v1::OrderCompleted order;
    if (event.payload().UnpackTo(&order)) orders.insert(order.order_id());
  }
  return orders;
}

TEST_CASE("the ledger says what it is") {
  TestServer server;
  server.PublishProgramme();
  const auto before = server.Get(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  CHECK(before.ledger_id().size() == 32);
  CHECK(before.partitions_size() == 33);
  CHECK(before.partitions(0).last_sequence() == 1);
  server.Restart();
  const auto after = server.Get(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  CHECK(after.ledger_id() == before.ledger_id());
  CHECK(after.partitions(0).term() == before.partitions(0).term() + 1);
}

TEST_CASE("events of an entity, in pages, opened for their reader") {
  TestServer server;
  server.PublishProgramme();
  v1::RegisterCustomerRequest registration;
  registration.set_customer("customers/C1");
  registration.set_kind(event::v1::CUSTOMER_KIND_PERSON);
  registration.set_display_name("Ann Example");
  registration.set_request_id("register");
  registration.mutable_provenance()->set_source("shop");
  registration.mutable_provenance()->set_source_event_id("4711");
  server.Get(&v1::CustomerService::Stub::RegisterCustomer, registration);
  for (int i = 0; i < 3; ++i) Order(server, 1, i);

  v1::ListEntityEventsRequest request;
  request.set_entity("customers/C1");
  const auto all = server.Get(&v1::LedgerService::Stub::ListEntityEvents, request);
  REQUIRE(all.events_size() > 4);
  CHECK(all.next_page_token().empty());
  const auto& first = all.events(0);
  CHECK(first.type() == event::v1::EVENT_TYPE_CUSTOMER_REGISTERED);
  CHECK(first.request_id() == "register");
  CHECK(first.source() == "shop");
  CHECK(first.source_event_id() == "4711");
  CHECK(first.context().actor().role() == "admin");
  event::v1::CustomerRegistered registered;
  REQUIRE(first.payload().UnpackTo(&registered));
  CHECK(registered.display_name().clear() == "Ann Example");

  request.set_page_size(2);
  std::vector<std::string> ids;
  do {
    const auto page = server.Get(&v1::LedgerService::Stub::ListEntityEvents, request);
    CHECK(page.events_size() <= 2);
    for (const auto& event : page.events()) ids.push_back(event.event_id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  REQUIRE(ids.size() == static_cast<size_t>(all.events_size()));
  for (int i = 0; i < all.events_size(); ++i) CHECK(ids[i] == all.events(i).event_id());

  v1::ListEntityEventsResponse ignored;
  request.set_entity("customers/nobody");
  CHECK(ToldBy(server.Call(&v1::LedgerService::Stub::ListEntityEvents, request, &ignored)) ==
        Told{StatusCode::NOT_FOUND, "NOT_FOUND", "entity"});
  request.set_entity("nobody");
  CHECK(ToldBy(server.Call(&v1::LedgerService::Stub::ListEntityEvents, request, &ignored)) ==
        Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "entity"});
  request.set_entity("tenant");
  CHECK(server.Get(&v1::LedgerService::Stub::ListEntityEvents, request).events_size() == 1);
}

TEST_CASE("events of a partition, page by page") {
  TestServer server;
  server.PublishProgramme();
  for (int i = 0; i < 5; ++i) Order(server, 1, i);
  const auto state = server.Get(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  v1::ListPartitionEventsRequest request;
  for (const auto& partition : state.partitions()) {
    if (partition.partition() > 0 && partition.last_sequence() > 0) {
      request.set_partition(partition.partition());
    }
  }
  request.set_page_size(2);
  uint64_t commits = 0, last = 0;
  for (;;) {
    const auto page = server.Get(&v1::LedgerService::Stub::ListPartitionEvents, request);
    for (const auto& event : page.events()) {
      if (event.sequence() != last) ++commits;
      last = event.sequence();
    }
    if (page.next_sequence() == 0) break;
    CHECK(page.next_sequence() == last + 1);
    request.set_from_sequence(page.next_sequence());
  }
  CHECK(commits == 5);
  request.set_partition(77);
  v1::ListPartitionEventsResponse ignored;
  CHECK(ToldBy(server.Call(&v1::LedgerService::Stub::ListPartitionEvents, request, &ignored)) ==
        Told{StatusCode::NOT_FOUND, "NOT_FOUND", "partition"});
}

TEST_CASE("a subscriber goes from history into live without a gap") {
  TestServer server;
  server.PublishProgramme();
  constexpr int kCustomers = 7, kBefore = 6, kAfter = 20;
  std::set<std::string> expected;
  for (int i = 0; i < kBefore; ++i) Order(server, i % kCustomers, i);
  Subscriber subscriber(server, {});
  std::thread writer([&] {
    for (int i = kBefore; i < kBefore + kAfter; ++i) Order(server, i % kCustomers, i);
  });
  std::set<std::string> seen;
  std::string token;
  while (seen.size() < kBefore + kAfter) {
    const auto message = subscriber.Next();
    for (const std::string& order : OrdersIn(message)) CHECK(seen.insert(order).second);
    token = message.position_token();
  }
  writer.join();

  // Whoever goes on from a token sees only what came after it, also in another process.
  server.Restart();
  Order(server, 1, 1000);
  v1::SubscribeRequest request;
  request.set_after(token);
  Subscriber next(server, request);
  CHECK(OrdersIn(next.Next()) == std::set<std::string>{"C1-1000"});
}

TEST_CASE("a subscriber gets what the filter lets pass") {
  TestServer server;
  server.PublishProgramme();
  for (int i = 0; i < 6; ++i) Order(server, i % 3, i);
  v1::SubscribeRequest request;
  SECTION("by entity") {
    request.add_entities("customers/C1");
    Subscriber subscriber(server, request);
    CHECK(OrdersIn(subscriber.Next()).contains("C1-1"));
    CHECK(OrdersIn(subscriber.Next()).contains("C1-4"));
    Order(server, 1, 7);
    CHECK(OrdersIn(subscriber.Next()).contains("C1-7"));
  }
  SECTION("by type") {
    request.add_types(event::v1::EVENT_TYPE_PROGRAMME_PUBLISHED);
    Subscriber subscriber(server, request);
    const auto message = subscriber.Next();
    REQUIRE(message.events_size() == 1);
    CHECK(message.events(0).type() == event::v1::EVENT_TYPE_PROGRAMME_PUBLISHED);
    CHECK(message.partition() == 0);
  }
  SECTION("by partition") {
    request.add_partitions(0);
    Subscriber subscriber(server, request);
    CHECK(subscriber.Next().partition() == 0);
  }
  SECTION("from the end") {
    request.set_from_end(true);
    request.set_heartbeat_ms(100);
    Subscriber subscriber(server, request);
    const auto heartbeat = subscriber.NextHeartbeat();
    CHECK(heartbeat.caught_up());
    CHECK_FALSE(heartbeat.position_token().empty());
    Order(server, 2, 8);
    CHECK(OrdersIn(subscriber.Next()) == std::set<std::string>{"C2-8"});
  }
}

TEST_CASE("a subscription that cannot be says why") {
  TestServer server;
  const auto told = [&](const v1::SubscribeRequest& request) {
    return Subscriber(server, request).End();
  };
  v1::SubscribeRequest request;
  request.set_after("AQGy");
  CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "POSITION_TOKEN_INVALID", "after"});
  request.set_from_end(true);
  CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "FIELDS_EXCLUSIVE", "from_end"});
  request.Clear();
  request.add_entities("customers/C1");
  request.add_entities("C2");
  CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "entities[1]"});
  request.Clear();
  request.add_partitions(1000);
  CHECK(told(request) == Told{StatusCode::NOT_FOUND, "NOT_FOUND", "partitions[0]"});
  request.Clear();
  request.set_heartbeat_ms(1);
  CHECK(told(request) == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "heartbeat_ms"});
}

TEST_CASE("a subscription ends with a reason when the server stops") {
  TestServer server;
  Subscriber subscriber(server, {});
  std::thread stopper([&] { server.instance().Drain(std::chrono::milliseconds(1000)); });
  CHECK(subscriber.End() == Told{StatusCode::UNAVAILABLE, "SHUTTING_DOWN", "", true});
  stopper.join();
}

}  // namespace
}  // namespace daybook::server
