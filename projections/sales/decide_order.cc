// RecordOrder and CancelOrder.
#include <string>

#include "daybook/event/v1/loyalty.pb.h"
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

using daybook::event::v1::Money;
using daybook::event::v1::OrderCancelled;
using daybook::event::v1::OrderCompleted;
using daybook::event::v1::OrderLine;
using daybook::event::v1::PointsClawedBack;
using daybook::event::v1::PointsEarned;
using daybook::event::v1::ReturnAllocation;
using daybook::event::v1::Tender;
using daybook::event::v1::UnitPrice;
using daybook::v1::OrderLineInput;
using daybook::v1::RecordOrderRequest;

constexpr int kMaxLines = 2500;
constexpr int kMaxTenders = 20;
// Of an order as recorded. The rest of a commit (256 KiB) is for what it earns: 64 KiB of shares,
// and some KiB of names (loyalty/decide_earn.cc).
constexpr size_t kMaxOrderBytes = 176 * 1024;

// `refusal` was found in element `index` of the repeated field `list`.
MaybeRefusal In(std::string_view list, int index, MaybeRefusal refusal) {
  refusal->field = fmt::format("{}[{}].{}", list, index, refusal->field);
  return refusal;
}

MaybeRefusal CheckAmount(std::string_view field, const Money& money, const std::string& currency) {
  if (MaybeRefusal refusal = CheckMoney(field, money, 0)) return refusal;
  if (money.currency() != currency) {
    return Refuse(daybook::v1::REASON_CURRENCY_MIXED, std::string(field) + ".currency",
                  fmt::format("'{}' in an order in {}", money.currency(), currency));
  }
  return std::nullopt;
}

// Checks a line and says what it costs.
MaybeRefusal CheckLine(const OrderLineInput& line, const std::string& currency, int digits,
                       int64_t* amount) {
  if (MaybeRefusal r = CheckText("product", line.product(), Presence::kRequired, 64)) return r;
  if (MaybeRefusal r = CheckText("name", line.name(), Presence::kOptional, 256)) return r;
  if (MaybeRefusal r = CheckText("category", line.category(), Presence::kOptional, 64)) return r;
  if (MaybeRefusal r = CheckUnits("units", line.units())) return r;
  if (MaybeRefusal r = CheckPrice("unit_price", line.unit_price())) return r;
  const std::optional<int64_t> computed =
      LineAmount(line.units(), PriceOf(line.unit_price()), digits);
  if (!computed) {
    return Refuse(daybook::v1::REASON_AMOUNT_TOO_LARGE, "amount", "more than 10^15 minor units");
  }
  *amount = *computed;
  if (line.has_amount()) {
    if (MaybeRefusal r = CheckAmount("amount", line.amount(), currency)) return r;
    if (line.amount().minor_units() != *amount) {
      return Refuse(
          daybook::v1::REASON_AMOUNT_MISMATCH, "amount",
          fmt::format("{} given, but the units cost {}", line.amount().minor_units(), *amount));
    }
  }
  if (line.has_earn_base()) {
    if (MaybeRefusal r = CheckAmount("earn_base", line.earn_base(), currency)) return r;
    if (line.earn_base().minor_units() > *amount) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, "earn_base",
                    fmt::format("{} is more than the line's amount {}",
                                line.earn_base().minor_units(), *amount));
    }
  }
  return std::nullopt;
}

MaybeRefusal CheckTender(const Tender& tender, const std::string& currency) {
  if (MaybeRefusal r = CheckCode("kind", tender.kind(), Presence::kRequired)) return r;
  if (MaybeRefusal r = CheckAmount("amount", tender.amount(), currency)) return r;
  if (tender.reference().empty()) return std::nullopt;
  return CheckEntityId("reference",
                       tender.reference());  // a card number must not come in here either
}

MaybeRefusal CheckTenders(const RecordOrderRequest& request, int64_t total) {
  if (request.tenders_size() > kMaxTenders) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "tenders", "more than 20 tenders");
  }
  int64_t paid = 0;
  for (int i = 0; i < request.tenders_size(); ++i) {
    if (MaybeRefusal r = CheckTender(request.tenders(i), request.currency()))
      return In("tenders", i, r);
    paid += request.tenders(i).amount().minor_units();
  }
  if (request.tenders_size() > 0 && paid != total) {
    return Refuse(daybook::v1::REASON_AMOUNT_MISMATCH, "tenders",
                  fmt::format("they add up to {}, the order to {}", paid, total));
  }
  return std::nullopt;
}

void SetMoney(int64_t minor_units, const std::string& currency, Money* money) {
  money->set_minor_units(minor_units);
  money->set_currency(currency);
}

OrderCompleted MakeOrder(const RecordOrderRequest& request) {
  OrderCompleted order;
  order.set_order_id(request.order_id());
  order.mutable_lines()->Reserve(request.lines_size());
  const int digits = CurrencyDigits(request.currency());
  int64_t total = 0;
  uint32_t number = 0;
  for (const OrderLineInput& input : request.lines()) {
    OrderLine& line = *order.add_lines();
    line.set_number(++number);
    line.set_product(input.product());
    line.set_name(input.name());
    line.set_category(input.category());
    line.set_units(input.units());
    const Price price = PriceOf(input.unit_price());
    line.mutable_unit_price()->set_units(price.units);
    line.mutable_unit_price()->set_scale(price.scale);
    const std::optional<int64_t> amount = LineAmount(input.units(), price, digits);
    CheckInvariant(amount.has_value(),
                   "an order line passed validation with an amount beyond bounds");
    SetMoney(*amount, request.currency(), line.mutable_amount());
    SetMoney(input.has_earn_base() ? input.earn_base().minor_units() : *amount, request.currency(),
             line.mutable_earn_base());
    total += *amount;
  }
  *order.mutable_tenders() = request.tenders();
  SetMoney(total, request.currency(), order.mutable_total());
  return order;
}

}  // namespace

