// The commands and deadlines of cases. For commands, Validate* looks at the request alone and names
// its entity; Decide* judges it and emits what happened; Answer* makes the answer from the events.
#pragma once

#include "daybook/v1/cases.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::cases {

inline constexpr size_t kMaxTermBytes = 128;
inline constexpr size_t kMaxNoteBytes = 16'384;

// Opens a case and starts its clocks. CUSTOMER_UNKNOWN, CASE_EXISTS; SLA_UNKNOWN if an agreement is
// named that is not in force.
MaybeRefusal ValidateOpenCase(const daybook::v1::OpenCaseRequest& request, EntityRef* entity);
MaybeRefusal DecideOpenCase(const daybook::v1::OpenCaseRequest& request, Decision& decision);
void AnswerOpenCase(const Recorded& recorded, daybook::v1::OpenCaseResponse* response);
// Starts the clocks of a new case by the agreement in force and emits its opening.
void EmitOpened(daybook::event::v1::CaseOpened opened, std::string_view sla_id, Decision& decision);

// Does something with a case. CUSTOMER_UNKNOWN, CASE_UNKNOWN, CASE_ACTION_INVALID,
// CASE_MERGE_INVALID, CASE_EXISTS.
MaybeRefusal ValidateChangeCase(const daybook::v1::ChangeCaseRequest& request, EntityRef* entity);
MaybeRefusal DecideChangeCase(const daybook::v1::ChangeCaseRequest& request, Decision& decision);
void AnswerChangeCase(const Recorded& recorded, daybook::v1::ChangeCaseResponse* response);

// Publishes an agreement's next version. Entity: the tenant.
MaybeRefusal ValidatePublishSla(const daybook::v1::PublishSlaRequest& request, EntityRef* entity);
MaybeRefusal DecidePublishSla(const daybook::v1::PublishSlaRequest& request, Decision& decision);
void AnswerPublishSla(const Recorded& recorded, daybook::v1::PublishSlaResponse* response);

// Deadlines of a clock; the key is the case.
void EscalateCase(daybook::event::v1::SlaClock clock, const Deadline& deadline, Decision& decision);
void BreachSla(daybook::event::v1::SlaClock clock, const Deadline& deadline, Decision& decision);

}  // namespace daybook::projections::cases
