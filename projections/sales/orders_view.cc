#include <string>

#include "daybook/event/v1/sales.pb.h"
#include "projections/engine/validation.h"
#include "projections/page.h"
#include "projections/sales/names.h"
#include "projections/sales/rows.h"
#include "projections/sales/views.h"

namespace daybook::projections::sales {
namespace {

using daybook::event::v1::ItemsReturned;
using daybook::event::v1::OrderCancelled;
using daybook::event::v1::OrderCompleted;
using daybook::event::v1::RefundIssued;
using daybook::event::v1::ReturnAllocation;

constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 1000;

// Orders of one instant stand in the order of recording.
std::string TimeKey(const Event& event) {
  std::string key;
  key.reserve(24);
  AppendKey(event.occurred_at, &key);
  AppendKey(event.sequence.value(), &key);
  AppendKey(uint64_t{event.index}, &key);
  return key;
}

void TakeBack(const ReturnAllocation& allocation, RowGroup& rows) {
  if (allocation.order_line() == 0) return;
  OrderViewRow& order = rows.Mutable<OrderViewRow>(allocation.order_id());
  const int index = static_cast<int>(allocation.order_line()) - 1;
  while (order.returned_units_size() <= index) order.add_returned_units(0);
  order.set_returned_units(index, order.returned_units(index) + allocation.units());
}

class OrdersView : public View {
 public:
  std::string_view name() const override { return kOrdersView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED ||
           type == daybook::event::v1::EVENT_TYPE_ORDER_CANCELLED ||
           type == daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED ||
           type == daybook::event::v1::EVENT_TYPE_REFUND_ISSUED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    RowGroup& rows = state.entity();
    switch (event.type) {
      case daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED: {
        const auto& payload = event.As<OrderCompleted>();
        OrderViewRow& order = rows.Mutable<OrderViewRow>(payload.order_id());
        payload.SerializeToString(order.mutable_order_completed());
        order.set_occurred_at_us(event.occurred_at.micros);
        rows.Mutable<OrderByTimeRow>(TimeKey(event)).set_order_id(payload.order_id());
        return;
      }
      case daybook::event::v1::EVENT_TYPE_ORDER_CANCELLED: {
        const auto& payload = event.As<OrderCancelled>();
        for (const ReturnAllocation& allocation : payload.allocations()) TakeBack(allocation, rows);
        rows.Mutable<OrderViewRow>(payload.order_id()).set_cancelled(true);
        return;
      }
      case daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED:
        for (const ReturnAllocation& allocation : event.As<ItemsReturned>().allocations()) {
          TakeBack(allocation, rows);
        }
        return;
      case daybook::event::v1::EVENT_TYPE_REFUND_ISSUED: {
        const auto& payload = event.As<RefundIssued>();
        if (payload.order_id().empty()) return;
        OrderViewRow& order = rows.Mutable<OrderViewRow>(payload.order_id());
        order.set_refunded_minor(
            SaturatingAdd(order.refunded_minor(), payload.amount().minor_units()));
        return;
      }
      default:
        return;
    }
  }
};

// True if the order itself was seen, not only what came back of it.
bool WasSeen(const OrderViewRow* row) { return row != nullptr && !row->order_completed().empty(); }

void FillOrder(std::string_view customer, const OrderViewRow& row, daybook::v1::Order* order) {
  OrderCompleted completed;
  CheckInvariant(completed.ParseFromString(row.order_completed()), "a kept order does not parse");
  order->set_name(OrderName(customer, completed.order_id()));
  *order->mutable_occurred_at() = ToProto({row.occurred_at_us()});
  for (int i = 0; i < completed.lines_size(); ++i) {
    daybook::v1::OrderLineState& line = *order->add_lines();
    line.mutable_line()->Swap(completed.mutable_lines(i));
    if (i < row.returned_units_size()) line.set_returned_units(row.returned_units(i));
  }
  order->mutable_tenders()->Swap(completed.mutable_tenders());
  *order->mutable_total() = completed.total();
  order->set_cancelled(row.cancelled());
  order->mutable_refunded()->set_minor_units(row.refunded_minor());
  order->mutable_refunded()->set_currency(completed.total().currency());
}

}  // namespace

std::unique_ptr<View> MakeOrdersView() { return std::make_unique<OrdersView>(); }

MaybeRefusal ValidateGetOrder(const daybook::v1::GetOrderRequest& request, EntityRef* entity) {
  std::string order_id;
  return NameOrder("order", request.order(), entity, &order_id);
}

MaybeRefusal ReadOrder(const ReadScope& scope, const daybook::v1::GetOrderRequest& request,
                       daybook::v1::GetOrderResponse* response) {
  EntityRef customer;
  std::string order_id;
  if (MaybeRefusal r = NameOrder("order", request.order(), &customer, &order_id)) return r;
  const OrderViewRow* row = scope.entity().Find<OrderViewRow>(order_id);
  if (!WasSeen(row)) {
    return Refuse(daybook::v1::REASON_ORDER_UNKNOWN, "order",
                  "the customer has no order of this id");
  }
  FillOrder(customer.id, *row, response->mutable_order());
  return std::nullopt;
}

MaybeRefusal ValidateListOrders(const daybook::v1::ListOrdersRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameCustomer("customer", request.customer(), entity)) return r;
  int32_t page_size = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kLargestPage, &page_size);
}

MaybeRefusal ReadOrders(const ReadScope& scope, const daybook::v1::ListOrdersRequest& request,
                        daybook::v1::ListOrdersResponse* response) {
  EntityRef customer;
  if (MaybeRefusal r = NameCustomer("customer", request.customer(), &customer)) return r;
  const int32_t page_size = request.page_size() == 0 ? kStandardPage : request.page_size();
  // The cursor is the key of the first order of the next page.
  struct Place {
    std::string key;
    std::string order_id;
  };
  std::vector<Place> places;  // of this page, and where the next one begins
  scope.entity().Scan<OrderByTimeRow>({}, request.page_token(), ScanOrder::kDescending,
                                      [&](std::string_view key, const OrderByTimeRow& row) {
                                        places.push_back({std::string(key), row.order_id()});
                                        return static_cast<int32_t>(places.size()) <= page_size;
                                      });
  Page page(page_size);
  for (size_t i = 0; i < places.size(); ++i) {
    if (page.full() || i == static_cast<size_t>(page_size)) {
      response->set_next_page_token(places[i].key);
      break;
    }
    const OrderViewRow* row = scope.entity().Find<OrderViewRow>(places[i].order_id);
    if (!WasSeen(row)) continue;
    daybook::v1::Order* order = response->add_orders();
    FillOrder(customer.id, *row, order);
    page.Add(*order);
  }
  return std::nullopt;
}

}  // namespace daybook::projections::sales