MaybeRefusal ValidateRecordOrder(const RecordOrderRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameCustomer("customer", request.customer(), entity)) return r;
  if (MaybeRefusal r = CheckCode("order_id", request.order_id(), Presence::kRequired)) return r;
  if (MaybeRefusal r = CheckCurrency("currency", request.currency())) return r;
  if (request.lines_size() == 0 || request.lines_size() > kMaxLines) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "lines",
                  fmt::format("{} lines; 1 to 2,500 are allowed", request.lines_size()));
  }
  const int digits = CurrencyDigits(request.currency());
  int64_t total = 0;
  for (int i = 0; i < request.lines_size(); ++i) {
    int64_t amount = 0;
    if (MaybeRefusal r = CheckLine(request.lines(i), request.currency(), digits, &amount)) {
      return In("lines", i, r);
    }
    total += amount;
  }
  if (total > kMaxAmount) {
    return Refuse(daybook::v1::REASON_AMOUNT_TOO_LARGE, "lines",
                  "they add up to more than 10^15 minor units");
  }
  return CheckTenders(request, total);
}

MaybeRefusal DecideRecordOrder(const RecordOrderRequest& request, Decision& decision) {
  // A row without a number holds only what came back of an order that is coming now.
  const OrderRow* known = decision.state().Find<OrderRow>(request.order_id());
  if (known != nullptr && known->number() != 0) {
    return Refuse(daybook::v1::REASON_ORDER_EXISTS, "order_id",
                  "the customer has an order of this id");
  }
  const OrderCompleted order = MakeOrder(request);
  if (const size_t bytes = order.ByteSizeLong(); bytes > kMaxOrderBytes) {
    return Refuse(daybook::v1::REASON_COMMIT_TOO_LARGE, "lines",
                  fmt::format("the order has {} bytes, {} are allowed", bytes, kMaxOrderBytes));
  }
  if (MaybeRefusal refusal = customers::EnsureRegistered(decision)) return refusal;
  decision.Emit(order);
  return std::nullopt;
}

void FillEarned(const Recorded& recorded,
                google::protobuf::RepeatedPtrField<daybook::v1::EarnedPoints>* earned) {
  for (const Event& event : recorded.events) {
    if (event.type != daybook::event::v1::EVENT_TYPE_POINTS_EARNED) continue;
    const auto& payload = event.As<PointsEarned>();
    daybook::v1::EarnedPoints& out = *earned->Add();
    out.set_programme(ProgrammeName(payload.programme_id()));
    out.set_version(payload.programme_version());
    out.set_points(payload.points());
    out.set_reason(payload.reason());
  }
}

void AnswerRecordOrder(const Recorded& recorded, daybook::v1::RecordOrderResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED) continue;
    const auto& order = event.As<OrderCompleted>();
    response->set_order(OrderName(recorded.entity.id, order.order_id()));
    *response->mutable_total() = order.total();
  }
  FillEarned(recorded, response->mutable_earned());
}

MaybeRefusal ValidateCancelOrder(const daybook::v1::CancelOrderRequest& request,
                                 EntityRef* entity) {
  std::string order;
  if (MaybeRefusal r = NameOrder("order", request.order(), entity, &order)) return r;
  return CheckCode("reason", request.reason(), Presence::kRequired);
}

MaybeRefusal DecideCancelOrder(const daybook::v1::CancelOrderRequest& request, Decision& decision) {
  const std::string order_id = OrderIdOf(request.order());
  const OrderRow* order = decision.state().Find<OrderRow>(order_id);
  if (order == nullptr || order->number() == 0) {
    return Refuse(daybook::v1::REASON_ORDER_UNKNOWN, "order",
                  "the customer has no order of this id");
  }
  if (order->cancelled()) {
    return Refuse(daybook::v1::REASON_ORDER_CANCELLED, "order", "the order is cancelled already");
  }
  OrderCancelled cancelled;
  cancelled.set_order_id(order_id);
  cancelled.set_reason(request.reason());
  for (int i = 0; i < order->lines_size(); ++i) {
    const OrderLineRow& line = order->lines(i);
    const int64_t units = line.units() - line.returned_units();
    if (units <= 0) continue;
    ReturnAllocation& allocation = *cancelled.add_allocations();
    allocation.set_order_id(order_id);
    allocation.set_order_line(static_cast<uint32_t>(i) + 1);
    allocation.set_units(units);
    const int64_t before = ShareOf(line.amount_minor(), line.returned_units(), line.units());
    SetMoney(line.amount_minor() - before, order->currency(), allocation.mutable_amount());
  }
  decision.Emit(cancelled);
  return std::nullopt;
}

void AnswerCancelOrder(const Recorded& recorded, daybook::v1::CancelOrderResponse* response) {
  response->set_points_clawed_back(PointsTakenBack(recorded));
}

}  // namespace daybook::projections::sales
