// Goal: what a tenant has is reached by nobody of another one: not by an id, a name, a page token,
// a position, a request id or an import session, in any method.
#include <catch2/catch.hpp>

#include "server/limits.h"
#include "tests/server/token_client.h"

namespace daybook::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using grpc::StatusCode;

// Stands in everything of tenant main that is no name, and in nothing that is asked.
constexpr char kSecret[] = "SECRET";

class TwoTenants {
 public:
  TwoTenants() : server_(WithTokens()), main_(TokenClient::First(&server_)), other_(MakeOther()) {
    FillMain();
  }

  TestServer& server() { return server_; }
  const TokenClient& main() const { return main_; }    // admin and operator
  const TokenClient& other() const { return other_; }  // every role that the other tenant may have

 private:
  static Settings WithTokens() {
    Settings settings;
    settings.require_tokens = true;
    return settings;
  }

  TokenClient MakeOther() {
    v1::CreateTenantRequest create;
    create.set_tenant("tenants/other");
    create.set_zone("Europe/London");
    create.set_currency("GBP");
    create.set_language("en-GB");
    create.set_request_id("create");
    main_.Get<v1::CreateTenantResponse>("daybook.v1.TenantService/CreateTenant", create);
    return main_.Issue("all",
                       {event::v1::ROLE_READER, event::v1::ROLE_AGENT, event::v1::ROLE_IMPORTER,
                        event::v1::ROLE_ADMIN, event::v1::ROLE_AUDITOR},
                       "tenants/other");
  }

  void FillMain() {
    for (const char* id : {"C1", "C2"}) {
      v1::RegisterCustomerRequest customer;
      customer.set_customer(std::string("customers/") + id);
      customer.set_kind(event::v1::CUSTOMER_KIND_PERSON);
      customer.set_display_name(kSecret);
      customer.set_origin(kSecret);
      customer.set_request_id("register");
      auto* phone = customer.add_identifiers();
      phone->set_kind(event::v1::IDENTIFIER_KIND_EMAIL);
      phone->set_value("secret@example.org");
      phone->set_shared(true);
      main_.Get<v1::RegisterCustomerResponse>("daybook.v1.CustomerService/RegisterCustomer",
                                              customer);
    }
    for (const char* id : {"o1", "o2"}) {
      v1::RecordOrderRequest order = MakeOrder("C1", id, 100);
      order.mutable_lines(0)->set_product(kSecret);
      main_.Get<v1::RecordOrderResponse>("daybook.v1.SalesService/RecordOrder", order);
      v1::RecordContactRequest contact;
      contact.set_customer("customers/C1");
      contact.set_contact_id(id);
      contact.set_channel(event::v1::CONTACT_CHANNEL_PHONE);
      contact.set_direction(event::v1::CONTACT_DIRECTION_INBOUND);
      contact.set_purpose(event::v1::CONTACT_PURPOSE_SERVICE);
      contact.set_disposition(event::v1::CONTACT_DISPOSITION_REACHED);
      contact.set_note(kSecret);
      contact.set_request_id(std::string("contact-") + id);
      main_.Get<v1::RecordContactResponse>("daybook.v1.ContactService/RecordContact", contact);
    }
    v1::OpenImportSessionRequest session;
    session.set_session_id("s1");
    session.set_source(kSecret);
    session.set_request_id("session");
    main_.Get<v1::OpenImportSessionResponse>("daybook.v1.ImportService/OpenImportSession", session);
  }

  TestServer server_;
  TokenClient main_;
  TokenClient other_;
};

// Names what tenant main has, in every field that can name it.
void NameEverything(Message* request) {
  const std::map<std::string, std::string> names = {
      {"customer", "customers/C1"}, {"order", "customers/C1/orders/o1"}, {"entity", "customers/C1"},
      {"subject", "customers/C1"},  {"programme", "programmes/main"},    {"session_id", "s1"},
      {"view", "views/profiles"},   {"tenant", "tenants/main"}};
  const auto* reflection = request->GetReflection();
  for (int i = 0; i < request->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = request->GetDescriptor()->field(i);
    if (field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING) continue;
    const auto name = names.find(field->name());
    if (name != names.end()) reflection->SetString(request, field, name->second);
  }
  if (auto* lookup = dynamic_cast<v1::LookupCustomersRequest*>(request)) {
    lookup->mutable_identifier()->set_kind(event::v1::IDENTIFIER_KIND_EMAIL);
    lookup->mutable_identifier()->set_value("secret@example.org");
  }
}

