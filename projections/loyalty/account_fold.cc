// ApplyToAccount: how events change lots and totals.
#include <algorithm>
#include <limits>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/lots.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

// What a lot counts for in its account, and where it is listed.
struct Standing {
  bool listed = false;   // among the open lots by expiry
  bool pending = false;  // and by activation
  int64_t active_points = 0;
  int64_t pending_points = 0;
  Timestamp expires_at = ledger::kDistantFuture;
  Timestamp activates_at;
};

Standing StandingOf(const LotRow& lot) {
  Standing s;
  const bool pending = lot.seen() && lot.has_activates_at_us() && !lot.activated();
  (pending ? s.pending_points : s.active_points) = lot.remaining();
  s.listed = lot.seen() && lot.remaining() > 0;
  s.pending = s.listed && pending;
  if (lot.has_expires_at_us()) s.expires_at = {lot.expires_at_us()};
  s.activates_at = {lot.activates_at_us()};
  return s;
}

std::optional<Timestamp> OptionalInstant(bool has, const google::protobuf::Timestamp& instant) {
  return has ? std::optional(FromProto(instant)) : std::nullopt;
}

bool IsUsedUp(const LotRow& lot) { return lot.seen() && lot.remaining() <= 0; }

// Changes of one account by one event. Lots first, then Finish, then the totals of the row that it
// gives.
class AccountFold {
 public:
  AccountFold(RowGroup& rows, std::string_view programme) : rows_(rows), programme_(programme) {}

  template <typename Change>
  void UpdateLot(std::string_view lot_id, Change change) {
    const std::string open_key = LotKey(LotPlace::kOpen, programme_, lot_id);
    if (rows_.Find<LotRow>(open_key) == nullptr) {
      const std::string closed_key = LotKey(LotPlace::kClosed, programme_, lot_id);
      if (const LotRow* closed = rows_.Find<LotRow>(closed_key); closed != nullptr) {
        LotRow moved = *closed;
        rows_.Erase<LotRow>(closed_key);
        rows_.Mutable<LotRow>(open_key).Swap(&moved);
      }
    }
    OpenOrNew(lot_id, open_key, change);
  }
  // A lot that nobody has used up yet: saves the look among those that are.
  template <typename Change>
  void NewLot(std::string_view lot_id, Change change) {
    OpenOrNew(lot_id, LotKey(LotPlace::kOpen, programme_, lot_id), change);
  }
  // One that no order earned, active at once.
  void AddLot(const Event& event, std::string_view lot_id, int64_t points,
              const std::optional<Timestamp>& expires_at) {
    NewLot(lot_id, [&](LotRow& lot) {
      lot.set_seen(true);
      lot.set_points(points);
      lot.set_remaining(lot.remaining() + points);
      lot.set_earned_at_us(event.occurred_at.micros);
      if (expires_at) lot.set_expires_at_us(expires_at->micros);
    });
  }
  // The one that the programme's policy made where points came back to lots that had lapsed.
  template <typename Payload>
  void AddNewLotOf(const Event& event, const Payload& payload) {
    if (payload.new_lot_id().empty()) return;
    AddLot(event, payload.new_lot_id(), payload.new_lot_points(),
           OptionalInstant(payload.has_new_lot_expires_at(), payload.new_lot_expires_at()));
  }
  int64_t AddToLots(const google::protobuf::RepeatedPtrField<ev::Allocation>& allocations,
                    int sign) {
    int64_t sum = 0;
    for (const ev::Allocation& allocation : allocations) {
      sum += allocation.points();
      UpdateLot(allocation.lot_id(), [&allocation, sign](LotRow& lot) {
        lot.set_remaining(lot.remaining() + sign * allocation.points());
      });
    }
    return sum;
  }

  // The account's row, with what the lots changed. `change` gets the due instants.
  AccountRow& Finish(DueChange* change) {
    std::optional<Timestamp> first_expiry;
    std::optional<Timestamp> first_activation;
    if (unlisted_) {
      first_expiry = First<LotByExpiryRow>();
      first_activation = First<LotByActivationRow>();
    }
    AccountRow& row = rows_.Mutable<AccountRow>(programme_);
    change->programme = programme_;
    change->before = DueOf(row);
    row.set_active(row.active() + active_);
    row.set_pending(row.pending() + pending_);
    row.set_latest_us(std::max(row.latest_us(), latest_us_));
    if (unlisted_) {
      first_expiry ? row.set_next_expiry_us(first_expiry->micros) : row.clear_next_expiry_us();
      first_activation ? row.set_next_activation_us(first_activation->micros)
                       : row.clear_next_activation_us();
    } else {
      if (new_expiry_ != ledger::kDistantFuture &&
          (!row.has_next_expiry_us() || new_expiry_.micros < row.next_expiry_us())) {
        row.set_next_expiry_us(new_expiry_.micros);
      }
      if (new_activation_ != ledger::kDistantFuture &&
          (!row.has_next_activation_us() || new_activation_.micros < row.next_activation_us())) {
        row.set_next_activation_us(new_activation_.micros);
      }
    }
    change->after = DueOf(row);
    return row;
  }

