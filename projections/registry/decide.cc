#include "projections/registry/decide.h"

#include <algorithm>
#include <set>

#include "fmt/format.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"
#include "projections/registry/attribute_schema.h"
#include "projections/registry/state.h"

namespace daybook::projections::registry {

namespace ev = daybook::event::v1;

namespace {

constexpr int kMaxAttributes = 500;
constexpr int kMaxChoices = 100;
constexpr size_t kMaxWordBytes = 64;

void NameTenant(EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_TENANT;
  entity->id = entity->tenant;
}

// Lower-case words joined by '.' or '_'; the first begins with a letter.
bool IsPath(std::string_view path) {
  if (path.empty() || path.size() > kMaxWordBytes || path[0] < 'a' || path[0] > 'z') return false;
  bool in_word = false;
  for (const char c : path) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!word && ((c != '.' && c != '_') || !in_word)) return false;
    in_word = word;
  }
  return in_word;
}

MaybeRefusal CheckWord(std::string field, std::string_view word) {
  if (auto refusal = CheckText(field, word, Presence::kRequired, kMaxWordBytes)) {
    return PolicyInvalid(std::move(field), refusal->message);
  }
  return std::nullopt;
}

MaybeRefusal CheckChoices(const std::string& field, const ev::AttributeDefinition& definition) {
  const std::string choices = field + ".choices";
  if (definition.type() != ev::ATTRIBUTE_TYPE_CHOICE) {
    if (definition.choices().empty()) return std::nullopt;
    return PolicyInvalid(choices, "only a choice has choices");
  }
  if (definition.choices().empty() || definition.choices_size() > kMaxChoices) {
    return PolicyInvalid(choices, fmt::format("a choice has 1 to {} choices", kMaxChoices));
  }
  std::set<std::string_view> seen;
  for (int i = 0; i < definition.choices_size(); ++i) {
    const std::string choice = fmt::format("{}[{}]", choices, i);
    if (auto refusal = CheckWord(choice, definition.choices(i))) return refusal;
    if (!seen.insert(definition.choices(i)).second) {
      return PolicyInvalid(choice, fmt::format("'{}' stands twice", definition.choices(i)));
    }
  }
  return std::nullopt;
}

MaybeRefusal CheckDefinition(const std::string& field, const ev::AttributeDefinition& definition) {
  if (!IsPath(definition.path())) {
    return PolicyInvalid(field + ".path", "is not lower-case words joined by '.' or '_'");
  }
  if (definition.type() == ev::ATTRIBUTE_TYPE_UNSPECIFIED ||
      !ev::AttributeType_IsValid(definition.type())) {
    return PolicyInvalid(field + ".type", "is not an attribute type");
  }
  if (auto refusal = CheckWord(field + ".purpose", definition.purpose())) return refusal;
  return CheckChoices(field, definition);
}

MaybeRefusal CheckSessionId(std::string_view session_id) {
  return CheckCode("session_id", session_id, Presence::kRequired);
}

void EmitSession(Decision& decision, const std::string& session_id, const std::string& source,
                 ev::ImportSessionChanged::State state) {
  ev::ImportSessionChanged changed;
  changed.set_session_id(session_id);
  changed.set_source(source);
  changed.set_state(state);
  decision.Emit(changed);
}

}  // namespace

MaybeRefusal ValidatePublishAttributeSchema(
    const daybook::v1::PublishAttributeSchemaRequest& request, EntityRef* entity) {
  NameTenant(entity);
  const auto& schema = request.attribute_schema();
  const std::string field = "attribute_schema";
  if (schema.version() != 0) return PolicyInvalid(field + ".version", "is given by the server");
  // At once would be another instant in each partition.
  if (!schema.has_effective_from()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, field + ".effective_from", "is required");
  }
  Timestamp ignored;
  if (auto refusal = CheckInstant(field + ".effective_from", schema.effective_from(), &ignored)) {
    return refusal;
  }
  if (schema.attributes_size() > kMaxAttributes) {
    return PolicyInvalid(field + ".attributes", fmt::format("are more than {}", kMaxAttributes));
  }
  std::set<std::string_view> paths;
  for (int i = 0; i < schema.attributes_size(); ++i) {
    const std::string attribute = fmt::format("{}.attributes[{}]", field, i);
    if (auto refusal = CheckDefinition(attribute, schema.attributes(i))) return refusal;
    if (!paths.insert(schema.attributes(i).path()).second) {
      return PolicyInvalid(attribute + ".path",
                           fmt::format("'{}' stands twice", schema.attributes(i).path()));
    }
  }
  return std::nullopt;
}

