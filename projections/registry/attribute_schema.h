// The attributes that customers of a tenant may have, as a policy in force, and the one text of
// each value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daybook/event/v1/registry.pb.h"
#include "projections/engine/policies.h"

namespace daybook::projections::registry {

// A tenant has one attribute schema, so its policy id says nothing but what it is; events name it
// in their policies.
inline constexpr std::string_view kAttributeSchemaId = "attribute_schema";

// One published version. Immutable.
class AttributeSchema : public Policy {
 public:
  explicit AttributeSchema(const daybook::event::v1::AttributeSchemaPublished& published);
  // The definition of `path`, or null. Valid as long as the schema.
  const daybook::event::v1::AttributeDefinition* Find(std::string_view path) const;
  // As published.
  const daybook::event::v1::AttributeSchemaPublished& published() const { return published_; }

 private:
  daybook::event::v1::AttributeSchemaPublished published_;
  std::vector<const daybook::event::v1::AttributeDefinition*> by_path_;
};

// The version in force for the tenant at `at`, or null.
const AttributeSchema* SchemaInForce(const PolicySet& policies, std::string_view tenant,
                                     ledger::Timestamp at);

// The canonical text of a value: equal values have equal texts. nullopt if `text` is no value of
// the definition's type: INTEGER "+007" → "7"; DECIMAL "-0.50" → "-0.5"; BOOLEAN "true", "false";
// DATE "2024-02-29"; CHOICE one of its words; TEXT as it is, UTF-8 without control characters, at
// most 1,024 bytes.
std::optional<std::string> CanonicalValue(const daybook::event::v1::AttributeDefinition& definition,
                                          std::string_view text);

}  // namespace daybook::projections::registry