 private:
  static NextDue DueOf(const AccountRow& row) {
    NextDue due;
    if (row.has_next_expiry_us()) due.expiry = Timestamp{row.next_expiry_us()};
    if (row.has_next_activation_us()) due.activation = Timestamp{row.next_activation_us()};
    return due;
  }

  template <typename Change>
  void OpenOrNew(std::string_view lot_id, const std::string& open_key, Change change) {
    LotRow& lot = rows_.Mutable<LotRow>(open_key);
    const Standing before = StandingOf(lot);
    change(lot);
    const Standing after = StandingOf(lot);
    active_ += after.active_points - before.active_points;
    pending_ += after.pending_points - before.pending_points;
    latest_us_ = std::max({latest_us_, lot.earned_at_us(), lot.activates_at_us()});
    if (IsUsedUp(lot)) {
      LotRow moved;
      moved.Swap(&lot);
      rows_.Erase<LotRow>(open_key);
      rows_.Mutable<LotRow>(LotKey(LotPlace::kClosed, programme_, lot_id)).Swap(&moved);
    }
    List(lot_id, before, after);
  }

  void List(std::string_view lot_id, const Standing& before, const Standing& after) {
    if (before.listed && !after.listed) {
      rows_.Erase<LotByExpiryRow>(AccountTimeKey(programme_, before.expires_at, lot_id));
      unlisted_ = true;
    } else if (!before.listed && after.listed) {
      rows_.Mutable<LotByExpiryRow>(AccountTimeKey(programme_, after.expires_at, lot_id));
      new_expiry_ = std::min(new_expiry_, after.expires_at);
    }
    if (before.pending && !after.pending) {
      rows_.Erase<LotByActivationRow>(AccountTimeKey(programme_, before.activates_at, lot_id));
      unlisted_ = true;
    } else if (!before.pending && after.pending) {
      rows_.Mutable<LotByActivationRow>(AccountTimeKey(programme_, after.activates_at, lot_id));
      new_activation_ = std::min(new_activation_, after.activates_at);
    }
  }

  template <typename Row>
  std::optional<Timestamp> First() const {
    const std::string prefix = AccountPrefix(programme_);
    std::optional<Timestamp> first;
    rows_.Scan<Row>(prefix, [&first, &prefix](std::string_view key, const Row&) {
      first = InstantFromKey(key.substr(prefix.size()));
      return false;
    });
    if (first == ledger::kDistantFuture) return std::nullopt;
    return first;
  }

  RowGroup& rows_;
  const std::string_view programme_;
  int64_t active_ = 0;
  int64_t pending_ = 0;
  int64_t latest_us_ = std::numeric_limits<int64_t>::min();
  bool unlisted_ = false;  // a lot left a list, perhaps its first
  Timestamp new_expiry_ = ledger::kDistantFuture;
  Timestamp new_activation_ = ledger::kDistantFuture;
};

DueChange Enrol(const Event& event, const ev::LoyaltyEnrolled& payload, RowGroup& rows) {
  DueChange change;
  AccountRow& row = AccountFold(rows, payload.programme_id()).Finish(&change);
  row.set_enrolled_at_us(row.has_enrolled_at_us()
                             ? std::min(row.enrolled_at_us(), event.occurred_at.micros)
                             : event.occurred_at.micros);
  return change;
}

DueChange Earn(const Event& event, const ev::PointsEarned& payload, RowGroup& rows) {
  DueChange change;
  if (payload.points() == 0) return change;
  AccountFold fold(rows, payload.programme_id());
  if (!payload.lot_id().empty()) {
    fold.NewLot(payload.lot_id(), [&event, &payload](LotRow& lot) {
      lot.set_seen(true);
      lot.set_points(payload.points() - payload.debt_filled());
      lot.set_remaining(lot.remaining() + lot.points());
      lot.set_earned_at_us(event.occurred_at.micros);
      if (payload.has_activates_at())
        lot.set_activates_at_us(FromProto(payload.activates_at()).micros);
      if (payload.has_expires_at()) lot.set_expires_at_us(FromProto(payload.expires_at()).micros);
      lot.set_order_id(payload.order_id());
    });
  }
  AccountRow& row = fold.Finish(&change);
  row.set_earned(row.earned() + payload.points());
  row.set_debt(row.debt() - payload.debt_filled());
  return change;
}

DueChange Activate(const ev::PointsActivated& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.UpdateLot(payload.lot_id(), [](LotRow& lot) { lot.set_activated(true); });
  fold.Finish(&change);
  return change;
}

