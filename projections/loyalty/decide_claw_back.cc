// ClawBackForReturn.
#include <algorithm>
#include <string>
#include <vector>

#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/sales/names.h"
#include "projections/sales/rows.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

// Earn base of the eligible lines that has come back so far.
int64_t ReturnedBase(const EarnedRow& earned, const sales::OrderRow& order) {
  int64_t returned = 0;
  for (const uint32_t number : earned.lines()) {
    if (number == 0 || static_cast<int>(number) > order.lines_size()) continue;
    const sales::OrderLineRow& line = order.lines(static_cast<int>(number) - 1);
    if (line.returned_units() == 0) continue;
    returned += sales::ShareOf(line.earn_base_minor(),
                               std::min(line.returned_units(), line.units()), line.units());
  }
  return returned;
}

// The rules of the return's instant; of a return dated before any of them, those that the order
// earned by.
const Programme& RulesFor(const EarnedRow& earned, const Decision& decision) {
  const Programme* programme = ProgrammeInForce(decision, earned.programme_id());
  if (programme == nullptr) {
    programme = decision.context().policies->Version<Programme>(
        decision.entity().tenant, ev::EVENT_TYPE_PROGRAMME_PUBLISHED, earned.programme_id(),
        earned.programme_version());
  }
  CheckInvariant(programme != nullptr, "an order earned by a programme that does not exist");
  return *programme;
}

// The order's own lot first, pending or not; then the other lots, active ones before pending ones.
int64_t TakeFromLots(const EarnedRow& earned, const Programme& programme, const Decision& decision,
                     int64_t points, Allocations* allocations) {
  const Timestamp at = decision.context().effective;
  int64_t taken = 0;
  if (!earned.lot_id().empty()) {
    const LotRow* own = FindLot(decision.state(), programme.id(), earned.lot_id());
    if (own != nullptr && own->seen() && own->remaining() > 0 && !IsExpiredAt(*own, at)) {
      taken = std::min(points, own->remaining());
      ev::Allocation& allocation = *allocations->Add();
      allocation.set_lot_id(earned.lot_id());
      allocation.set_points(taken);
    }
  }
  if (taken < points) {
    taken +=
        TakeActive(decision.state(), programme, at, points - taken, earned.lot_id(), allocations);
  }
  if (taken < points) {
    taken +=
        TakePending(decision.state(), programme, at, points - taken, earned.lot_id(), allocations);
  }
  return taken;
}

void ClawBack(const EarnedRow& earned, const std::string& order_id, const std::string& return_id,
              Decision& decision) {
  const sales::OrderRow* order = decision.state().Find<sales::OrderRow>(order_id);
  CheckInvariant(order != nullptr, "points were earned by an order that is not there");
  const int64_t returned = ReturnedBase(earned, *order);
  const int64_t points =
      ClawBackNow(earned.points(), earned.base_minor(), returned, earned.clawed_back());
  if (points <= 0) return;

  const Programme& programme = RulesFor(earned, decision);
  ev::PointsClawedBack clawed;
  clawed.set_programme_id(earned.programme_id());
  clawed.set_order_id(order_id);
  clawed.set_return_id(return_id);
  clawed.set_points(points);
  clawed.set_shortfall(
      points - TakeFromLots(earned, programme, decision, points, clawed.mutable_allocations()));
  clawed.set_shortfall_policy(programme.published().shortfall());
  clawed.set_returned_base_minor_units(returned);
  decision.UsesPolicy(sales::ProgrammeName(programme.id()), programme.version);
  decision.Emit(clawed);
}

void ClawBackOrder(const std::string& order_id, const std::string& return_id, Decision& decision) {
  const EarnedOrderRow* row = decision.state().Find<EarnedOrderRow>(order_id);
  if (row == nullptr) return;
  const EarnedOrderRow earned = *row;  // the row changes with each claw-back
  for (const EarnedRow& in_programme : earned.earned())
    ClawBack(in_programme, order_id, return_id, decision);
}

}  // namespace

void ClawBackForReturn(const Event& returned, Decision& decision) {
  if (returned.type == ev::EVENT_TYPE_ORDER_CANCELLED) {
    const std::string order_id = returned.As<ev::OrderCancelled>().order_id();
    ClawBackOrder(order_id, {}, decision);
    return;
  }
  const auto& payload = returned.As<ev::ItemsReturned>();
  const std::string return_id = payload.return_id();
  std::vector<std::string> orders;  // each once, as they were matched
  for (const ev::ReturnAllocation& allocation : payload.allocations()) {
    if (std::find(orders.begin(), orders.end(), allocation.order_id()) == orders.end()) {
      orders.push_back(allocation.order_id());
    }
  }
  for (const std::string& order_id : orders) ClawBackOrder(order_id, return_id, decision);
}

}  // namespace daybook::projections::loyalty
