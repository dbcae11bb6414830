#include "projections/loyalty/state.h"

#include <algorithm>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/loyalty/lots.h"
#include "projections/loyalty/rows.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

void CountLot(const std::string& lot_id, RowGroup& rows) {
  if (lot_id.empty()) return;
  LoyaltyRow& row = rows.Mutable<LoyaltyRow>();
  row.set_lots_made(row.lots_made() + 1);
}

EarnedRow& EarnedIn(const std::string& order_id, const std::string& programme, RowGroup& rows) {
  EarnedOrderRow& order = rows.Mutable<EarnedOrderRow>(order_id);
  for (EarnedRow& earned : *order.mutable_earned()) {
    if (earned.programme_id() == programme) return earned;
  }
  EarnedRow& earned = *order.add_earned();
  earned.set_programme_id(programme);
  return earned;
}

void RememberEarning(const ev::PointsEarned& payload, RowGroup& rows) {
  CountLot(payload.lot_id(), rows);
  if (payload.points() == 0) return;
  EarnedRow& earned = EarnedIn(payload.order_id(), payload.programme_id(), rows);
  earned.set_programme_version(payload.programme_version());
  earned.set_lot_id(payload.lot_id());
  earned.set_points(payload.points());
  earned.set_base_minor(payload.base_minor_units());
  earned.clear_lines();
  for (const ev::EarnShare& share : payload.shares()) {
    const int lines = earned.lines_size();
    if (lines == 0 || earned.lines(lines - 1) != share.order_line())
      earned.add_lines(share.order_line());
  }
}

void RememberRedemption(const ev::PointsRedeemed& payload, RowGroup& rows) {
  RedemptionRow& row = rows.Mutable<RedemptionRow>(payload.redemption_id());
  row.set_programme_id(payload.programme_id());
  for (const ev::Allocation& allocation : payload.allocations()) {
    RedeemedRow& redeemed = *row.add_redeemed();
    redeemed.set_lot_id(allocation.lot_id());
    redeemed.set_points(allocation.points());
  }
}

void RememberReversal(const ev::RedemptionReversed& payload, RowGroup& rows) {
  CountLot(payload.new_lot_id(), rows);
  RedemptionRow& row = rows.Mutable<RedemptionRow>(payload.redemption_id());
  for (const ev::Allocation& reversed : payload.reversed()) {
    for (RedeemedRow& redeemed : *row.mutable_redeemed()) {
      if (redeemed.lot_id() != reversed.lot_id()) continue;
      redeemed.set_reversed(redeemed.reversed() + reversed.points());
      break;
    }
  }
}

void Remember(const Event& event, RowGroup& rows) {
  switch (event.type) {
    case ev::EVENT_TYPE_PROGRAMME_PUBLISHED: {
      const auto& payload = event.As<ev::ProgrammePublished>();
      ProgrammeRow& row = rows.Mutable<ProgrammeRow>(payload.programme_id());
      row.set_version(std::max(row.version(), payload.version()));
      return;
    }
    case ev::EVENT_TYPE_POINTS_EARNED:
      return RememberEarning(event.As<ev::PointsEarned>(), rows);
    case ev::EVENT_TYPE_POINTS_REDEEMED:
      return RememberRedemption(event.As<ev::PointsRedeemed>(), rows);
    case ev::EVENT_TYPE_REDEMPTION_REVERSED:
      return RememberReversal(event.As<ev::RedemptionReversed>(), rows);
    case ev::EVENT_TYPE_POINTS_CLAWED_BACK: {
      const auto& payload = event.As<ev::PointsClawedBack>();
      EarnedRow& earned = EarnedIn(payload.order_id(), payload.programme_id(), rows);
      earned.set_clawed_back(earned.clawed_back() + payload.points());
      return;
    }
    case ev::EVENT_TYPE_POINTS_ADJUSTED: {
      const auto& payload = event.As<ev::PointsAdjusted>();
      CountLot(payload.lot_id(), rows);
      rows.Mutable<AdjustmentRow>(payload.adjustment_id())
          .set_occurred_at_us(event.occurred_at.micros);
      return;
    }
    case ev::EVENT_TYPE_POINTS_TRANSFERRED:
      rows.Mutable<TransferRow>(event.As<ev::PointsTransferred>().transfer_id());
      return;
    case ev::EVENT_TYPE_POINTS_RECEIVED:
      for (const ev::TransferredLot& lot : event.As<ev::PointsReceived>().lots())
        CountLot(lot.lot_id(), rows);
      return;
    case ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED:
      CountLot(event.As<ev::PointsTransferClosed>().new_lot_id(), rows);
      return;
    default:
      return;
  }
}

void Rearm(uint16_t kind, std::string_view programme, const std::optional<Timestamp>& before,
           const std::optional<Timestamp>& after, EntityState& state) {
  if (before == after) return;
  if (after) {
    state.Arm({kind, std::string(programme), *after});
  } else {
    state.Disarm(kind, programme);
  }
}

}  // namespace

void Apply(const Event& event, EntityState& state) {
  Remember(event, state.rows());
  const DueChange change = ApplyToAccount(event, state.rows());
  Rearm(kExpiryDeadline, change.programme, change.before.expiry, change.after.expiry, state);
  Rearm(kActivationDeadline, change.programme, change.before.activation, change.after.activation,
        state);
}

}  // namespace daybook::projections::loyalty
