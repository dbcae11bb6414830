// Events about a customer's attributes and identifiers, made and checked before the first of a
// command is recorded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daybook/event/v1/customers.pb.h"
#include "daybook/v1/customers.pb.h"
#include "projections/customers/identifiers.h"
#include "projections/customers/state.h"
#include "projections/engine/decision.h"

namespace daybook::projections::customers {

using AttributeInputs = google::protobuf::RepeatedPtrField<daybook::v1::AttributeInput>;

// At most 100, each path once, with the documented shapes. Field paths begin with "attributes".
MaybeRefusal CheckAttributeShapes(const AttributeInputs& inputs);
// The event that sets attributes by the schema in force at the effective instant; without changes
// if `inputs` is empty. ATTRIBUTE_UNKNOWN, ATTRIBUTE_INVALID.
MaybeRefusal MakeAttributes(const AttributeInputs& inputs, const Decision& decision,
                            daybook::event::v1::CustomerAttributesChanged* changed);
// Records it and names the schema's version.
void EmitAttributes(const daybook::event::v1::CustomerAttributesChanged& changed,
                    Decision& decision);

// Identifier events of one command: first all Attach and Change, then Emit. `decision` must outlive
// it.
class IdentifierChanges {
 public:
  explicit IdentifierChanges(Decision& decision);
  // Attaches a new one. IDENTIFIER_INVALID, IDENTIFIER_ATTACHED.
  MaybeRefusal Attach(std::string_view field, const daybook::v1::IdentifierInput& input);
  // Detaches, verifies or invalidates an attached one. IDENTIFIER_INVALID, IDENTIFIER_UNKNOWN.
  MaybeRefusal Change(std::string_view field, const daybook::v1::IdentifierInput& input,
                      daybook::event::v1::IdentifierAction action);
  void Emit();

 private:
  MaybeRefusal Normalise(std::string_view field, const daybook::v1::IdentifierInput& input,
                         std::string* normalised) const;
  // Number of the attached identifier, also of one that this command attaches; 0 if there is none.
  uint32_t FindNumber(const daybook::v1::IdentifierInput& input, std::string_view normalised) const;

  Decision& decision_;
  uint32_t last_number_ = 0;
  uint32_t attached_ = 0;
  std::vector<daybook::event::v1::IdentifierChanged> events_;
};

}  // namespace daybook::projections::customers
