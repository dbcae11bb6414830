// What decisions about points read: accounts and lots (lots.h), what each order earned,
// redemptions, adjustments, and, of the tenant, the newest version of each programme. Folded from
// the domain's own events; arms the deadlines of accounts.
#pragma once

#include <cstdint>

#include "projections/engine/decision.h"

namespace daybook::projections::loyalty {

// Deadlines of an account; the key is the programme's id. One of each kind is armed at most, for
// the earliest due. Frozen.
inline constexpr uint16_t kExpiryDeadline = 0x0601;
inline constexpr uint16_t kActivationDeadline = 0x0602;

// Folds an event into decision state; ignores events of other domains. Total.
void Apply(const Event& event, EntityState& state);

}  // namespace daybook::projections::loyalty
