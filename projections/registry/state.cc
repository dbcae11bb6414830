#include "projections/registry/state.h"

#include "daybook/event/v1/access.pb.h"
#include "daybook/event/v1/registry.pb.h"

namespace daybook::projections::registry {

namespace ev = daybook::event::v1;

void Apply(const Event& event, EntityState& state) {
  switch (event.type) {
    case ev::EVENT_TYPE_TENANT_CREATED:
      state.rows().Mutable<TenantRow>().set_created(true);
      return;
    case ev::EVENT_TYPE_ACCESS_TOKEN_CHANGED: {
      const auto& changed = event.As<ev::AccessTokenChanged>();
      auto& row = state.rows().Mutable<AccessTokenRow>(changed.token_id());
      if (changed.action() == ev::AccessTokenChanged::ACTION_REVOKED) row.set_revoked(true);
      if (!changed.token_sha256().empty()) {
        state.rows().Mutable<AccessTokenHashRow>(changed.token_sha256());
      }
      return;
    }
    case ev::EVENT_TYPE_ATTRIBUTE_SCHEMA_PUBLISHED:
      state.rows().Mutable<TenantRow>().set_attribute_schema_version(
          event.As<ev::AttributeSchemaPublished>().version());
      return;
    case ev::EVENT_TYPE_IMPORT_SESSION_CHANGED: {
      const auto& changed = event.As<ev::ImportSessionChanged>();
      auto& row = state.rows().Mutable<ImportSessionRow>(changed.session_id());
      row.set_source(changed.source());
      row.set_open(changed.state() == ev::ImportSessionChanged::STATE_OPENED);
      return;
    }
    default:
      return;
  }
}

}  // namespace daybook::projections::registry
