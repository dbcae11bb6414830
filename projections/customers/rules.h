// Arithmetic and words of customers, free of state: names, stages, how well a candidate fits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daybook/event/v1/customers.pb.h"
#include "daybook/v1/common.pb.h"
#include "projections/engine/event.h"
#include "projections/engine/refusal.h"

namespace daybook::projections::customers {

// "customers/C" → the customer's entity (its tenant is set already). Refuses as ParseCustomer does.
MaybeRefusal NameCustomer(std::string_view field, std::string_view name, EntityRef* entity);
// C → "customers/C".
std::string CustomerName(std::string_view id);
// The id of a customer who was registered without one: 32 hexadecimal digits, the same for the same
// request.
std::string DerivedId(std::string_view tenant, std::string_view request_id);

// For questions about the present only: as_of and known_at are not taken.
MaybeRefusal RefuseHistory(const daybook::v1::ReadOptions& read);

// Whether stage `to` may follow `from`. Suspects and prospects go both ways; who has bought can
// only leave; who has left may show interest or buy again; nothing follows death. No stage follows
// itself.
bool MayFollow(daybook::event::v1::LifecycleStage from, daybook::event::v1::LifecycleStage to);

// What is known of a candidate of a look-up.
struct Fit {
  bool exact = false;  // the whole identifier; else only the last digits of a phone number
  bool verified = false;
  bool shared = false;
  bool invalid = false;
};
// 1 to 1,000. Exact: verified 1,000, attached 700, shared and verified 500, shared 400, invalidated
// 100; half of it for last digits.
int ScoreOf(const Fit& fit);
// Names of Candidate.reasons, in a fixed order.
std::vector<std::string> ReasonsOf(const Fit& fit);

}  // namespace daybook::projections::customers
