#include "projections/registry/queries.h"

#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/registry/attribute_schema.h"

namespace daybook::projections::registry {

MaybeRefusal ValidateGetAttributeSchema(const daybook::v1::GetAttributeSchemaRequest& request,
                                        EntityRef*) {
  Timestamp ignored;
  return request.has_at() ? CheckInstant("at", request.at(), &ignored) : std::nullopt;
}

MaybeRefusal ReadGetAttributeSchema(const ReadScope& scope,
                                    const daybook::v1::GetAttributeSchemaRequest& request,
                                    daybook::v1::GetAttributeSchemaResponse* response) {
  const Timestamp at = request.has_at() ? FromProto(request.at()) : scope.at();
  auto* out = response->mutable_attribute_schema();
  if (const auto* schema = SchemaInForce(scope.policies(), scope.tenant(), at)) {
    *out = schema->published();
  }
  return std::nullopt;
}

MaybeRefusal ValidateGetImportSession(const daybook::v1::GetImportSessionRequest& request,
                                      EntityRef*) {
  return CheckCode("session_id", request.session_id(), Presence::kRequired);
}

MaybeRefusal ReadGetImportSession(const ReadScope& scope,
                                  const daybook::v1::GetImportSessionRequest& request,
                                  daybook::v1::GetImportSessionResponse* response) {
  const ImportSessionState* session =
      scope.policies().ImportSession(scope.tenant(), request.session_id());
  if (session == nullptr) {
    return Refuse(daybook::v1::REASON_IMPORT_SESSION_UNKNOWN, "session_id",
                  fmt::format("there is no session '{}'", request.session_id()));
  }
  auto* out = response->mutable_session();
  out->set_session_id(request.session_id());
  out->set_source(session->source);
  out->set_open(session->open);
  *out->mutable_opened_at() = ToProto(session->opened_at);
  if (!session->open) *out->mutable_closed_at() = ToProto(session->closed_at);
  return std::nullopt;
}

}  // namespace daybook::projections::registry
