// What the requests of sales have in common: resource names, units and prices, and what both kinds
// of taking back answer.
#pragma once

#include <string>
#include <string_view>

#include "daybook/event/v1/values.pb.h"
#include "projections/engine/domain.h"
#include "projections/sales/rules.h"

namespace daybook::projections::sales {

// "customers/C" → the entity. CUSTOMER_MISSING.
MaybeRefusal NameCustomer(std::string_view field, std::string_view name, EntityRef* entity);
// "customers/C/orders/O" → the entity and O.
MaybeRefusal NameOrder(std::string_view field, std::string_view name, EntityRef* entity,
                       std::string* order_id);
// O of a name that passed NameOrder.
std::string OrderIdOf(std::string_view name);

std::string CustomerName(std::string_view customer);
std::string OrderName(std::string_view customer, std::string_view order_id);
std::string ProgrammeName(std::string_view programme_id);

// 1 to 10^9.
MaybeRefusal CheckUnits(std::string_view field, int64_t units);
// 0 ≤ units ≤ 10^15, scale ≤ 6.
MaybeRefusal CheckPrice(std::string_view field, const daybook::event::v1::UnitPrice& price);
// Normalised.
Price PriceOf(const daybook::event::v1::UnitPrice& price);

// Points that the recorded claw-backs took, over all orders and programmes; what was not found and
// not kept as a debt is not among them.
int64_t PointsTakenBack(const Recorded& recorded);

}  // namespace daybook::projections::sales
