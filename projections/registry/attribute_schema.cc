#include "projections/registry/attribute_schema.h"

#include <algorithm>

#include "daybook/event/v1/envelope.pb.h"
#include "projections/engine/validation.h"

namespace daybook::projections::registry {

using daybook::event::v1::AttributeDefinition;
namespace ev = daybook::event::v1;

namespace {
bool PathLess(const AttributeDefinition* definition, std::string_view path) {
  return definition->path() < path;
}
}  // namespace

AttributeSchema::AttributeSchema(const ev::AttributeSchemaPublished& published)
    : Policy(published.version(), FromProto(published.effective_from())), published_(published) {
  for (const AttributeDefinition& definition : published_.attributes())
    by_path_.push_back(&definition);
  std::sort(by_path_.begin(), by_path_.end(),
            [](const auto* a, const auto* b) { return a->path() < b->path(); });
}

const AttributeDefinition* AttributeSchema::Find(std::string_view path) const {
  const auto found = std::lower_bound(by_path_.begin(), by_path_.end(), path, PathLess);
  return found == by_path_.end() || (*found)->path() != path ? nullptr : *found;
}

const AttributeSchema* SchemaInForce(const PolicySet& policies, std::string_view tenant,
                                     ledger::Timestamp at) {
  return policies.InForce<AttributeSchema>(tenant, ev::EVENT_TYPE_ATTRIBUTE_SCHEMA_PUBLISHED,
                                           kAttributeSchemaId, at);
}

}  // namespace daybook::projections::registry
