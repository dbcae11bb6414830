#include "ledger/types.h"

#include <catch2/catch.hpp>

#include "daybook/event/v1/envelope.pb.h"
#include "golden.h"
#include "ledger/crc32c.h"

namespace daybook::ledger {

TEST_CASE("types: partitions are those of the layout page") {
  for (const std::vector<std::string>& row : GoldenRows("partitions.txt")) {
    INFO(row[2]);
    const EntityRef entity{row[0], static_cast<uint16_t>(std::stoul(row[1])), row[2]};
    CHECK(PartitionOf(entity, 32) == PartitionId(static_cast<uint32_t>(std::stoul(row[4]))));
    CHECK(PartitionOf(entity, 7) == PartitionId(static_cast<uint32_t>(std::stoul(row[5]))));
  }
}

TEST_CASE("types: tenants live in the registry, slices where their ids say") {
  const auto partition = [](uint16_t kind, const char* id) {
    return PartitionOf({"main", kind, id}, 32).value();
  };
  CHECK(partition(event::v1::ENTITY_KIND_TENANT, "main") == 0);
  CHECK(partition(event::v1::ENTITY_KIND_SLICE, "7/spring") == 7);
  CHECK(partition(event::v1::ENTITY_KIND_SLICE, "32/spring") == 32);
  for (const char* id : {"", "/", "33/x", "0/x", "7", "x/7", "-1/x", "99999999999999999999/x"}) {
    CHECK(partition(event::v1::ENTITY_KIND_SLICE, id) == 0);
  }
}

TEST_CASE("types: keys are prefix-free and keep tenants together") {
  CHECK(Hex(EntityKey({"main", 2, "c-1"})) == "046d61696e000203632d31");
  CHECK(EntityKey({"a", 2, "b"}) != EntityKey({"a", 2, "bc"}).substr(0, 6));
}

TEST_CASE("CRC32C: check value, and the fall-back says the same") {
  CHECK(Crc32c("123456789") == 0xe3069283);
  CHECK(Crc32c("") == 0);
  CHECK(Crc32c(std::string(32, '\0')) == 0x8a9136aa);
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    CHECK(ExtendCrc32c(0x1234, bytes) == ExtendCrc32cPortable(0x1234, bytes));
    const std::string_view view(bytes);
    CHECK(ExtendCrc32c(Crc32c(view.substr(0, i / 3)), view.substr(i / 3)) == Crc32c(bytes));
    bytes.push_back(static_cast<char>(i * 37));
  }
}

}  // namespace daybook::ledger
