#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "projections/loyalty/rows.h"
#include "projections/loyalty/views.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

using Allocations = google::protobuf::RepeatedPtrField<ev::Allocation>;

// The statement of one account, as one event goes on with it.
class Statement {
 public:
  Statement(const Event& event, const std::string& programme, RowGroup& rows)
      : event_(event), programme_(programme), rows_(rows) {}

  // Appends an entry and gives its number.
  uint64_t Add(int64_t points, const std::string& reference) {
    StatementRow& account = rows_.Mutable<StatementRow>(programme_);
    const uint64_t number = account.entries() + 1;
    const int64_t balance = account.balance() + points;
    account.set_entries(number);
    account.set_balance(balance);
    StatementEntryRow& entry =
        rows_.Mutable<StatementEntryRow>(AccountKey(programme_, KeyOf(number)));
    entry.set_occurred_at_us(event_.occurred_at.micros);
    entry.set_type(event_.type);
    entry.set_points(points);
    entry.set_reference(reference);
    entry.set_event_id(std::string(ledger::AsView(event_.id)));
    entry.set_balance_after(balance);
    return number;
  }

  void NewLot(const std::string& lot_id, const std::string& order_id, int64_t points) {
    if (lot_id.empty()) return;
    LotTraceRow& lot = Lot(lot_id);
    lot.set_order_id(order_id);
    lot.set_remaining(lot.remaining() + points);
  }
  void AddToLots(const Allocations& allocations, int sign) {
    for (const ev::Allocation& allocation : allocations) {
      LotTraceRow& lot = Lot(allocation.lot_id());
      lot.set_remaining(lot.remaining() + sign * allocation.points());
    }
  }
  // What happened to an order's points since.
  void Since(const std::string& order_id, uint64_t entry, int64_t points) {
    SinceRow& since = *Earning(order_id).add_since();
    since.set_entry(entry);
    since.set_points(points);
  }
  ExplainedEarningRow& Earning(const std::string& order_id) {
    return rows_.Mutable<ExplainedEarningRow>(AccountKey(programme_, order_id));
  }
  LotTraceRow& Lot(const std::string& lot_id) {
    return rows_.Mutable<LotTraceRow>(AccountKey(programme_, lot_id));
  }

 private:
  const Event& event_;
  const std::string& programme_;
  RowGroup& rows_;
};

int64_t Sum(const Allocations& allocations) {
  int64_t sum = 0;
  for (const ev::Allocation& allocation : allocations) sum += allocation.points();
  return sum;
}

void ApplyEarned(const Event& event, const ev::PointsEarned& payload, RowGroup& rows) {
  Statement statement(event, payload.programme_id(), rows);
  ExplainedEarningRow& earning = statement.Earning(payload.order_id());
  payload.SerializeToString(earning.mutable_points_earned());
  earning.set_event_id(std::string(ledger::AsView(event.id)));
  if (payload.points() == 0) return;
  statement.NewLot(payload.lot_id(), payload.order_id(), payload.points() - payload.debt_filled());
  statement.Add(payload.points(), payload.order_id());
}

void ApplyReversed(const Event& event, const ev::RedemptionReversed& payload, RowGroup& rows) {
  Statement statement(event, payload.programme_id(), rows);
  statement.AddToLots(payload.restored(), +1);
  statement.NewLot(payload.new_lot_id(), {}, payload.new_lot_points());
  statement.Add(payload.points() - payload.lapsed(), payload.redemption_id());
}

void ApplyClawedBack(const Event& event, const ev::PointsClawedBack& payload, RowGroup& rows) {
  Statement statement(event, payload.programme_id(), rows);
  statement.AddToLots(payload.allocations(), -1);
  int64_t points = Sum(payload.allocations());
  if (payload.shortfall_policy() == ev::SHORTFALL_POLICY_DEBT) points += payload.shortfall();
  const std::string& reference =
      payload.return_id().empty() ? payload.order_id() : payload.return_id();
  const uint64_t entry = statement.Add(-points, reference);
  statement.Since(payload.order_id(), entry, -points);
}

