#include "server/entity_name.h"

#include <array>
#include <string>

#include "daybook/event/v1/envelope.pb.h"
#include "projections/engine/validation.h"

namespace daybook::server {

using projections::Refuse;

namespace {

struct Collection {
  std::string_view prefix;
  event::v1::EntityKind kind;
};

constexpr std::array<Collection, 2> kCollections = {{
    {"customers/", event::v1::ENTITY_KIND_CUSTOMER},
    {"assets/", event::v1::ENTITY_KIND_ASSET},
}};
constexpr std::string_view kTenant = "tenant";

}  // namespace

projections::MaybeRefusal ParseEntityName(std::string_view field, std::string_view name,
                                          std::string_view tenant, ledger::EntityRef* entity) {
  entity->tenant = tenant;
  if (name.empty()) {
    return Refuse(v1::REASON_FIELD_REQUIRED, std::string(field), "say which entity");
  }
  if (name == kTenant) {
    entity->kind = event::v1::ENTITY_KIND_TENANT;
    entity->id = tenant;
    return std::nullopt;
  }
  for (const Collection& collection : kCollections) {
    if (!name.starts_with(collection.prefix)) continue;
    entity->kind = static_cast<uint16_t>(collection.kind);
    entity->id = name.substr(collection.prefix.size());
    return projections::CheckCode(field, entity->id, projections::Presence::kRequired);
  }
  return Refuse(v1::REASON_FIELD_INVALID, std::string(field),
                "not the name of an entity: customers/ID, assets/PRODUCT:SERIAL, or tenant");
}

}  // namespace daybook::server
