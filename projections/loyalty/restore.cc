#include "projections/loyalty/restore.h"

namespace daybook::projections::loyalty {

namespace ev = daybook::event::v1;

Restoration Restore(const Decision& decision, const Programme& programme, const Allocations& back) {
  const Timestamp at = decision.context().effective;
  Restoration result;
  for (const ev::Allocation& allocation : back) {
    const LotRow* lot = FindLot(decision.state(), programme.id(), allocation.lot_id());
    if (lot != nullptr && IsExpiredAt(*lot, at)) {
      result.lapsed += allocation.points();
    } else {
      *result.restored.Add() = allocation;
    }
  }
  const auto policy = programme.published().expired_refund();
  const bool lives_on =
      policy == ev::EXPIRED_REFUND_POLICY_GRACE || policy == ev::EXPIRED_REFUND_POLICY_NEW_LOT;
  if (result.lapsed == 0 || !lives_on) return result;
  result.new_lot_points = std::exchange(result.lapsed, 0);
  result.new_lot_id = NextLotId(decision);
  result.new_lot_expires_at = policy == ev::EXPIRED_REFUND_POLICY_GRACE
                                  ? std::optional(programme.GraceEndsAt(at))
                                  : programme.ExpiresAt(at);
  return result;
}

}  // namespace daybook::projections::loyalty
