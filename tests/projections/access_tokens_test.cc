// Goal: a token is good from its issue to its end and not a moment longer, for its own tenant, and
// neither its id nor its secret is ever given out again.
#include "projections/engine/access_tokens.h"

#include <catch2/catch.hpp>

#include "daybook/v1/access.pb.h"
#include "daybook/v1/tenants.pb.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Outcome;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

constexpr char kNow[] = "2026-03-01T12:00:00Z";
constexpr char kLater[] = "2026-03-02T12:00:00Z";
constexpr char kMuchLater[] = "2036-03-02T12:00:00Z";

ledger::Bytes32 Hash(char fill) {
  ledger::Bytes32 hash;
  hash.fill(static_cast<uint8_t>(fill));
  return hash;
}

v1::IssueAccessTokenRequest Issue(const std::string& id, char secret) {
  v1::IssueAccessTokenRequest request;
  request.set_token_id(id);
  request.set_principal("desk-1");
  request.add_roles(ev::ROLE_ADMIN);
  request.add_roles(ev::ROLE_READER);
  request.set_token_sha256(std::string(32, secret));
  return request;
}

v1::RotateAccessTokenRequest Rotate(const std::string& id, char secret) {
  v1::RotateAccessTokenRequest request;
  request.set_token_id(id);
  request.set_token_sha256(std::string(32, secret));
  return request;
}

v1::RevokeAccessTokenRequest Revoke(const std::string& id) {
  v1::RevokeAccessTokenRequest request;
  request.set_token_id(id);
  return request;
}

v1::CreateTenantRequest Create(const std::string& tenant) {
  v1::CreateTenantRequest request;
  request.set_tenant(tenant);
  request.set_zone("Europe/London");
  request.set_currency("GBP");
  request.set_language("en-GB");
  return request;
}

class Tokens {
 public:
  Tokens() : world(testing::DomainsOf(MakeRegistryDomain())) { world.SetNow(At(kNow)); }
  const AccessToken* Find(char secret, const char* at) {
    policies_ = world.policies();
    return policies_->tokens().Find(Hash(secret), At(at));
  }
  template <typename Request>
  std::string Do(const Request& request) {
    return Outcome(world.Do(request));
  }
  World world;

 private:
  std::shared_ptr<const PolicySet> policies_;
};

TEST_CASE("a token is good from its issue to its expiry") {
  Tokens tokens;
  CHECK(tokens.Find('a', kNow) == nullptr);
  auto issue = Issue("desk", 'a');
  *issue.mutable_expires_at() = ToProto(At(kLater));
  REQUIRE(tokens.Do(issue) == "OK");
  const AccessToken* token = tokens.Find('a', kNow);
  REQUIRE(token != nullptr);
  CHECK(token->tenant == "main");
  CHECK(token->token_id == "desk");
  CHECK(token->principal == "desk-1");
  CHECK(token->role_names == "reader:admin");
  CHECK_FALSE(token->roles.Has(ev::ROLE_OPERATOR));
  CHECK(tokens.Find('a', "2026-03-02T11:59:59Z") != nullptr);
  CHECK(tokens.Find('a', kLater) == nullptr);
  CHECK(tokens.Find('b', kNow) == nullptr);
}

TEST_CASE("a token without expiry is good until it is revoked, which is for ever") {
  Tokens tokens;
  REQUIRE(tokens.Do(Issue("desk", 'a')) == "OK");
  CHECK(tokens.Find('a', kMuchLater) != nullptr);
  REQUIRE(tokens.Do(Revoke("desk")) == "OK");
  CHECK(tokens.Find('a', kNow) == nullptr);
  const size_t events = tokens.world.events().size();
  CHECK(tokens.Do(Revoke("desk")) == "OK");
  CHECK(tokens.world.events().size() == events);
  CHECK(tokens.Do(Rotate("desk", 'b')) == "TOKEN_REVOKED token_id");
  CHECK(tokens.Do(Issue("desk", 'b')) == "TOKEN_EXISTS token_id");
  CHECK(tokens.Do(Issue("other", 'a')) == "TOKEN_EXISTS token_sha256");
}

