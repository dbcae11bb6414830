// The registry's commands: attribute schemas and import sessions. Every function is pure; see
// CommandSpec for what each of the three kinds does. All are about the tenant itself.
#pragma once

#include "daybook/v1/imports.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::registry {

// The schema's shape, with the path of the first field that is wrong: POLICY_INVALID.
MaybeRefusal ValidatePublishAttributeSchema(
    const daybook::v1::PublishAttributeSchemaRequest& request, EntityRef* entity);
// Gives it the next version and its instant; an instant in the past only before the first commit
// and in imports.
MaybeRefusal DecidePublishAttributeSchema(const daybook::v1::PublishAttributeSchemaRequest& request,
                                          Decision& decision);
void AnswerPublishAttributeSchema(const Recorded& recorded,
                                  daybook::v1::PublishAttributeSchemaResponse* response);

MaybeRefusal ValidateOpenImportSession(const daybook::v1::OpenImportSessionRequest& request,
                                       EntityRef* entity);
// Records nothing if the session is open already; a closed one is never opened again.
MaybeRefusal DecideOpenImportSession(const daybook::v1::OpenImportSessionRequest& request,
                                     Decision& decision);
void AnswerOpenImportSession(const Recorded& recorded,
                             daybook::v1::OpenImportSessionResponse* response);

MaybeRefusal ValidateCloseImportSession(const daybook::v1::CloseImportSessionRequest& request,
                                        EntityRef* entity);
// Records nothing if the session is closed already.
MaybeRefusal DecideCloseImportSession(const daybook::v1::CloseImportSessionRequest& request,
                                      Decision& decision);
void AnswerCloseImportSession(const Recorded& recorded,
                              daybook::v1::CloseImportSessionResponse* response);

}  // namespace daybook::projections::registry
