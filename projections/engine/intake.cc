#include "projections/engine/intake.h"

#include "daybook/v1/common.pb.h"
#include "fmt/format.h"
#include "projections/engine/engine.h"
#include "projections/engine/limits.h"
#include "projections/engine/validation.h"

namespace daybook::projections {

namespace {

using google::protobuf::Message;

const google::protobuf::FieldDescriptor* FieldOf(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

// The provenance of a request, or of the request inside it (a quotation holds the order that it is
// about).
const daybook::v1::Provenance& ProvenanceOf(const Message& request, std::string* path) {
  const auto* reflection = request.GetReflection();
  if (const auto* field = FieldOf(request, "provenance")) {
    *path = "provenance";
    return static_cast<const daybook::v1::Provenance&>(reflection->GetMessage(request, field));
  }
  const auto* descriptor = request.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->is_repeated() || field->message_type() == nullptr) continue;
    const Message& inner = reflection->GetMessage(request, field);
    if (const auto* nested = FieldOf(inner, "provenance")) {
      *path = fmt::format("{}.provenance", field->name());
      return static_cast<const daybook::v1::Provenance&>(
          inner.GetReflection()->GetMessage(inner, nested));
    }
  }
  *path = "provenance";
  return daybook::v1::Provenance::default_instance();
}

MaybeRefusal CheckProvenance(const std::string& path, const daybook::v1::Provenance& provenance,
                             Timestamp now, std::optional<Timestamp>* occurred_at) {
  if (provenance.has_occurred_at()) {
    Timestamp instant;
    if (auto refusal = CheckInstant(path + ".occurred_at", provenance.occurred_at(), &instant))
      return refusal;
    if (instant.micros > now.micros + kMaxFutureMicros) {
      return Refuse(daybook::v1::REASON_INSTANT_OUT_OF_RANGE, path + ".occurred_at",
                    "lies in the future");
    }
    *occurred_at = instant;
  }
  if (auto refusal = CheckZone(path + ".zone", provenance.zone(), Presence::kOptional))
    return refusal;
  const bool has_source_id = !provenance.source_event_id().empty();
  if (auto refusal = CheckCode(path + ".source", provenance.source(),
                               has_source_id ? Presence::kRequired : Presence::kOptional)) {
    return refusal;
  }
  if (auto refusal = CheckText(path + ".source_event_id", provenance.source_event_id(),
                               Presence::kOptional, 128)) {
    return refusal;
  }
  const std::pair<const char*, const std::string&> codes[] = {
      {".channel", provenance.channel()},
      {".location", provenance.location()},
      {".correlation_id", provenance.correlation_id()},
      {".actor_id", provenance.actor_id()},
      {".on_behalf_of", provenance.on_behalf_of()},
      {".purpose", provenance.purpose()},
      {".legal_basis", provenance.legal_basis()},
      {".import_session", provenance.import_session()},
  };
  for (const auto& [field, value] : codes) {
    if (auto refusal = CheckCode(path + field, value, Presence::kOptional)) return refusal;
  }
  if (!provenance.import_session().empty() && !provenance.has_occurred_at()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, path + ".occurred_at",
                  "history must say when it happened");
  }
  return std::nullopt;
}

void FillContext(const Caller& caller, const daybook::v1::Provenance& provenance,
                 const PolicySet& policies, EventContext* context) {
  auto* actor = context->mutable_actor();
  actor->set_kind(caller.actor_kind);
  actor->set_id(provenance.actor_id().empty() ? caller.actor_id : provenance.actor_id());
  actor->set_on_behalf_of(provenance.on_behalf_of());
  actor->set_role(caller.role);
  context->set_channel(provenance.channel());
  context->set_location(provenance.location());
  context->set_correlation_id(provenance.correlation_id());
  context->set_traceparent(caller.traceparent);
  context->set_purpose(provenance.purpose());
  context->set_legal_basis(provenance.legal_basis());
  context->set_zone(provenance.zone().empty() ? policies.tenant(caller.tenant).zone
                                              : provenance.zone());
  context->set_import_session(provenance.import_session());
}

}  // namespace

MaybeRefusal TakeIn(const Catalogue& catalogue, Secrets& secrets, const PolicySet& policies,
                    const Caller& caller, Timestamp now, const Message& request,
                    PendingCommand* command) {
  command->spec = catalogue.FindCommand(request.GetDescriptor());
  CheckInvariant(command->spec != nullptr, "no domain brings this command");
  command->request = &request;
  command->entity.tenant = caller.tenant;
  // The domain's checks come first: a missing customer is said before anything else.
  if (auto refusal = command->spec->validate(request, &command->entity)) return refusal;

  const auto* reflection = request.GetReflection();
  if (const auto* field = FieldOf(request, "validate_only"))
    command->validate_only = reflection->GetBool(request, field);
  const bool records = !command->validate_only && !command->spec->dry_run;
  auto& record = command->record;
  if (const auto* field = FieldOf(request, "request_id")) {
    record.set_request_id(reflection->GetString(request, field));
    if (auto refusal = CheckCode("request_id", record.request_id(),
                                 records ? Presence::kRequired : Presence::kOptional)) {
      return refusal;
    }
  }
  std::string path;
  const daybook::v1::Provenance& provenance = ProvenanceOf(request, &path);
  if (auto refusal = CheckProvenance(path, provenance, now, &command->occurred_at)) return refusal;
  if (!caller.may_name_actor && !provenance.actor_id().empty() &&
      provenance.actor_id() != caller.actor_id) {
    return Refuse(daybook::v1::REASON_PERMISSION_DENIED, path + ".actor_id",
                  "the caller may not act under another name");
  }
  FillContext(caller, provenance, policies, &command->context);
  record.set_entity_kind(static_cast<EntityKind>(command->entity.kind));
  record.set_entity_id(command->entity.id);
  record.set_source(provenance.source());
  record.set_source_event_id(provenance.source_event_id());
  record.set_command(request.GetDescriptor()->name());
  if (!records) return std::nullopt;
  const absl::Status fingerprinted = secrets.Fingerprint(command->entity, request, &record);
  CheckInvariant(fingerprinted.ok(), "a request could not be fingerprinted");
  return std::nullopt;
}

MaybeRefusal TakeInFollowUp(const Catalogue& catalogue, const Event& wanted, const Message& request,
                            PendingCommand* command) {
  command->spec = catalogue.FindCommand(request.GetDescriptor());
  CheckInvariant(command->spec != nullptr, "no domain brings this command");
  command->request = &request;
  command->follow_up = true;
  command->entity.tenant = std::string(wanted.tenant);
  if (auto refusal = command->spec->validate(request, &command->entity)) return refusal;
  command->context = *wanted.context;
  command->context.clear_policies();
  command->context.set_causation_id(std::string(ledger::AsView(wanted.id)));
  command->occurred_at = wanted.occurred_at;
  auto& record = command->record;
  // '~' cannot stand in a client's request id.
  record.set_request_id(fmt::format("~f~{}", ledger::FormatEventId(wanted.id)));
  record.set_entity_kind(static_cast<EntityKind>(command->entity.kind));
  record.set_entity_id(command->entity.id);
  record.set_command(request.GetDescriptor()->name());
  return std::nullopt;
}

}  // namespace daybook::projections
