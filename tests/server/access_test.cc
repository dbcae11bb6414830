// Goal: nobody does what no role of theirs allows, and nobody reaches another tenant's data, by any
// method of any service: both are tried from the descriptors, so a new method is tried as well.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "server/access_rules.h"
#include "server/limits.h"
#include "tests/server/token_client.h"

namespace daybook::server {
namespace {

using event::v1::Role;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::StatusCode;

const Told kDenied{StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED"};
const Told kNoToken{StatusCode::UNAUTHENTICATED, "TOKEN_MISSING"};
const Told kBadToken{StatusCode::UNAUTHENTICATED, "TOKEN_INVALID"};

Settings WithTokens() {
  Settings settings;
  settings.require_tokens = true;
  return settings;
}

struct Method {
  std::string name;  // "daybook.v1.SalesService/RecordOrder"
  const MethodDescriptor* descriptor;
};

// Everything that is served; a service that lacks a method of its proto does not start.
std::vector<Method> AllMethods(TestServer& server) {
  std::vector<Method> methods;
  for (const MethodMetrics& served : server.instance().metrics().methods()) {
    std::string full = served.method();
    full.replace(full.find('/'), 1, ".");
    methods.push_back({served.method(), DescriptorPool::generated_pool()->FindMethodByName(full)});
    REQUIRE(methods.back().descriptor != nullptr);
  }
  REQUIRE(methods.size() > 40);
  return methods;
}

std::vector<Role> AllRoles() {
  std::vector<Role> roles;
  for (int role = event::v1::Role_MIN + 1; role <= event::v1::Role_MAX; ++role) {
    roles.push_back(static_cast<Role>(role));
  }
  return roles;
}

std::unique_ptr<Message> NewRequest(const MethodDescriptor* method) {
  std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                       ->GetPrototype(method->input_type())
                                       ->New());
  // A stream that has nothing to say is to say so soon.
  if (const auto* heartbeat = method->input_type()->FindFieldByName("heartbeat_ms")) {
    request->GetReflection()->SetUInt32(request.get(), heartbeat, kMinHeartbeatMs);
  }
  return request;
}

bool Changes(const MethodDescriptor* method) {
  return method->input_type()->FindFieldByName("request_id") != nullptr ||
         method->name() == "Ingest" || method->name() == "RebuildView";
}

TEST_CASE("every method is refused without a token, and with one that nobody has") {
  TestServer server(WithTokens());
  const TokenClient nobody(&server, "");
  const TokenClient guesser(&server, "daybook_" + std::string(43, 'A'));
  const TokenClient babbler(&server, "daybook_short");
  for (const Method& method : AllMethods(server)) {
    INFO(method.name);
    const auto request = NewRequest(method.descriptor);
    CHECK(nobody.Ask(method.name, *request).told == kNoToken);
    CHECK(babbler.Ask(method.name, *request).told == kNoToken);
    CHECK(guesser.Ask(method.name, *request).told == kBadToken);
  }
}

TEST_CASE("every method is for exactly the roles of its rule") {
  TestServer server(WithTokens());
  const TokenClient first = TokenClient::First(&server);
  for (const Role role : AllRoles()) {
    const TokenClient caller = first.Issue(event::v1::Role_Name(role), {role});
    for (const Method& method : AllMethods(server)) {
      INFO(event::v1::Role_Name(role) << " calls " << method.name);
      const Reply reply = caller.Ask(method.name, *NewRequest(method.descriptor));
      const bool allowed = RolesFor(method.descriptor).Has(role);
      CHECK((reply.told == kDenied) == !allowed);
      CHECK(reply.told.code != StatusCode::UNAUTHENTICATED);
      CHECK(reply.told.code != StatusCode::INTERNAL);
    }
  }
}

TEST_CASE("rules keep to what the roles are for") {
  TestServer server;
  const std::set<std::string> personal = {
      "GetCustomer", "ListCustomers",    "LookupCustomers",     "ListContacts",
      "Subscribe",   "ListEntityEvents", "ListPartitionEvents", "ListAccessRecords"};
  for (const Method& method : AllMethods(server)) {
    INFO(method.name);
    const projections::RoleSet roles = RolesFor(method.descriptor);
    CHECK_FALSE(roles.empty());
    if (Changes(method.descriptor)) {
      CHECK_FALSE(roles.Has(event::v1::ROLE_READER));
      CHECK_FALSE(roles.Has(event::v1::ROLE_AUDITOR));
    }
    if (personal.count(method.descriptor->name()) > 0) {
      CHECK_FALSE(roles.Has(event::v1::ROLE_IMPORTER));
      CHECK_FALSE(roles.Has(event::v1::ROLE_OPERATOR));
    }
  }
}

// A method without a rule.
TEST_CASE("what has no rule is for nobody") {
  google::protobuf::FileDescriptorProto file;
  file.set_name("no_rule.proto");
  file.add_message_type()->set_name("M");
  auto* method = file.add_service()->add_method();
  file.mutable_service(0)->set_name("S");
  method->set_name("Do");
  method->set_input_type("M");
  method->set_output_type("M");
  DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  REQUIRE(built != nullptr);
  CHECK(RolesFor(built->service(0)->method(0)).empty());
  CHECK(RolesForRequest(built->message_type(0)).empty());
}

TEST_CASE("every command of a batch is judged by the rule of its own method") {
  const auto* command = v1::IngestItem::descriptor()->FindOneofByName("command");
  for (int i = 0; i < command->field_count(); ++i) {
    INFO(command->field(i)->name());
    CHECK_FALSE(RolesForRequest(command->field(i)->message_type()).empty());
  }
  TestServer server(WithTokens());
  const TokenClient agent = TokenClient::First(&server).Issue("agent", {event::v1::ROLE_AGENT});
  v1::IngestRequest batch;
  auto* adjust = batch.add_items()->mutable_adjust_points();
  adjust->set_customer("customers/C1");
  adjust->set_request_id("a");
  auto* registered = batch.add_items()->mutable_register_customer();
  registered->set_customer("customers/C1");
  registered->set_request_id("r");
  registered->set_kind(event::v1::CUSTOMER_KIND_PERSON);
  const auto answer = agent.Get<v1::IngestResponse>("daybook.v1.IngestService/Ingest", batch);
  CHECK(answer.accepted() == 1);
  REQUIRE(answer.refusals_size() == 1);
  CHECK(answer.refusals(0).item() == 0);
  CHECK(answer.refusals(0).reason() == "PERMISSION_DENIED");
}

TEST_CASE("the first token is the owner's to read, stays, and comes again when none is left") {
  TestServer server(WithTokens());
  const std::string path = server.directory() + "/data/admin.token";
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const TokenClient first = TokenClient::First(&server);
  const std::string list = "daybook.v1.AccessService/ListAccessTokens";
  const auto before = first.Get<v1::ListAccessTokensResponse>(list, v1::ListAccessTokensRequest());
  REQUIRE(before.tokens_size() == 1);
  server.Restart();
  CHECK(first.Ask(list, v1::ListAccessTokensRequest()).told == Told{});

  v1::RevokeAccessTokenRequest revoke;
  revoke.set_token_id(before.tokens(0).token_id());
  revoke.set_request_id("revoke");
  first.Get<v1::RevokeAccessTokenResponse>("daybook.v1.AccessService/RevokeAccessToken", revoke);
  CHECK(first.Ask(list, v1::ListAccessTokensRequest()).told == kBadToken);
  server.Restart();
  CHECK(first.Ask(list, v1::ListAccessTokensRequest()).told == kBadToken);
  const auto after = TokenClient::First(&server).Get<v1::ListAccessTokensResponse>(
      list, v1::ListAccessTokensRequest());
  CHECK(after.tokens_size() == 2);
}

TEST_CASE("a revoked token ends at once, also a subscription that it began") {
  TestServer server(WithTokens());
  const TokenClient first = TokenClient::First(&server);
  const std::string token = "reader";
  const TokenClient reader = first.Issue(token, {event::v1::ROLE_READER});
  const std::string ping = "daybook.v1.LedgerService/Ping";
  CHECK(reader.Ask(ping, v1::PingRequest()).told == Told{});
  v1::RevokeAccessTokenRequest revoke;
  revoke.set_token_id(token);
  revoke.set_request_id("revoke");
  first.Get<v1::RevokeAccessTokenResponse>("daybook.v1.AccessService/RevokeAccessToken", revoke);
  CHECK(reader.Ask(ping, v1::PingRequest()).told == kBadToken);
  CHECK(reader.Ask("daybook.v1.LedgerService/Subscribe", v1::SubscribeRequest()).told == kBadToken);
}

TEST_CASE("administrators do not make operators, nor become one") {
  TestServer server(WithTokens());
  const TokenClient first = TokenClient::First(&server);
  const TokenClient admin = first.Issue("admin", {event::v1::ROLE_ADMIN});
  v1::IssueAccessTokenRequest issue;
  issue.set_token_id("mine");
  issue.set_principal("me");
  issue.set_request_id("mine");
  issue.add_roles(event::v1::ROLE_OPERATOR);
  issue.set_token_sha256(std::string(32, 'x'));
  Told denied = kDenied;
  denied.field = "roles";
  CHECK(admin.Ask("daybook.v1.AccessService/IssueAccessToken", issue).told == denied);
  const auto tokens = admin.Get<v1::ListAccessTokensResponse>(
      "daybook.v1.AccessService/ListAccessTokens", v1::ListAccessTokensRequest());
  v1::RotateAccessTokenRequest rotate;
  rotate.set_request_id("rotate");
  rotate.set_token_sha256(std::string(32, 'y'));
  for (const auto& token : tokens.tokens()) {
    if (token.token_id() != "admin") rotate.set_token_id(token.token_id());
  }
  denied.field = "token_id";
  CHECK(admin.Ask("daybook.v1.AccessService/RotateAccessToken", rotate).told == denied);
}

}  // namespace
}  // namespace daybook::server
