// EarnForOrder and QuoteOrder.
#include <algorithm>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/programme.h"
#include "projections/sales/decide.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

constexpr int64_t kDayMicros = 86'400'000'000;
// Shares that one order's programmes may record rule by rule, all together: what an order leaves of
// a commit (sales/decide_order.cc). 2,500 lines under 200 rules would be ten times a commit.
constexpr size_t kMaxShareBytes = 64 * 1024;

// History is judged as if it were told in time.
bool IsLate(const ev::ProgrammePublished& programme, const DecisionContext& context) {
  if (context.historic || programme.lateness_days() == 0) return false;
  return context.recorded_at.micros - context.effective.micros >
         programme.lateness_days() * kDayMicros;
}

// True if the customer takes part at the order's instant, enrolling them where the programme says
// so. Who was enrolled only later takes part from the order on, if an order would have enrolled
// them.
bool TakesPart(const Programme& programme, Decision& decision) {
  const AccountRow* account = EnrolledAccount(decision.state(), programme.id());
  const bool by_order = programme.published().enrol_on_first_order();
  if (account != nullptr) {
    return by_order || account->enrolled_at_us() <= decision.context().effective.micros;
  }
  if (!by_order) return false;
  ev::LoyaltyEnrolled enrolled;
  enrolled.set_programme_id(programme.id());
  enrolled.set_by_first_order(true);
  decision.Emit(enrolled);
  return true;
}

void FillShares(const Programme& programme, const Earning& earning, ev::PointsEarned* earned) {
  earned->mutable_shares()->Reserve(static_cast<int>(earning.claims.size()));
  for (const Claim& claim : earning.claims) {
    ev::EarnShare& share = *earned->add_shares();
    share.set_order_line(claim.line);
    share.set_rule_id(programme.rule(claim.rule).rule_id());
    share.set_base_minor_units(claim.base);
    share.set_points(claim.points);
  }
}

// One share a line instead of one a line and rule; which lines earned must stay, as what comes back
// of them is taken back by it.
void AddUpRules(ev::PointsEarned* earned) {
  ev::PointsEarned by_line;
  for (const ev::EarnShare& share : earned->shares()) {
    const int last = by_line.shares_size() - 1;
    if (last >= 0 && by_line.shares(last).order_line() == share.order_line()) {
      ev::EarnShare& sum = *by_line.mutable_shares(last);
      sum.set_points(sum.points() + share.points());
      continue;
    }
    ev::EarnShare& first = *by_line.add_shares();
    first.set_order_line(share.order_line());
    first.set_base_minor_units(share.base_minor_units());
    first.set_points(share.points());
  }
  earned->mutable_shares()->Swap(by_line.mutable_shares());
}

size_t BytesOfShares(const ev::PointsEarned& earned) {
  size_t bytes = 0;
  for (const ev::EarnShare& share : earned.shares()) bytes += 2 + share.ByteSizeLong();
  return bytes;
}

// The lot of an order's points: what a debt leaves, when it becomes active and when it lapses.
void FillLot(const Programme& programme, const Decision& decision, ev::PointsEarned* earned) {
  const AccountRow* account = decision.state().Find<AccountRow>(programme.id());
  const int64_t debt = account == nullptr ? 0 : std::max<int64_t>(0, account->debt());
  earned->set_debt_filled(std::min(debt, earned->points()));
  if (earned->debt_filled() == earned->points()) return;
  earned->set_lot_id(NextLotId(decision));
  const Timestamp earned_at = decision.context().effective;
  if (const auto at = programme.ActivatesAt(earned_at))
    *earned->mutable_activates_at() = ToProto(*at);
  if (const auto at = programme.ExpiresAt(earned_at)) *earned->mutable_expires_at() = ToProto(*at);
}

// `room`: for shares, in bytes; what they take is taken off it.
void Earn(const Programme& programme, const ev::OrderCompleted& order, size_t* room,
          Decision& decision) {
  if (!TakesPart(programme, decision)) return;
  ev::PointsEarned earned;
  earned.set_programme_id(programme.id());
  earned.set_programme_version(programme.version);
  earned.set_order_id(order.order_id());
  if (IsLate(programme.published(), decision.context())) {
    earned.set_reason("LATE");
  } else {
    const Earning earning = programme.Judge(order);
    earned.set_points(earning.points);
    earned.set_qualifying_points(earning.points);
    earned.set_base_minor_units(earning.base_minor);
    earned.set_reason(std::string(earning.reason));
    FillShares(programme, earning, &earned);
    if (BytesOfShares(earned) > *room) AddUpRules(&earned);
    *room -= std::min(*room, BytesOfShares(earned));
    if (earning.points > 0) FillLot(programme, decision, &earned);
  }
  decision.UsesPolicy(sales::ProgrammeName(programme.id()), programme.version);
  decision.Emit(earned);
}

}  // namespace

void EarnForOrder(const Event& order, Decision& decision) {
  const PolicySet& policies = *decision.context().policies;
  const auto& completed = order.As<ev::OrderCompleted>();
  size_t room = kMaxShareBytes;
  for (const std::string& id :
       policies.Ids(decision.entity().tenant, ev::EVENT_TYPE_PROGRAMME_PUBLISHED)) {
    if (const Programme* programme = ProgrammeInForce(decision, id))
      Earn(*programme, completed, &room, decision);
  }
}

MaybeRefusal ValidateQuoteOrder(const daybook::v1::QuoteOrderRequest& request, EntityRef* entity) {
  MaybeRefusal refusal = sales::ValidateRecordOrder(request.order(), entity);
  if (refusal) refusal->field = "order." + refusal->field;
  return refusal;
}

MaybeRefusal DecideQuoteOrder(const daybook::v1::QuoteOrderRequest& request, Decision& decision) {
  MaybeRefusal refusal = sales::DecideRecordOrder(request.order(), decision);
  if (refusal) refusal->field = "order." + refusal->field;
  return refusal;
}

void AnswerQuoteOrder(const Recorded& recorded, daybook::v1::QuoteOrderResponse* response) {
  sales::FillEarned(recorded, response->mutable_earned());
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_POINTS_EARNED) continue;
    response->mutable_shares()->MergeFrom(event.As<ev::PointsEarned>().shares());
  }
}

}  // namespace daybook::projections::loyalty
