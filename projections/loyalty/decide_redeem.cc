// RedeemPoints and ReverseRedemption.
#include <algorithm>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

using daybook::v1::RedeemPointsRequest;
using daybook::v1::ReverseRedemptionRequest;

int64_t LeftOf(const RedemptionRow& redemption) {
  int64_t left = 0;
  for (const RedeemedRow& redeemed : redemption.redeemed())
    left += redeemed.points() - redeemed.reversed();
  return left;
}

void Append(const std::string& lot_id, int64_t points, Allocations* allocations) {
  ev::Allocation& allocation = *allocations->Add();
  allocation.set_lot_id(lot_id);
  allocation.set_points(points);
}

// Undoes the allocations taken last first, as if less had been redeemed. Gives the points of lots
// that have lapsed.
int64_t Restore(const RedemptionRow& redemption, const RowGroup& state, Timestamp at,
                ev::RedemptionReversed* event) {
  int64_t left = event->points();
  int64_t lapsed = 0;
  for (int i = redemption.redeemed_size(); i > 0 && left > 0; --i) {
    const RedeemedRow& redeemed = redemption.redeemed(i - 1);
    const int64_t points = std::min(left, redeemed.points() - redeemed.reversed());
    if (points == 0) continue;
    left -= points;
    Append(redeemed.lot_id(), points, event->mutable_reversed());
    const LotRow* lot = FindLot(state, redemption.programme_id(), redeemed.lot_id());
    if (lot != nullptr && IsExpiredAt(*lot, at)) {
      lapsed += points;
    } else {
      Append(redeemed.lot_id(), points, event->mutable_restored());
    }
  }
  return lapsed;
}

// What the programme does with points whose lots have lapsed meanwhile.
void SettleLapsed(int64_t lapsed, const Programme& programme, const Decision& decision,
                  ev::RedemptionReversed* event) {
  if (lapsed == 0) return;
  const Timestamp at = decision.context().effective;
  switch (programme.published().expired_refund()) {
    case ev::EXPIRED_REFUND_POLICY_GRACE:
      *event->mutable_new_lot_expires_at() = ToProto(programme.GraceEndsAt(at));
      break;
    case ev::EXPIRED_REFUND_POLICY_NEW_LOT:
      if (const auto expires_at = programme.ExpiresAt(at)) {
        *event->mutable_new_lot_expires_at() = ToProto(*expires_at);
      }
      break;
    default:
      event->set_lapsed(lapsed);
      return;
  }
  event->set_new_lot_id(NextLotId(decision));
  event->set_new_lot_points(lapsed);
}

}  // namespace

MaybeRefusal ValidateRedeemPoints(const RedeemPointsRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  if (MaybeRefusal r = CheckCode("redemption_id", request.redemption_id(), Presence::kRequired))
    return r;
  if (request.points() < 1 || request.points() > kMaxPoints) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "points",
                  fmt::format("{} is not from 1 to 10^12", request.points()));
  }
  return CheckCode("reference", request.reference(), Presence::kOptional);
}

MaybeRefusal DecideRedeemPoints(const RedeemPointsRequest& request, Decision& decision) {
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  if (decision.state().Find<RedemptionRow>(request.redemption_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_REDEMPTION_EXISTS, "redemption_id",
                  "the customer has a redemption of this id");
  }
  const AccountRow* account = EnrolledAccount(decision.state(), programme_id);
  if (account == nullptr) return RefuseNotEnrolled(programme_id);

  ev::PointsRedeemed redeemed;
  const AccountRow totals = *account;  // looking at lots may move rows
  const int64_t available =
      TakeSpendable(decision.state(), *programme, totals, decision.context().effective,
                    request.points(), redeemed.mutable_allocations());
  if (available < request.points()) return RefuseInsufficient(request.points(), available);
  redeemed.set_programme_id(programme_id);
  redeemed.set_redemption_id(request.redemption_id());
  redeemed.set_points(request.points());
  redeemed.set_reference(request.reference());
  redeemed.set_programme_version(programme->version);
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(redeemed);
  return std::nullopt;
}

void AnswerRedeemPoints(const Recorded& recorded, daybook::v1::RedeemPointsResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_POINTS_REDEEMED) continue;
    *response->mutable_allocations() = event.As<ev::PointsRedeemed>().allocations();
  }
}

MaybeRefusal ValidateReverseRedemption(const ReverseRedemptionRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  if (MaybeRefusal r = CheckCode("redemption_id", request.redemption_id(), Presence::kRequired))
    return r;
  if (request.points() < 0 || request.points() > kMaxPoints) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "points",
                  fmt::format("{} is not from 0 to 10^12", request.points()));
  }
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideReverseRedemption(const ReverseRedemptionRequest& request, Decision& decision) {
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  const RedemptionRow* found = decision.state().Find<RedemptionRow>(request.redemption_id());
  if (found == nullptr || found->programme_id() != programme_id) {
    return Refuse(daybook::v1::REASON_REDEMPTION_UNKNOWN, "redemption_id",
                  "the customer has no redemption of this id in the programme");
  }
  const RedemptionRow redemption = *found;  // looking at lots may move rows
  const int64_t left = LeftOf(redemption);
  if (request.points() > left || left == 0) {
    return Refuse(daybook::v1::REASON_REDEMPTION_EXCEEDED, "points",
                  fmt::format("{} points of the redemption are left", left));
  }
  ev::RedemptionReversed reversed;
  reversed.set_programme_id(programme_id);
  reversed.set_redemption_id(request.redemption_id());
  reversed.set_points(request.points() == 0 ? left : request.points());
  reversed.set_reason(request.reason());
  const int64_t lapsed =
      Restore(redemption, decision.state(), decision.context().effective, &reversed);
  SettleLapsed(lapsed, *programme, decision, &reversed);
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(reversed);
  return std::nullopt;
}

void AnswerReverseRedemption(const Recorded& recorded,
                             daybook::v1::ReverseRedemptionResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_REDEMPTION_REVERSED) continue;
    const auto& payload = event.As<ev::RedemptionReversed>();
    *response->mutable_restored() = payload.restored();
    response->set_lapsed(payload.lapsed());
    response->set_new_lot_points(payload.new_lot_points());
  }
}

}  // namespace daybook::projections::loyalty
