// What the decisions about an account have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/decision.h"
#include "projections/loyalty/lots.h"
#include "projections/loyalty/programme.h"

namespace daybook::projections::loyalty {

// "customers/C" and "programmes/P" of a request.
MaybeRefusal NameAccount(std::string_view customer, std::string_view programme, EntityRef* entity);
// P of a name that passed NameAccount.
std::string ProgrammeIdOf(std::string_view name);
MaybeRefusal RefuseProgrammeUnknown(std::string_view programme_id);
MaybeRefusal RefuseNotEnrolled(std::string_view programme_id);
MaybeRefusal RefuseInsufficient(int64_t wanted, int64_t available);

// The account in which the customer is enrolled, or null.
const AccountRow* EnrolledAccount(const RowGroup& state, std::string_view programme_id);

// The order in which a programme spends lots.
LotOrder OrderOf(const Programme& programme);

// Lots that the customer was given so far, in all programmes.
uint64_t LotsMade(const RowGroup& state);
// The id that the customer's next lot gets.
std::string NextLotId(const Decision& decision);

using Allocations = google::protobuf::RepeatedPtrField<daybook::event::v1::Allocation>;

// Takes up to `points` from the lots that are active at `at` (earned and activated by then, not
// lapsed), in order, and appends what each gives. Gives the sum. `skip`: a lot that is left out.
// Looks at no more lots than it takes from and those before them that are not active at `at`.
int64_t TakeActive(const RowGroup& state, const Programme& programme, Timestamp at, int64_t points,
                   std::string_view skip, Allocations* allocations);
// The same from lots that are not active yet.
int64_t TakePending(const RowGroup& state, const Programme& programme, Timestamp at, int64_t points,
                    std::string_view skip, Allocations* allocations);

// As TakeActive, where a debt comes first: it must be covered by lots too. All of `points` or,
// allocating nothing, what could have been had.
int64_t TakeSpendable(const RowGroup& state, const Programme& programme, const AccountRow& account,
                      Timestamp at, int64_t points, Allocations* allocations);

}  // namespace daybook::projections::loyalty
