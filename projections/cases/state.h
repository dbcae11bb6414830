// Decision state of cases: each customer's cases (case_fold.h), and of the tenant the newest
// version of each service level agreement. Arms a deadline for each instant at which a running
// clock speaks.
#pragma once

#include <cstdint>

#include "daybook/event/v1/cases.pb.h"
#include "projections/engine/decision.h"

namespace daybook::projections::cases {

// Kinds of the deadlines of a clock: these, plus the clock's number. The key is the case. Frozen.
inline constexpr uint16_t kEscalationDeadline = 0x0810;
inline constexpr uint16_t kBreachDeadline = 0x0820;

constexpr uint16_t DeadlineOf(uint16_t kind, daybook::event::v1::SlaClock clock) {
  return static_cast<uint16_t>(kind + clock);
}

// Folds an event into decision state; ignores events of other domains. Total.
void Apply(const Event& event, EntityState& state);

}  // namespace daybook::projections::cases
