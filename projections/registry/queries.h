// Questions about tenant-wide facts. They are answered from the policies; the registry has no view.
#pragma once

#include "daybook/v1/imports.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::registry {

MaybeRefusal ValidateGetAttributeSchema(const daybook::v1::GetAttributeSchemaRequest& request,
                                        EntityRef* entity);
// The schema in force at `at`, or one of version 0.
MaybeRefusal ReadGetAttributeSchema(const ReadScope& scope,
                                    const daybook::v1::GetAttributeSchemaRequest& request,
                                    daybook::v1::GetAttributeSchemaResponse* response);

MaybeRefusal ValidateGetImportSession(const daybook::v1::GetImportSessionRequest& request,
                                      EntityRef* entity);
MaybeRefusal ReadGetImportSession(const ReadScope& scope,
                                  const daybook::v1::GetImportSessionRequest& request,
                                  daybook::v1::GetImportSessionResponse* response);

}  // namespace daybook::projections::registry