TEST_CASE("a rotated secret ends at once, or with its overlap") {
  Tokens tokens;
  REQUIRE(tokens.Do(Issue("desk", 'a')) == "OK");
  REQUIRE(tokens.Do(Rotate("desk", 'b')) == "OK");
  CHECK(tokens.Find('a', kNow) == nullptr);
  CHECK(tokens.Find('b', kNow) != nullptr);
  auto rotate = Rotate("desk", 'c');
  *rotate.mutable_previous_until() = ToProto(At(kLater));
  REQUIRE(tokens.Do(rotate) == "OK");
  CHECK(tokens.Find('b', kNow) != nullptr);
  CHECK(tokens.Find('b', kLater) == nullptr);
  CHECK(tokens.Find('c', kMuchLater) != nullptr);
  CHECK(tokens.Do(Rotate("desk", 'a')) == "TOKEN_EXISTS token_sha256");
  REQUIRE(tokens.Do(Revoke("desk")) == "OK");
  CHECK(tokens.Find('b', kNow) == nullptr);
  CHECK(tokens.Find('c', kNow) == nullptr);
}

TEST_CASE("what is no token is refused with its field") {
  Tokens tokens;
  auto request = Issue("desk", 'a');
  request.set_token_sha256("short");
  CHECK(tokens.Do(request) == "FIELD_INVALID token_sha256");
  request = Issue("desk", 'a');
  request.clear_roles();
  CHECK(tokens.Do(request) == "FIELD_REQUIRED roles");
  request = Issue("desk", 'a');
  request.add_roles(ev::ROLE_ADMIN);
  CHECK(tokens.Do(request) == "FIELD_INVALID roles[2]");
  request = Issue("desk", 'a');
  request.set_roles(0, static_cast<ev::Role>(77));
  CHECK(tokens.Do(request) == "FIELD_INVALID roles[0]");
  request = Issue("desk", 'a');
  request.set_principal("ada@example.org");
  CHECK(tokens.Do(request) != "OK");
  request = Issue("desk", 'a');
  *request.mutable_expires_at() = ToProto(At("2020-01-01T00:00:00Z"));
  CHECK(tokens.Do(request) == "FIELD_INVALID expires_at");
  CHECK(tokens.Do(Revoke("desk")) == "TOKEN_UNKNOWN token_id");
  CHECK(tokens.Do(Rotate("desk", 'a')) == "TOKEN_UNKNOWN token_id");
}

TEST_CASE("a tenant is made once, and its tokens are its own") {
  Tokens tokens;
  auto issue = Issue("desk", 'a');
  issue.set_tenant("tenants/acme");
  CHECK(tokens.Do(issue) == "TENANT_UNKNOWN tenant");
  REQUIRE(tokens.Do(Create("tenants/acme")) == "OK");
  CHECK(tokens.Do(Create("tenants/acme")) == "TENANT_EXISTS tenant");
  CHECK(tokens.Do(Create("acme")) == "FIELD_INVALID tenant");
  CHECK(tokens.Do(Create("tenants/" + std::string(33, 'a'))) == "FIELD_INVALID tenant");
  CHECK(tokens.Do(Create("tenants/main")) == "OK");  // says its zone, once
  CHECK(tokens.Do(Create("tenants/main")) == "TENANT_EXISTS tenant");
  REQUIRE(tokens.Do(issue) == "OK");
  CHECK(tokens.Find('a', kNow)->tenant == "acme");
  CHECK(tokens.Do(Issue("desk", 'b')) == "OK");  // main's own desk
  CHECK(tokens.Find('b', kNow)->tenant == "main");
  issue.set_token_id("boss");
  issue.set_roles(0, ev::ROLE_OPERATOR);
  CHECK(tokens.Do(issue) == "FIELD_INVALID roles[0]");
  CHECK(tokens.world.policies()->tokens().Of("acme").size() == 1);
}

}  // namespace
}  // namespace daybook::projections
