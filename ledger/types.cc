#include "ledger/types.h"

#include <xxhash.h>

#include "daybook/event/v1/envelope.pb.h"
#include "ledger/check.h"
#include "ledger/limits.h"

namespace daybook::ledger {
namespace {

// The number before the first '/', or the registry if there is none in 1..N: no slice lives there,
// so whoever asks for such an id finds nothing.
PartitionId PartitionOfSlice(std::string_view id, uint32_t entity_partitions) {
  uint64_t number = 0;
  size_t digits = 0;
  while (digits < id.size() && id[digits] >= '0' && id[digits] <= '9' && digits < 10) {
    number = number * 10 + static_cast<uint64_t>(id[digits] - '0');
    ++digits;
  }
  const bool well_formed = digits > 0 && digits < id.size() && id[digits] == '/' && number >= 1 &&
                           number <= entity_partitions;
  return well_formed ? PartitionId(static_cast<uint32_t>(number)) : kRegistryPartition;
}

}  // namespace

void AppendEntityKey(std::string_view tenant, uint16_t kind, std::string_view id,
                     std::string* out) {
  DAYBOOK_CHECK(tenant.size() <= kMaxTenantLength, "tenant longer than its limit");
  DAYBOOK_CHECK(id.size() <= kMaxEntityIdLength, "entity id longer than its limit");
  out->push_back(static_cast<char>(tenant.size()));
  out->append(tenant);
  out->push_back(static_cast<char>(kind >> 8));
  out->push_back(static_cast<char>(kind & 0xff));
  out->push_back(static_cast<char>(id.size()));
  out->append(id);
}

std::string EntityKey(const EntityRef& entity) {
  std::string key;
  key.reserve(4 + entity.tenant.size() + entity.id.size());
  AppendEntityKey(entity.tenant, entity.kind, entity.id, &key);
  return key;
}

PartitionId PartitionOf(const EntityRef& entity, uint32_t entity_partitions) {
  DAYBOOK_CHECK(entity_partitions > 0, "a ledger has at least one entity partition");
  if (entity.kind == event::v1::ENTITY_KIND_TENANT) return kRegistryPartition;
  if (entity.kind == event::v1::ENTITY_KIND_SLICE) {
    return PartitionOfSlice(entity.id, entity_partitions);
  }
  const std::string key = EntityKey(entity);
  return PartitionId(1 +
                     static_cast<uint32_t>(XXH64(key.data(), key.size(), 0) % entity_partitions));
}

}  // namespace daybook::ledger
