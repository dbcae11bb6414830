// Which roles may call what, as the option `access` beside each method says
// (daybook/v1/roles.proto). What has no rule is served to nobody: the server does not start with
// it.
//
// Thread-safe; read from the descriptors, so look rules up once and keep them.
#pragma once

#include <google/protobuf/descriptor.h>

#include "projections/engine/caller.h"

namespace daybook::server {

// Empty if the method has no rule.
projections::RoleSet RolesFor(const google::protobuf::MethodDescriptor* method);

// For a command inside an ingest batch: the rule of the method that takes this request. Empty if
// there is none.
projections::RoleSet RolesForRequest(const google::protobuf::Descriptor* request);

// Who may see events of a type in lists and subscriptions: facts about tokens and accesses are for
// those who may list them, all others for whoever may read events at all.
projections::RoleSet RolesForEvent(uint16_t type);

}  // namespace daybook::server