MaybeRefusal DecidePublishAttributeSchema(const daybook::v1::PublishAttributeSchemaRequest& request,
                                          Decision& decision) {
  const DecisionContext& context = decision.context();
  ev::AttributeSchemaPublished published = request.attribute_schema();
  const Timestamp effective = FromProto(published.effective_from());
  if (auto refusal = CheckEffectiveFrom(context, effective, "attribute_schema.effective_from",
                                        "facts have been judged")) {
    return refusal;
  }
  const auto* tenant = decision.state().Find<TenantRow>();
  published.set_version((tenant == nullptr ? 0 : tenant->attribute_schema_version()) + 1);
  *published.mutable_effective_from() = ToProto(effective);
  auto& attributes = *published.mutable_attributes();
  std::sort(attributes.begin(), attributes.end(),
            [](const auto& a, const auto& b) { return a.path() < b.path(); });
  for (auto& definition : attributes) {
    if (!definition.has_personal()) definition.set_personal(true);
  }
  decision.Emit(published);
  return std::nullopt;
}

void AnswerPublishAttributeSchema(const Recorded& recorded,
                                  daybook::v1::PublishAttributeSchemaResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_ATTRIBUTE_SCHEMA_PUBLISHED) {
      response->set_version(event.As<ev::AttributeSchemaPublished>().version());
    }
  }
}

MaybeRefusal ValidateOpenImportSession(const daybook::v1::OpenImportSessionRequest& request,
                                       EntityRef* entity) {
  NameTenant(entity);
  if (auto refusal = CheckSessionId(request.session_id())) return refusal;
  return CheckCode("source", request.source(), Presence::kRequired);
}

MaybeRefusal DecideOpenImportSession(const daybook::v1::OpenImportSessionRequest& request,
                                     Decision& decision) {
  const auto* session = decision.state().Find<ImportSessionRow>(request.session_id());
  if (session == nullptr) {
    EmitSession(decision, request.session_id(), request.source(),
                ev::ImportSessionChanged::STATE_OPENED);
    return std::nullopt;
  }
  if (!session->open()) {
    return Refuse(daybook::v1::REASON_IMPORT_SESSION_CLOSED, "session_id",
                  fmt::format("session '{}' is closed", request.session_id()));
  }
  if (session->source() != request.source()) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "source",
                  fmt::format("session '{}' was opened for source '{}'", request.session_id(),
                              session->source()));
  }
  return std::nullopt;
}

void AnswerOpenImportSession(const Recorded&, daybook::v1::OpenImportSessionResponse*) {}

MaybeRefusal ValidateCloseImportSession(const daybook::v1::CloseImportSessionRequest& request,
                                        EntityRef* entity) {
  NameTenant(entity);
  return CheckSessionId(request.session_id());
}

MaybeRefusal DecideCloseImportSession(const daybook::v1::CloseImportSessionRequest& request,
                                      Decision& decision) {
  const auto* session = decision.state().Find<ImportSessionRow>(request.session_id());
  if (session == nullptr) {
    return Refuse(daybook::v1::REASON_IMPORT_SESSION_UNKNOWN, "session_id",
                  fmt::format("there is no session '{}'", request.session_id()));
  }
  if (session->open()) {
    const std::string source = session->source();  // the row changes while the event is applied
    EmitSession(decision, request.session_id(), source, ev::ImportSessionChanged::STATE_CLOSED);
  }
  return std::nullopt;
}

void AnswerCloseImportSession(const Recorded&, daybook::v1::CloseImportSessionResponse*) {}

}  // namespace daybook::projections::registry