// Sets the first of these string fields that the request has; false if it has none.
bool SetToken(Message* request, const char* name, const std::string& token) {
  const auto* field = request->GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  request->GetReflection()->SetString(request, field, token);
  return true;
}

std::vector<const google::protobuf::MethodDescriptor*> Reads(TestServer& server) {
  std::vector<const google::protobuf::MethodDescriptor*> reads;
  for (const MethodMetrics& served : server.instance().metrics().methods()) {
    std::string name = served.method();
    name.replace(name.find('/'), 1, ".");
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    if (method->input_type()->FindFieldByName("request_id") == nullptr &&
        !method->client_streaming()) {
      reads.push_back(method);
    }
  }
  return reads;
}

std::string PathOf(const google::protobuf::MethodDescriptor* method) {
  return method->service()->full_name() + "/" + method->name();
}

std::unique_ptr<Message> NewRequest(const google::protobuf::MethodDescriptor* method) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()
                                      ->GetPrototype(method->input_type())
                                      ->New());
}

void CheckTellsNothing(const Reply& reply) {
  CHECK(reply.bytes.find(kSecret) == std::string::npos);
  CHECK(reply.message.find(kSecret) == std::string::npos);
  CHECK(reply.told.code != StatusCode::INTERNAL);
  CHECK(reply.told.code != StatusCode::DATA_LOSS);
}

TEST_CASE("no read by name shows another tenant's data") {
  TwoTenants world;
  int shown = 0;
  for (const auto* method : Reads(world.server())) {
    if (method->server_streaming()) continue;  // has a test of its own
    INFO(method->full_name());
    const auto request = NewRequest(method);
    NameEverything(request.get());
    const Reply own = world.main().Ask(PathOf(method), *request);
    shown += own.bytes.find(kSecret) != std::string::npos ? 1 : 0;
    const Reply foreign = world.other().Ask(PathOf(method), *request);
    CheckTellsNothing(foreign);
    // Who names another tenant is refused, whether it is there or not.
    if (request->GetDescriptor()->FindFieldByName("tenant") != nullptr) {
      CHECK(foreign.told == Told{StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "tenant"});
      SetToken(request.get(), "tenant", "tenants/none");
      CHECK(world.other().Ask(PathOf(method), *request).told == foreign.told);
    }
  }
  CHECK(shown >= 5);  // the same requests show it to its own people
}

TEST_CASE("no list of partitions shows another tenant's data") {
  TwoTenants world;
  bool shown = false;
  const uint32_t last = world.server().instance().engine().ledger().info().entity_partitions;
  for (uint32_t partition = 0; partition <= last; ++partition) {
    v1::ListPartitionEventsRequest request;
    request.set_partition(partition);
    const std::string path = "daybook.v1.LedgerService/ListPartitionEvents";
    shown |= world.main().Ask(path, request).bytes.find(kSecret) != std::string::npos;
    CheckTellsNothing(world.other().Ask(path, request));
  }
  CHECK(shown);
}

