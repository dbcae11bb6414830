// Enrol and AdjustPoints.
#include <algorithm>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

using daybook::v1::AdjustPointsRequest;

void Give(const Programme& programme, const AccountRow& account, const Decision& decision,
          ev::PointsAdjusted* event) {
  event->set_debt_filled(std::min(std::max<int64_t>(0, account.debt()), event->points()));
  if (event->debt_filled() == event->points()) return;
  event->set_lot_id(NextLotId(decision));
  if (const auto at = programme.ExpiresAt(decision.context().effective)) {
    *event->mutable_expires_at() = ToProto(*at);
  }
}

MaybeRefusal Take(const Programme& programme, const AccountRow& account, const Decision& decision,
                  bool allow_debt, ev::PointsAdjusted* event) {
  const int64_t wanted = -event->points();
  const Timestamp at = decision.context().effective;
  const int64_t available =
      TakeSpendable(decision.state(), programme, account, at, wanted, event->mutable_allocations());
  if (available >= wanted) return std::nullopt;
  if (!allow_debt) return RefuseInsufficient(wanted, available);
  event->set_shortfall(wanted - TakeActive(decision.state(), programme, at, wanted, {},
                                           event->mutable_allocations()));
  return std::nullopt;
}

}  // namespace

MaybeRefusal ValidateEnrol(const daybook::v1::EnrolRequest& request, EntityRef* entity) {
  return NameAccount(request.customer(), request.programme(), entity);
}

MaybeRefusal DecideEnrol(const daybook::v1::EnrolRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  if (EnrolledAccount(decision.state(), programme_id) != nullptr) {
    return Refuse(daybook::v1::REASON_ALREADY_ENROLLED, "programme",
                  fmt::format("the customer takes part in '{}' already", programme_id));
  }
  ev::LoyaltyEnrolled enrolled;
  enrolled.set_programme_id(programme_id);
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(enrolled);
  return std::nullopt;
}

void AnswerEnrol(const Recorded& /*recorded*/, daybook::v1::EnrolResponse* /*response*/) {}

MaybeRefusal ValidateAdjustPoints(const AdjustPointsRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  if (MaybeRefusal r = CheckCode("adjustment_id", request.adjustment_id(), Presence::kRequired))
    return r;
  if (request.points() == 0 || request.points() > kMaxPoints || request.points() < -kMaxPoints) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "points",
                  fmt::format("{} is 0 or beyond 10^12", request.points()));
  }
  if (MaybeRefusal r =
          CheckText("reason.system", request.reason().system(), Presence::kOptional, 64))
    return r;
  if (MaybeRefusal r = CheckCode("reason.code", request.reason().code(), Presence::kRequired))
    return r;
  if (MaybeRefusal r = CheckText("reason.text", request.reason().text(), Presence::kOptional, 256))
    return r;
  return CheckCode("approved_by", request.approved_by(), Presence::kOptional);
}

MaybeRefusal DecideAdjustPoints(const AdjustPointsRequest& request, Decision& decision) {
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  if (decision.state().Find<AdjustmentRow>(request.adjustment_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_ADJUSTMENT_EXISTS, "adjustment_id",
                  "the customer has an adjustment of this id");
  }
  const AccountRow* found = EnrolledAccount(decision.state(), programme_id);
  if (found == nullptr) return RefuseNotEnrolled(programme_id);
  const AccountRow account = *found;  // looking at lots may move rows

  ev::PointsAdjusted adjusted;
  adjusted.set_programme_id(programme_id);
  adjusted.set_adjustment_id(request.adjustment_id());
  adjusted.set_points(request.points());
  *adjusted.mutable_reason() = request.reason();
  adjusted.set_approved_by(request.approved_by());
  if (request.points() > 0) {
    Give(*programme, account, decision, &adjusted);
  } else if (MaybeRefusal refusal =
                 Take(*programme, account, decision, request.allow_debt(), &adjusted)) {
    return refusal;
  }
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(adjusted);
  return std::nullopt;
}

void AnswerAdjustPoints(const Recorded& /*recorded*/,
                        daybook::v1::AdjustPointsResponse* /*response*/) {}

}  // namespace daybook::projections::loyalty
