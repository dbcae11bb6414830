#include "projections/contacts/state.h"

#include "daybook/event/v1/contacts.pb.h"

namespace daybook::projections::contacts {

namespace ev = daybook::event::v1;

void Apply(const Event& event, EntityState& state) {
  if (event.type == ev::EVENT_TYPE_CONTACT_ATTEMPTED) {
    state.rows().Mutable<KnownContactRow>(event.As<ev::ContactAttempted>().contact_id());
  }
}

}  // namespace daybook::projections::contacts
