// From a caller's request message to a pending command: finds its specification, checks what all
// requests share, names the entity, makes the fingerprint and the context of its events. Runs on
// the caller's thread and sees no state. Thread-safe.
#pragma once

#include "projections/engine/catalogue.h"
#include "projections/engine/command.h"
#include "projections/engine/policies.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

struct Caller;

// Fills everything of `command` but response and done. The first thing wrong, or nothing.
MaybeRefusal TakeIn(const Catalogue& catalogue, Secrets& secrets, const PolicySet& policies,
                    const Caller& caller, Timestamp now, const google::protobuf::Message& request,
                    PendingCommand* command);

// The same for a command that an event wants: it happened when the event happened, in its context
// and because of it. Refused: what the command's own checks refuse.
MaybeRefusal TakeInFollowUp(const Catalogue& catalogue, const Event& wanted,
                            const google::protobuf::Message& request, PendingCommand* command);

}  // namespace daybook::projections
