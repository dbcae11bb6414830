// RedeemPoints and ReverseRedemption.
#include <algorithm>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/restore.h"
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

// Which allocations a reversal undoes: the last taken first, as if less had been redeemed.
Allocations Undo(const RedemptionRow& redemption, int64_t points) {
  Allocations undone;
  for (int i = redemption.redeemed_size(); i > 0 && points > 0; --i) {
    const RedeemedRow& redeemed = redemption.redeemed(i - 1);
    const int64_t now = std::min(points, redeemed.points() - redeemed.reversed());
    if (now == 0) continue;
    points -= now;
    ev::Allocation& allocation = *undone.Add();
    allocation.set_lot_id(redeemed.lot_id());
    allocation.set_points(now);
  }
  return undone;
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
  *reversed.mutable_reversed() = Undo(redemption, reversed.points());
  Describe(Restore(decision, *programme, reversed.reversed()), &reversed);
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
