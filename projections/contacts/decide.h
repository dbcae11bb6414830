// The contacts' command. Pure; see CommandSpec for what each of the three kinds of function does.
#pragma once

#include "daybook/v1/contacts.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::contacts {

MaybeRefusal ValidateRecordContact(const daybook::v1::RecordContactRequest& request,
                                   EntityRef* entity);
// An attempt and, if it is known how it ended, its outcome. CUSTOMER_UNKNOWN, CONTACT_EXISTS.
MaybeRefusal DecideRecordContact(const daybook::v1::RecordContactRequest& request,
                                 Decision& decision);
void AnswerRecordContact(const Recorded& recorded, daybook::v1::RecordContactResponse* response);

// C and K → "customers/C/contacts/K".
std::string ContactName(std::string_view customer, std::string_view contact);

}  // namespace daybook::projections::contacts
