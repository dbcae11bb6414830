// Words and rules of cases, free of state: names, which action may follow which status, clocks in a
// list.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daybook/event/v1/cases.pb.h"
#include "projections/engine/refusal.h"

namespace daybook::projections::cases {

// C and K → "customers/C/cases/K".
std::string CaseName(std::string_view customer, std::string_view case_id);
// K of such a name that passed ParseChild.
std::string CaseIdOf(std::string_view name);

// "ANSWERED" of CASE_ACTION_ANSWERED, "NEW" of CASE_STATUS_NEW: for people.
std::string NameOf(daybook::event::v1::CaseAction action);
std::string NameOf(daybook::event::v1::CaseStatus status);

// True while somebody has to do something: NEW, IN_PROGRESS, PENDING, WAITING_FOR_CUSTOMER.
bool IsOpen(daybook::event::v1::CaseStatus status);
// The status after an action; nothing if the action cannot follow (see CaseAction).
std::optional<daybook::event::v1::CaseStatus> StatusAfter(daybook::event::v1::CaseStatus from,
                                                          daybook::event::v1::CaseAction action);

using Clocks = google::protobuf::RepeatedPtrField<daybook::event::v1::CaseClock>;
// The clock of a kind in a list; null if it has none.
const daybook::event::v1::CaseClock* FindClock(daybook::event::v1::SlaClock which,
                                               const Clocks& clocks);
daybook::event::v1::CaseClock* FindClock(daybook::event::v1::SlaClock which, Clocks* clocks);
// Puts a clock in the place of the one of its kind; one without a state goes out of the list.
void SetClock(const daybook::event::v1::CaseClock& clock, Clocks* clocks);

}  // namespace daybook::projections::cases