DueChange Redeem(const ev::PointsRedeemed& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.AddToLots(payload.allocations(), -1);
  AccountRow& row = fold.Finish(&change);
  row.set_redeemed(row.redeemed() + payload.points());
  return change;
}

DueChange Reverse(const Event& event, const ev::RedemptionReversed& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.AddToLots(payload.restored(), +1);
  fold.AddNewLotOf(event, payload);
  AccountRow& row = fold.Finish(&change);
  row.set_redeemed(row.redeemed() - payload.points());
  row.set_expired(row.expired() + payload.lapsed());
  return change;
}

DueChange ClawBack(const ev::PointsClawedBack& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  int64_t taken = fold.AddToLots(payload.allocations(), -1);
  AccountRow& row = fold.Finish(&change);
  if (payload.shortfall_policy() == ev::SHORTFALL_POLICY_DEBT) {
    row.set_debt(row.debt() + payload.shortfall());
    taken += payload.shortfall();
  }
  row.set_clawed_back(row.clawed_back() + taken);
  return change;
}

DueChange Expire(const ev::PointsExpired& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  const int64_t lapsed = fold.AddToLots(payload.allocations(), -1);
  AccountRow& row = fold.Finish(&change);
  row.set_expired(row.expired() + lapsed);
  return change;
}

DueChange Transfer(const ev::PointsTransferred& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.AddToLots(payload.allocations(), -1);
  AccountRow& row = fold.Finish(&change);
  row.set_transferred(row.transferred() - payload.points());
  row.set_in_transit(row.in_transit() + payload.points());
  return change;
}

DueChange Receive(const Event& event, const ev::PointsReceived& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  for (const ev::TransferredLot& received : payload.lots()) {
    fold.AddLot(event, received.lot_id(), received.points(),
                OptionalInstant(received.has_expires_at(), received.expires_at()));
  }
  AccountRow& row = fold.Finish(&change);
  row.set_transferred(row.transferred() + payload.points());
  row.set_debt(row.debt() - payload.debt_filled());
  return change;
}

DueChange CloseTransfer(const Event& event, const ev::PointsTransferClosed& payload,
                        RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.AddToLots(payload.restored(), +1);
  fold.AddNewLotOf(event, payload);
  AccountRow& row = fold.Finish(&change);
  row.set_in_transit(row.in_transit() - payload.points());
  if (!payload.accepted()) {
    row.set_transferred(row.transferred() + payload.points());
    row.set_expired(row.expired() + payload.lapsed());
  }
  return change;
}

DueChange Adjust(const Event& event, const ev::PointsAdjusted& payload, RowGroup& rows) {
  DueChange change;
  AccountFold fold(rows, payload.programme_id());
  fold.AddToLots(payload.allocations(), -1);
  if (!payload.lot_id().empty()) {
    fold.AddLot(event, payload.lot_id(), payload.points() - payload.debt_filled(),
                OptionalInstant(payload.has_expires_at(), payload.expires_at()));
  }
  AccountRow& row = fold.Finish(&change);
  row.set_adjusted(row.adjusted() + payload.points());
  row.set_debt(row.debt() + payload.shortfall() - payload.debt_filled());
  return change;
}

}  // namespace

DueChange ApplyToAccount(const Event& event, RowGroup& rows) {
  switch (event.type) {
    case ev::EVENT_TYPE_LOYALTY_ENROLLED:
      return Enrol(event, event.As<ev::LoyaltyEnrolled>(), rows);
    case ev::EVENT_TYPE_POINTS_EARNED:
      return Earn(event, event.As<ev::PointsEarned>(), rows);
    case ev::EVENT_TYPE_POINTS_ACTIVATED:
      return Activate(event.As<ev::PointsActivated>(), rows);
    case ev::EVENT_TYPE_POINTS_REDEEMED:
      return Redeem(event.As<ev::PointsRedeemed>(), rows);
    case ev::EVENT_TYPE_REDEMPTION_REVERSED:
      return Reverse(event, event.As<ev::RedemptionReversed>(), rows);
    case ev::EVENT_TYPE_POINTS_CLAWED_BACK:
      return ClawBack(event.As<ev::PointsClawedBack>(), rows);
    case ev::EVENT_TYPE_POINTS_EXPIRED:
      return Expire(event.As<ev::PointsExpired>(), rows);
    case ev::EVENT_TYPE_POINTS_ADJUSTED:
      return Adjust(event, event.As<ev::PointsAdjusted>(), rows);
    case ev::EVENT_TYPE_POINTS_TRANSFERRED:
      return Transfer(event.As<ev::PointsTransferred>(), rows);
    case ev::EVENT_TYPE_POINTS_RECEIVED:
      return Receive(event, event.As<ev::PointsReceived>(), rows);
    case ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED:
      return CloseTransfer(event, event.As<ev::PointsTransferClosed>(), rows);
    default:
      return {};
  }
}

}  // namespace daybook::projections::loyalty
