#include "projections/customers/changes.h"

#include <set>

#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/registry/attribute_schema.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;
using daybook::v1::AttributeInput;
using daybook::v1::IdentifierInput;

namespace {

constexpr int kMaxAttributesAtOnce = 100;
constexpr size_t kMaxPathBytes = 64;
constexpr size_t kMaxValueBytes = 1024;

MaybeRefusal CheckAttributeShape(const std::string& field, const AttributeInput& input) {
  if (auto refusal = CheckText(field + ".path", input.path(), Presence::kRequired, kMaxPathBytes)) {
    return refusal;
  }
  if (auto refusal =
          CheckText(field + ".value", input.value(), Presence::kOptional, kMaxValueBytes)) {
    return refusal;
  }
  Timestamp ignored;
  if (!input.has_effective_from()) return std::nullopt;
  return CheckInstant(field + ".effective_from", input.effective_from(), &ignored);
}

MaybeRefusal MakeChange(const std::string& field, const AttributeInput& input,
                        const registry::AttributeSchema* schema, Timestamp effective,
                        ev::AttributeChange* change) {
  const auto* definition = schema == nullptr ? nullptr : schema->Find(input.path());
  if (definition == nullptr) {
    return Refuse(daybook::v1::REASON_ATTRIBUTE_UNKNOWN, field + ".path",
                  fmt::format("the attribute schema has no '{}'", input.path()));
  }
  change->set_path(input.path());
  *change->mutable_effective_from() =
      input.has_effective_from() ? ToProto(FromProto(input.effective_from())) : ToProto(effective);
  if (input.value().empty()) {
    change->set_removed(true);
    return std::nullopt;
  }
  const auto value = registry::CanonicalValue(*definition, input.value());
  if (!value) {
    return Refuse(daybook::v1::REASON_ATTRIBUTE_INVALID, field + ".value",
                  fmt::format("is no value of '{}', which is {}", input.path(),
                              ev::AttributeType_Name(definition->type())));
  }
  if (definition->personal()) {
    change->mutable_personal_value()->set_clear(*value);
  } else {
    change->set_plain_value(*value);
  }
  return std::nullopt;
}

}  // namespace

MaybeRefusal CheckAttributeShapes(const AttributeInputs& inputs) {
  if (inputs.size() > kMaxAttributesAtOnce) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "attributes",
                  fmt::format("are more than {}", kMaxAttributesAtOnce));
  }
  std::set<std::string_view> paths;
  for (int i = 0; i < inputs.size(); ++i) {
    const std::string field = fmt::format("attributes[{}]", i);
    if (auto refusal = CheckAttributeShape(field, inputs[i])) return refusal;
    if (!paths.insert(inputs[i].path()).second) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, field + ".path", "stands twice");
    }
  }
  return std::nullopt;
}

MaybeRefusal MakeAttributes(const AttributeInputs& inputs, const Decision& decision,
                            ev::CustomerAttributesChanged* changed) {
  if (inputs.empty()) return std::nullopt;
  const DecisionContext& context = decision.context();
  const auto* schema =
      registry::SchemaInForce(*context.policies, decision.entity().tenant, context.effective);
  for (int i = 0; i < inputs.size(); ++i) {
    if (auto refusal = MakeChange(fmt::format("attributes[{}]", i), inputs[i], schema,
                                  context.effective, changed->add_changes())) {
      return refusal;
    }
  }
  changed->set_schema_version(schema->version);  // not null: it had all paths
  return std::nullopt;
}

void EmitAttributes(const ev::CustomerAttributesChanged& changed, Decision& decision) {
  decision.UsesPolicy(registry::kAttributeSchemaId, changed.schema_version());
  decision.Emit(changed);
}

IdentifierChanges::IdentifierChanges(Decision& decision) : decision_(decision) {
  if (const auto* customer = decision.state().Find<CustomerRow>()) {
    last_number_ = customer->last_identifier_number();
    attached_ = customer->attached_identifiers();
  }
}

MaybeRefusal IdentifierChanges::Normalise(std::string_view field, const IdentifierInput& input,
                                          std::string* normalised) const {
  const auto& tenant = decision_.context().policies->tenant(decision_.entity().tenant);
  return NormaliseIdentifier(field, input, RegionOfLanguage(tenant.language), normalised);
}

uint32_t IdentifierChanges::FindNumber(const IdentifierInput& input,
                                       std::string_view normalised) const {
  const std::string wanted = IdentityText(input.kind(), input.issuer(), normalised);
  for (const auto& event : events_) {
    if (event.kind() == input.kind() &&
        IdentityText(event.kind(), event.issuer(), event.normalised().clear()) == wanted) {
      return event.identifier_number();
    }
  }
  uint32_t number = 0;
  decision_.state().Scan<AttachedRow>(
      AttachedPrefix(input.kind()), [&](std::string_view, const AttachedRow& row) {
        bool erased = false;
        const std::string value = decision_.OpenSealed(row.normalised(), &erased);
        if (!erased && IdentityText(input.kind(), row.issuer(), value) == wanted) {
          number = row.number();
        }
        return number == 0;
      });
  return number;
}

MaybeRefusal IdentifierChanges::Attach(std::string_view field, const IdentifierInput& input) {
  std::string normalised;
  if (auto refusal = Normalise(field, input, &normalised)) return refusal;
  if (FindNumber(input, normalised) != 0) {
    return Refuse(daybook::v1::REASON_IDENTIFIER_ATTACHED, fmt::format("{}.value", field),
                  "the customer has this identifier already");
  }
  if (attached_ >= kMaxIdentifiers) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                  fmt::format("a customer has at most {} identifiers", kMaxIdentifiers));
  }
  ++attached_;
  auto& event = events_.emplace_back();
  event.set_identifier_number(++last_number_);
  event.set_kind(input.kind());
  event.set_action(ev::IDENTIFIER_ACTION_ATTACHED);
  event.set_issuer(input.issuer());
  event.mutable_normalised()->set_clear(normalised);
  event.mutable_as_given()->set_clear(input.value());
  event.set_shared(input.shared());
  return std::nullopt;
}

MaybeRefusal IdentifierChanges::Change(std::string_view field, const IdentifierInput& input,
                                       ev::IdentifierAction action) {
  std::string normalised;
  if (auto refusal = Normalise(field, input, &normalised)) return refusal;
  const uint32_t number = FindNumber(input, normalised);
  if (number == 0) {
    return Refuse(daybook::v1::REASON_IDENTIFIER_UNKNOWN, fmt::format("{}.value", field),
                  "the customer has no such identifier");
  }
  auto& event = events_.emplace_back();
  event.set_identifier_number(number);
  event.set_kind(input.kind());
  event.set_action(action);
  event.set_issuer(input.issuer());
  return std::nullopt;
}

void IdentifierChanges::Emit() {
  for (const auto& event : events_) decision_.Emit(event);
}

}  // namespace daybook::projections::customers
