// IssueRefund.
#include "daybook/event/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/engine/validation.h"
#include "projections/sales/decide.h"
#include "projections/sales/names.h"
#include "projections/sales/rows.h"

namespace daybook::projections::sales {
namespace {

using daybook::v1::IssueRefundRequest;

MaybeRefusal CheckAgainstOrder(const IssueRefundRequest& request, const RowGroup& state) {
  const OrderRow* order = state.Find<OrderRow>(request.order_id());
  if (order == nullptr || order->number() == 0) {
    return Refuse(daybook::v1::REASON_ORDER_UNKNOWN, "order_id",
                  "the customer has no order of this id");
  }
  if (request.amount().currency() != order->currency()) {
    return Refuse(
        daybook::v1::REASON_CURRENCY_MIXED, "amount.currency",
        fmt::format("'{}' for an order in {}", request.amount().currency(), order->currency()));
  }
  const int64_t left = order->total_minor() - order->refunded_minor();
  if (request.amount().minor_units() > left) {
    return Refuse(daybook::v1::REASON_REFUND_EXCEEDED, "amount",
                  fmt::format("{} to pay back, {} of the order are left",
                              request.amount().minor_units(), left));
  }
  return std::nullopt;
}

}  // namespace

MaybeRefusal ValidateIssueRefund(const IssueRefundRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameCustomer("customer", request.customer(), entity)) return r;
  if (MaybeRefusal r = CheckCode("refund_id", request.refund_id(), Presence::kRequired)) return r;
  if (MaybeRefusal r = CheckCode("order_id", request.order_id(), Presence::kOptional)) return r;
  if (MaybeRefusal r = CheckCode("return_id", request.return_id(), Presence::kOptional)) return r;
  if (MaybeRefusal r = CheckMoney("amount", request.amount(), 1)) return r;
  return CheckCode("tender", request.tender(), Presence::kRequired);
}

MaybeRefusal DecideIssueRefund(const IssueRefundRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) {
    return customers::RefuseUnknown();
  }
  if (decision.state().Find<RefundRow>(request.refund_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_REFUND_EXISTS, "refund_id",
                  "the customer has a refund of this id");
  }
  if (!request.order_id().empty()) {
    if (MaybeRefusal refusal = CheckAgainstOrder(request, decision.state())) return refusal;
  }
  if (!request.return_id().empty() &&
      decision.state().Find<ReturnRow>(request.return_id()) == nullptr) {
    return Refuse(daybook::v1::REASON_RETURN_UNKNOWN, "return_id",
                  "the customer has no return of this id");
  }
  daybook::event::v1::RefundIssued refund;
  refund.set_refund_id(request.refund_id());
  refund.set_order_id(request.order_id());
  refund.set_return_id(request.return_id());
  *refund.mutable_amount() = request.amount();
  refund.set_tender(request.tender());
  decision.Emit(refund);
  return std::nullopt;
}

void AnswerIssueRefund(const Recorded& /*recorded*/,
                       daybook::v1::IssueRefundResponse* /*response*/) {}

}  // namespace daybook::projections::sales
