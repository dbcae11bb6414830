// What falls due on an account.
#include <vector>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/lots.h"

namespace daybook::projections::loyalty {

namespace ev = daybook::event::v1;

namespace {

// Lots that one firing takes. The deadline stays armed while there are more of them, and fires
// again: a commit has a bound.
constexpr int kMaxLotsOfFiring = 500;

}  // namespace

void ExpirePoints(const Deadline& deadline, Decision& decision) {
  ev::PointsExpired expired;
  expired.set_programme_id(deadline.key);
  *expired.mutable_due_at() = ToProto(deadline.due);
  LotCursor cursor(decision.state(), deadline.key, LotOrder::kExpiry, deadline.due);
  for (const LotRow* lot = cursor.Next(); lot != nullptr; lot = cursor.Next()) {
    if (!IsExpiredAt(*lot, deadline.due) || expired.allocations_size() >= kMaxLotsOfFiring) break;
    ev::Allocation& allocation = *expired.add_allocations();
    allocation.set_lot_id(cursor.lot_id());
    allocation.set_points(lot->remaining());
  }
  if (expired.allocations_size() > 0) decision.EmitAt(expired, deadline.due);
}

void ActivatePoints(const Deadline& deadline, Decision& decision) {
  // Noted first: each event changes the rows that the cursor goes over.
  std::vector<ev::PointsActivated> due;
  LotCursor cursor(decision.state(), deadline.key, LotOrder::kActivation, deadline.due);
  for (const LotRow* lot = cursor.Next(); lot != nullptr; lot = cursor.Next()) {
    if (IsPendingAt(*lot, deadline.due) || due.size() >= kMaxLotsOfFiring) break;
    ev::PointsActivated& activated = due.emplace_back();
    activated.set_programme_id(deadline.key);
    activated.set_lot_id(cursor.lot_id());
    activated.set_points(lot->remaining());
    *activated.mutable_due_at() = ToProto(deadline.due);
  }
  for (const ev::PointsActivated& activated : due) decision.EmitAt(activated, deadline.due);
}

}  // namespace daybook::projections::loyalty
