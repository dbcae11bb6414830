// TransferPoints, what brings the points to the other account, and what becomes of them.
//
// The points leave the one account in a commit of its own (they are in transit), arrive in the
// other in another, and the first records what the other answered. Nothing is lost or minted
// whatever dies when: the follow-up between them is carried out once.
#include <algorithm>
#include <map>
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/restore.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

using daybook::v1::TransferPointsRequest;

// What was taken, by the instant at which it lapses.
void GroupByExpiry(const RowGroup& state, const std::string& programme_id,
                   const Allocations& allocations,
                   google::protobuf::RepeatedPtrField<ev::TransferredLot>* lots) {
  std::map<Timestamp, int64_t> by_expiry;
  for (const ev::Allocation& allocation : allocations) {
    const LotRow* lot = FindLot(state, programme_id, allocation.lot_id());
    CheckInvariant(lot != nullptr, "points were taken from a lot that is not there");
    by_expiry[lot->has_expires_at_us() ? Timestamp{lot->expires_at_us()}
                                       : ledger::kDistantFuture] += allocation.points();
  }
  for (const auto& [expires_at, points] : by_expiry) {
    ev::TransferredLot& lot = *lots->Add();
    lot.set_points(points);
    if (expires_at != ledger::kDistantFuture) *lot.mutable_expires_at() = ToProto(expires_at);
  }
}

}  // namespace

MaybeRefusal ValidateTransferPoints(const TransferPointsRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  if (MaybeRefusal r = CheckCode("transfer_id", request.transfer_id(), Presence::kRequired))
    return r;
  std::string to;
  if (MaybeRefusal r = ParseCustomer("to_customer", request.to_customer(), &to)) return r;
  if (to == entity->id) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "to_customer", "is the customer who gives");
  }
  if (request.points() < 1 || request.points() > kMaxPoints) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "points",
                  fmt::format("{} is not from 1 to 10^12", request.points()));
  }
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideTransferPoints(const TransferPointsRequest& request, Decision& decision) {
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  if (!programme->published().transfers_allowed()) {
    return Refuse(daybook::v1::REASON_TRANSFER_NOT_ALLOWED, "programme",
                  fmt::format("members of '{}' may not give points to each other", programme_id));
  }
  if (decision.state().Find<TransferRow>(request.transfer_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_TRANSFER_EXISTS, "transfer_id",
                  "the customer has a transfer of this id");
  }
  const AccountRow* account = EnrolledAccount(decision.state(), programme_id);
  if (account == nullptr) return RefuseNotEnrolled(programme_id);

  ev::PointsTransferred transferred;
  const AccountRow totals = *account;  // looking at lots may move rows
  const int64_t available =
      TakeSpendable(decision.state(), *programme, totals, decision.context().effective,
                    request.points(), transferred.mutable_allocations());
  if (available < request.points()) return RefuseInsufficient(request.points(), available);
  GroupByExpiry(decision.state(), programme_id, transferred.allocations(),
                transferred.mutable_lots());
  transferred.set_programme_id(programme_id);
  transferred.set_transfer_id(request.transfer_id());
  MaybeRefusal checked =
      ParseCustomer("to_customer", request.to_customer(), transferred.mutable_to_customer());
  CheckInvariant(!checked, "the receiver's name was checked before");
  transferred.set_points(request.points());
  transferred.set_programme_version(programme->version);
  transferred.set_reason(request.reason());
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(transferred);
  return std::nullopt;
}

void AnswerTransferPoints(const Recorded& recorded, daybook::v1::TransferPointsResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_POINTS_TRANSFERRED) continue;
    *response->mutable_allocations() = event.As<ev::PointsTransferred>().allocations();
  }
}

std::unique_ptr<google::protobuf::Message> ReceiverCommand(const Event& wanted) {
  const auto& transferred = wanted.As<ev::PointsTransferred>();
  auto request = std::make_unique<ReceivePointsRequest>();
  request->set_customer(sales::CustomerName(transferred.to_customer()));
  request->set_programme(sales::ProgrammeName(transferred.programme_id()));
  request->set_transfer_id(transferred.transfer_id());
  request->set_from_customer(std::string(wanted.entity_id));
  *request->mutable_lots() = transferred.lots();
  return request;
}

MaybeRefusal ValidateReceivePoints(const ReceivePointsRequest& request, EntityRef* entity) {
  return NameAccount(request.customer(), request.programme(), entity);
}

MaybeRefusal DecideReceivePoints(const ReceivePointsRequest& request, Decision& decision) {
  const std::string programme_id = ProgrammeIdOf(request.programme());
  const Programme* programme = ProgrammeInForce(decision, programme_id);
  if (programme == nullptr) return RefuseProgrammeUnknown(programme_id);
  const AccountRow* account = EnrolledAccount(decision.state(), programme_id);
  if (account == nullptr) return RefuseNotEnrolled(programme_id);
  int64_t debt = std::max<int64_t>(0, account->debt());
  if (MaybeRefusal r = customers::EnsureRegistered(decision)) return r;  // or has died

  ev::PointsReceived received;
  received.set_programme_id(programme_id);
  received.set_transfer_id(request.transfer_id());
  received.set_from_customer(request.from_customer());
  uint64_t number = LotsMade(decision.state());
  for (const ev::TransferredLot& lot : request.lots()) {
    received.set_points(received.points() + lot.points());
    const int64_t filled = std::min(debt, lot.points());
    debt -= filled;
    received.set_debt_filled(received.debt_filled() + filled);
    if (filled == lot.points()) continue;
    ev::TransferredLot& held = *received.add_lots();
    held = lot;
    held.set_points(lot.points() - filled);
    held.set_lot_id(LotId(decision.context().effective, ++number));
  }
  decision.UsesPolicy(sales::ProgrammeName(programme_id), programme->version);
  decision.Emit(received);
  return std::nullopt;
}

void CloseTransfer(const Event& wanted, const ev::FollowUpAnswered& answer, Decision& decision) {
  const auto& transferred = wanted.As<ev::PointsTransferred>();
  ev::PointsTransferClosed closed;
  closed.set_programme_id(transferred.programme_id());
  closed.set_transfer_id(transferred.transfer_id());
  closed.set_points(transferred.points());
  closed.set_accepted(answer.accepted());
  if (!answer.accepted()) {
    closed.set_reason(answer.reason());
    const Programme* programme = ProgrammeInForce(decision, transferred.programme_id());
    CheckInvariant(programme != nullptr, "a programme that was in force is not any more");
    decision.UsesPolicy(sales::ProgrammeName(programme->id()), programme->version);
    Describe(Restore(decision, *programme, transferred.allocations()), &closed);
  }
  decision.Emit(closed);
}

}  // namespace daybook::projections::loyalty
