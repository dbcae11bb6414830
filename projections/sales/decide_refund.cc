// IssueRefund.
#include "daybook/event/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/engine/validation.h"
#include "projections/sales/decide.h"
#include "projections/sales/names.h"
#include "projections/sales/rows.h"
#include "projections/sales/rules.h"

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

// What the units without an order line cost by the prices that the return states.
int64_t WorthOfUnmatched(const ReturnRow& returned, int digits) {
  int64_t sum = 0;
  for (const UnmatchedRow& row : returned.unmatched()) {
    const Price price{row.price_units(), row.price_scale()};
    sum = SaturatingAdd(sum, LineAmount(row.units(), price, digits).value_or(kMaxAmount));
  }
  return sum;
}

MaybeRefusal CheckAgainstReturn(const IssueRefundRequest& request, const RowGroup& state) {
  const ReturnRow* returned = state.Find<ReturnRow>(request.return_id());
  if (returned == nullptr) {
    return Refuse(daybook::v1::REASON_RETURN_UNKNOWN, "return_id",
                  "the customer has no return of this id");
  }
  const std::string& currency = request.amount().currency();
  const ReturnWorthRow* worth = nullptr;
  for (const ReturnWorthRow& row : returned->worth()) {
    if (row.currency() == currency) worth = &row;
  }
  // Goods bought before our time say no currency: the first refund does.
  if (worth == nullptr && !returned->worth().empty()) {
    return Refuse(daybook::v1::REASON_CURRENCY_MIXED, "amount.currency",
                  fmt::format("'{}' for a return in {}", currency, returned->worth(0).currency()));
  }
  int64_t left = 0;
  if (worth != nullptr) left = worth->amount_minor() - worth->refunded_minor();
  if (worth == nullptr || worth == &returned->worth(0)) {
    left = SaturatingAdd(left, WorthOfUnmatched(*returned, CurrencyDigits(currency)));
  }
  if (request.amount().minor_units() > left) {
    return Refuse(daybook::v1::REASON_REFUND_EXCEEDED, "amount",
                  fmt::format("{} to pay back, {} of the return are left",
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
  if (!request.return_id().empty()) {
    if (MaybeRefusal refusal = CheckAgainstReturn(request, decision.state())) return refusal;
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