void ApplyExpired(const Event& event, const ev::PointsExpired& payload, RowGroup& rows) {
  Statement statement(event, payload.programme_id(), rows);
  const uint64_t entry = statement.Add(-Sum(payload.allocations()), {});
  statement.AddToLots(payload.allocations(), -1);
  for (const ev::Allocation& allocation : payload.allocations()) {
    const std::string order_id = statement.Lot(allocation.lot_id()).order_id();
    if (!order_id.empty()) statement.Since(order_id, entry, -allocation.points());
  }
}

class StatementView : public View {
 public:
  std::string_view name() const override { return kStatementView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == ev::EVENT_TYPE_ORDER_COMPLETED ||
           (type >= ev::EVENT_TYPE_POINTS_EARNED && type <= ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED);
  }
  void Apply(const Event& event, ViewState& state) const override {
    RowGroup& rows = state.entity();
    switch (event.type) {
      case ev::EVENT_TYPE_ORDER_COMPLETED: {
        const auto& payload = event.As<ev::OrderCompleted>();
        ExplainedOrderRow& order = rows.Mutable<ExplainedOrderRow>(payload.order_id());
        payload.SerializeToString(order.mutable_order_completed());
        return;
      }
      case ev::EVENT_TYPE_POINTS_EARNED:
        return ApplyEarned(event, event.As<ev::PointsEarned>(), rows);
      case ev::EVENT_TYPE_POINTS_ACTIVATED: {
        const auto& payload = event.As<ev::PointsActivated>();
        Statement statement(event, payload.programme_id(), rows);
        const std::string order_id = statement.Lot(payload.lot_id()).order_id();
        statement.Add(0, order_id);
        return;
      }
      case ev::EVENT_TYPE_POINTS_REDEEMED: {
        const auto& payload = event.As<ev::PointsRedeemed>();
        Statement statement(event, payload.programme_id(), rows);
        statement.AddToLots(payload.allocations(), -1);
        statement.Add(-payload.points(), payload.redemption_id());
        return;
      }
      case ev::EVENT_TYPE_REDEMPTION_REVERSED:
        return ApplyReversed(event, event.As<ev::RedemptionReversed>(), rows);
      case ev::EVENT_TYPE_POINTS_CLAWED_BACK:
        return ApplyClawedBack(event, event.As<ev::PointsClawedBack>(), rows);
      case ev::EVENT_TYPE_POINTS_EXPIRED:
        return ApplyExpired(event, event.As<ev::PointsExpired>(), rows);
      case ev::EVENT_TYPE_POINTS_ADJUSTED: {
        const auto& payload = event.As<ev::PointsAdjusted>();
        Statement statement(event, payload.programme_id(), rows);
        statement.AddToLots(payload.allocations(), -1);
        statement.NewLot(payload.lot_id(), {}, payload.points() - payload.debt_filled());
        statement.Add(payload.points(), payload.adjustment_id());
        return;
      }
      case ev::EVENT_TYPE_POINTS_TRANSFERRED: {
        const auto& payload = event.As<ev::PointsTransferred>();
        Statement statement(event, payload.programme_id(), rows);
        statement.AddToLots(payload.allocations(), -1);
        statement.Add(-payload.points(), payload.transfer_id());
        return;
      }
      case ev::EVENT_TYPE_POINTS_RECEIVED: {
        const auto& payload = event.As<ev::PointsReceived>();
        Statement statement(event, payload.programme_id(), rows);
        for (const ev::TransferredLot& lot : payload.lots())
          statement.NewLot(lot.lot_id(), {}, lot.points());
        statement.Add(payload.points(), payload.transfer_id());
        return;
      }
      case ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED: {
        const auto& payload = event.As<ev::PointsTransferClosed>();
        if (payload.accepted()) return;
        Statement statement(event, payload.programme_id(), rows);
        statement.AddToLots(payload.restored(), +1);
        statement.NewLot(payload.new_lot_id(), {}, payload.new_lot_points());
        statement.Add(payload.points() - payload.lapsed(), payload.transfer_id());
        return;
      }
      default:
        return;
    }
  }
};

}  // namespace

std::unique_ptr<View> MakeStatementView() { return std::make_unique<StatementView>(); }

}  // namespace daybook::projections::loyalty
