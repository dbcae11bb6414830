#include "projections/sales/state.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daybook/event/v1/sales.pb.h"
#include "projections/sales/rows.h"

namespace daybook::projections::sales {
namespace {

using daybook::event::v1::ItemsReturned;
using daybook::event::v1::OrderCancelled;
using daybook::event::v1::OrderCompleted;
using daybook::event::v1::OrderLine;
using daybook::event::v1::RefundIssued;
using daybook::event::v1::ReturnAllocation;
using daybook::event::v1::ReturnLine;

std::string KeyOfLine(const OrderRow& order, uint32_t line) {
  const OrderLineRow& row = order.lines(static_cast<int>(line) - 1);
  return ReturnableKey(ReturnablePrefix(row.product(), {row.price_units(), row.price_scale()}),
                       {order.occurred_at_us()}, order.number(), line);
}

// What came back of the order before the order itself was seen leaves lines with nothing but
// returned units.
void FillLine(const OrderLine& line, OrderLineRow* row) {
  row->set_product(line.product());
  row->set_price_units(line.unit_price().units());
  row->set_price_scale(line.unit_price().scale());
  row->set_units(line.units());
  row->set_amount_minor(line.amount().minor_units());
  row->set_earn_base_minor(line.earn_base().minor_units());
}

void ApplyOrder(const Event& event, const OrderCompleted& payload, RowGroup& rows) {
  SalesRow& root = rows.Mutable<SalesRow>();
  const uint64_t number = root.orders() + 1;
  root.set_orders(number);

  OrderRow& order = rows.Mutable<OrderRow>(payload.order_id());
  order.set_number(number);
  order.set_occurred_at_us(event.occurred_at.micros);
  order.set_currency(payload.total().currency());
  order.set_total_minor(payload.total().minor_units());
  std::vector<uint32_t> gone;  // lines of which nothing is left already
  for (int i = 0; i < payload.lines_size(); ++i) {
    OrderLineRow* row = i < order.lines_size() ? order.mutable_lines(i) : order.add_lines();
    FillLine(payload.lines(i), row);
    if (row->returned_units() >= row->units()) gone.push_back(static_cast<uint32_t>(i) + 1);
  }

  uint32_t line_number = 0;
  for (const OrderLine& line : payload.lines()) {
    ++line_number;
    if (!gone.empty() && std::find(gone.begin(), gone.end(), line_number) != gone.end()) continue;
    const Price price{line.unit_price().units(), line.unit_price().scale()};
    ReturnableRow& row = rows.Mutable<ReturnableRow>(ReturnableKey(
        ReturnablePrefix(line.product(), price), event.occurred_at, number, line_number));
    row.set_order_id(payload.order_id());
    row.set_line(line_number);
  }
}

void TakeBack(const ReturnAllocation& allocation, RowGroup& rows) {
  if (allocation.order_line() == 0) return;
  OrderRow& order = rows.Mutable<OrderRow>(allocation.order_id());
  const int index = static_cast<int>(allocation.order_line()) - 1;
  while (order.lines_size() <= index) order.add_lines();
  OrderLineRow& line = *order.mutable_lines(index);
  line.set_returned_units(line.returned_units() + allocation.units());
  if (order.number() != 0 && line.returned_units() >= line.units()) {
    rows.Erase<ReturnableRow>(KeyOfLine(order, allocation.order_line()));
  }
}

ReturnWorthRow& WorthIn(const std::string& currency, ReturnRow& row) {
  for (ReturnWorthRow& worth : *row.mutable_worth()) {
    if (worth.currency() == currency) return worth;
  }
  ReturnWorthRow& worth = *row.add_worth();
  worth.set_currency(currency);
  return worth;
}

void ApplyReturn(const Event& event, const ItemsReturned& payload, RowGroup& rows) {
  for (const ReturnAllocation& allocation : payload.allocations()) TakeBack(allocation, rows);
  ReturnRow& row = rows.Mutable<ReturnRow>(payload.return_id());
  row.set_occurred_at_us(event.occurred_at.micros);
  for (const ReturnAllocation& allocation : payload.allocations()) {
    ReturnWorthRow& worth = WorthIn(allocation.amount().currency(), row);
    worth.set_amount_minor(SaturatingAdd(worth.amount_minor(), allocation.amount().minor_units()));
  }
  for (const ReturnLine& line : payload.lines()) {
    if (line.unmatched_units() <= 0) continue;
    UnmatchedRow& unmatched = *row.add_unmatched();
    unmatched.set_units(line.unmatched_units());
    unmatched.set_price_units(line.unit_price().units());
    unmatched.set_price_scale(line.unit_price().scale());
  }
}

void ApplyRefund(const Event& event, const RefundIssued& payload, RowGroup& rows) {
  const int64_t amount = payload.amount().minor_units();
  if (!payload.order_id().empty()) {
    OrderRow& order = rows.Mutable<OrderRow>(payload.order_id());
    order.set_refunded_minor(SaturatingAdd(order.refunded_minor(), amount));
  }
  if (!payload.return_id().empty() && rows.Find<ReturnRow>(payload.return_id()) != nullptr) {
    ReturnWorthRow& worth =
        WorthIn(payload.amount().currency(), rows.Mutable<ReturnRow>(payload.return_id()));
    worth.set_refunded_minor(SaturatingAdd(worth.refunded_minor(), amount));
  }
  rows.Mutable<RefundRow>(payload.refund_id()).set_occurred_at_us(event.occurred_at.micros);
}

}  // namespace

void Apply(const Event& event, EntityState& state) {
  switch (event.type) {
    case daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED:
      ApplyOrder(event, event.As<OrderCompleted>(), state.rows());
      return;
    case daybook::event::v1::EVENT_TYPE_ORDER_CANCELLED: {
      const auto& payload = event.As<OrderCancelled>();
      for (const ReturnAllocation& allocation : payload.allocations()) {
        TakeBack(allocation, state.rows());
      }
      state.rows().Mutable<OrderRow>(payload.order_id()).set_cancelled(true);
      return;
    }
    case daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED:
      ApplyReturn(event, event.As<ItemsReturned>(), state.rows());
      return;
    case daybook::event::v1::EVENT_TYPE_REFUND_ISSUED:
      ApplyRefund(event, event.As<RefundIssued>(), state.rows());
      return;
    default:
      return;
  }
}

}  // namespace daybook::projections::sales
