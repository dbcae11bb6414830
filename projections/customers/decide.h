// The customers' commands. Every function is pure; see CommandSpec for what each of the three kinds
// does.
#pragma once

#include <string_view>

#include "daybook/v1/customers.pb.h"
#include "projections/customers/state.h"
#include "projections/engine/domain.h"

namespace daybook::projections::customers {

// For other domains, before they record that a customer did something: registers an unknown one as
// CUSTOMER, with `origin`. Refuses with CUSTOMER_CLOSED who takes no facts any more. Call it last
// before the first Emit.
MaybeRefusal EnsureRegistered(Decision& decision, std::string_view origin = "order");
// CUSTOMER_UNKNOWN, about the field `customer`.
MaybeRefusal RefuseUnknown();

MaybeRefusal ValidateRegisterCustomer(const daybook::v1::RegisterCustomerRequest& request,
                                      EntityRef* entity);
MaybeRefusal DecideRegisterCustomer(const daybook::v1::RegisterCustomerRequest& request,
                                    Decision& decision);
void AnswerRegisterCustomer(const Recorded& recorded,
                            daybook::v1::RegisterCustomerResponse* response);

MaybeRefusal ValidateChangeAttributes(const daybook::v1::ChangeAttributesRequest& request,
                                      EntityRef* entity);
MaybeRefusal DecideChangeAttributes(const daybook::v1::ChangeAttributesRequest& request,
                                    Decision& decision);
void AnswerChangeAttributes(const Recorded& recorded,
                            daybook::v1::ChangeAttributesResponse* response);

MaybeRefusal ValidateChangeIdentifier(const daybook::v1::ChangeIdentifierRequest& request,
                                      EntityRef* entity);
MaybeRefusal DecideChangeIdentifier(const daybook::v1::ChangeIdentifierRequest& request,
                                    Decision& decision);
void AnswerChangeIdentifier(const Recorded& recorded,
                            daybook::v1::ChangeIdentifierResponse* response);

MaybeRefusal ValidateChangeLifecycle(const daybook::v1::ChangeLifecycleRequest& request,
                                     EntityRef* entity);
MaybeRefusal DecideChangeLifecycle(const daybook::v1::ChangeLifecycleRequest& request,
                                   Decision& decision);
void AnswerChangeLifecycle(const Recorded& recorded,
                           daybook::v1::ChangeLifecycleResponse* response);

// Reaction to an order: who had not bought before, or had left, is a customer from then on.
void BecomeCustomer(const Event& order, Decision& decision);

}  // namespace daybook::projections::customers