TEST_CASE("a page token is nothing in another tenant's hands") {
  TwoTenants world;
  int tried = 0;
  for (const auto* method : Reads(world.server())) {
    const auto request = NewRequest(method);
    const auto* size = request->GetDescriptor()->FindFieldByName("page_size");
    const auto* next = method->output_type()->FindFieldByName("next_page_token");
    if (size == nullptr || next == nullptr) continue;
    INFO(method->full_name());
    NameEverything(request.get());
    request->GetReflection()->SetInt32(request.get(), size, 1);
    const Reply own = world.main().Ask(PathOf(method), *request);
    std::unique_ptr<Message> answer(google::protobuf::MessageFactory::generated_factory()
                                        ->GetPrototype(method->output_type())
                                        ->New());
    if (own.told != Told{} || !answer->ParseFromString(own.bytes)) continue;
    const std::string token = answer->GetReflection()->GetString(*answer, next);
    if (token.empty()) continue;
    ++tried;
    SetToken(request.get(), "page_token", token);
    CHECK(world.main().Ask(PathOf(method), *request).told == Told{});
    const Reply foreign = world.other().Ask(PathOf(method), *request);
    CheckTellsNothing(foreign);
    CHECK(foreign.told.code != StatusCode::OK);
  }
  CHECK(tried >= 3);
}

TEST_CASE("a subscription from another tenant's position shows nothing of it") {
  TwoTenants world;
  const auto ledger = world.main().Get<v1::GetLedgerResponse>("daybook.v1.LedgerService/GetLedger",
                                                              v1::GetLedgerRequest());
  for (const std::string& after : {std::string(), ledger.position_token()}) {
    v1::SubscribeRequest request;
    request.set_after(after);
    request.set_heartbeat_ms(kMinHeartbeatMs);
    CheckTellsNothing(world.other().Ask("daybook.v1.LedgerService/Subscribe", request));
    request.add_entities("customers/C1");
    CheckTellsNothing(world.other().Ask("daybook.v1.LedgerService/Subscribe", request));
  }
}

TEST_CASE("ids are each tenant's own: the same ones mean other things") {
  TwoTenants world;
  v1::RecordOrderRequest order = MakeOrder("C1", "o1", 900);  // main used every id of it
  const auto first =
      world.other().Get<v1::RecordOrderResponse>("daybook.v1.SalesService/RecordOrder", order);
  CHECK(first.receipt().event_ids_size() > 0);
  v1::GetOrderRequest get;
  get.set_order("customers/C1/orders/o1");
  const Reply shown = world.other().Ask("daybook.v1.SalesService/GetOrder", get);
  CheckTellsNothing(shown);
  CHECK(shown.told == Told{});

  order.set_order_id("o9");
  order.set_request_id("o9");
  order.mutable_provenance()->set_import_session("s1");
  order.mutable_provenance()->mutable_occurred_at()->set_seconds(1'000'000'000);
  CHECK(world.other().Ask("daybook.v1.SalesService/RecordOrder", order).told ==
        Told{StatusCode::NOT_FOUND, "IMPORT_SESSION_UNKNOWN", "provenance.import_session"});
}

TEST_CASE("operators see all tenants; a tenant is made once") {
  TwoTenants world;
  const auto list = world.main().Get<v1::ListTenantsResponse>(
      "daybook.v1.TenantService/ListTenants", v1::ListTenantsRequest());
  REQUIRE(list.tenants_size() == 2);
  CHECK(list.tenants(0).name() == "tenants/main");
  CHECK(list.tenants(1).name() == "tenants/other");
  CHECK(list.tenants(1).zone() == "Europe/London");
  v1::CreateTenantRequest again;
  again.set_tenant("tenants/other");
  again.set_zone("UTC");
  again.set_currency("EUR");
  again.set_language("de");
  again.set_request_id("again");
  CHECK(world.main().Ask("daybook.v1.TenantService/CreateTenant", again).told ==
        Told{StatusCode::ALREADY_EXISTS, "TENANT_EXISTS", "tenant"});
  v1::IssueAccessTokenRequest issue;
  issue.set_tenant("tenants/none");
  issue.set_token_id("t");
  issue.set_principal("p");
  issue.set_request_id("t");
  issue.add_roles(event::v1::ROLE_READER);
  issue.set_token_sha256(std::string(32, 'x'));
  CHECK(world.main().Ask("daybook.v1.AccessService/IssueAccessToken", issue).told ==
        Told{StatusCode::NOT_FOUND, "TENANT_UNKNOWN", "tenant"});
}

}  // namespace
}  // namespace daybook::server
