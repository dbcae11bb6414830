// Goal: only a well-formed traceparent is kept, because it goes into the ledger.
#include "server/guard.h"

#include <catch2/catch.hpp>

#include "server/entity_name.h"

namespace daybook::server {
namespace {

TEST_CASE("what a traceparent is") {
  CHECK(IsTraceparent("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"));
  for (const char* text : {"", "00", "01-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
                           "00-0123456789ABCDEF0123456789abcdef-0123456789abcdef-01",
                           "00-00000000000000000000000000000000-0123456789abcdef-01",
                           "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
                           "00-0123456789abcdef0123456789abcdef-0123456789abcdef-0x",
                           "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01x"}) {
    INFO(text);
    CHECK_FALSE(IsTraceparent(text));
  }
}

TEST_CASE("names of entities") {
  ledger::EntityRef entity;
  CHECK(!ParseEntityName("e", "customers/C:1", "main", &entity));
  CHECK(entity == ledger::EntityRef{"main", event::v1::ENTITY_KIND_CUSTOMER, "C:1"});
  CHECK(!ParseEntityName("e", "tenant", "main", &entity));
  CHECK(entity == ledger::EntityRef{"main", event::v1::ENTITY_KIND_TENANT, "main"});
  for (const char* name : {"", "customers", "customers/", "customers/a/b", "orders/1", "C1"}) {
    INFO(name);
    const auto refusal = ParseEntityName("e", name, "main", &entity);
    REQUIRE(refusal);
    CHECK(refusal->field == "e");
  }
}

}  // namespace
}  // namespace daybook::server
