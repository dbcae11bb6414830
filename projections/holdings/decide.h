// The commands of holdings. Pure; see CommandSpec for what each of the three kinds of function
// does.
#pragma once

#include "daybook/v1/holdings.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::holdings {

// CUSTOMER_UNKNOWN, HOLDING_EXISTS.
MaybeRefusal ValidateOpenHolding(const daybook::v1::OpenHoldingRequest& request, EntityRef* entity);
MaybeRefusal DecideOpenHolding(const daybook::v1::OpenHoldingRequest& request, Decision& decision);
void AnswerOpenHolding(const Recorded& recorded, daybook::v1::OpenHoldingResponse* response);

// CUSTOMER_UNKNOWN, HOLDING_UNKNOWN, HOLDING_CLOSED.
MaybeRefusal ValidateChangeHolding(const daybook::v1::ChangeHoldingRequest& request,
                                   EntityRef* entity);
MaybeRefusal DecideChangeHolding(const daybook::v1::ChangeHoldingRequest& request,
                                 Decision& decision);
void AnswerChangeHolding(const Recorded& recorded, daybook::v1::ChangeHoldingResponse* response);

// CUSTOMER_UNKNOWN, HOLDING_UNKNOWN, HOLDING_CLOSED.
MaybeRefusal ValidateCloseHolding(const daybook::v1::CloseHoldingRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideCloseHolding(const daybook::v1::CloseHoldingRequest& request,
                                Decision& decision);
void AnswerCloseHolding(const Recorded& recorded, daybook::v1::CloseHoldingResponse* response);

// C and H → "customers/C/holdings/H".
std::string HoldingName(std::string_view customer, std::string_view holding_id);

}  // namespace daybook::projections::holdings
