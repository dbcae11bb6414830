// RecordReturn.
#include "daybook/event/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/engine/validation.h"
#include "projections/sales/decide.h"
#include "projections/sales/matching.h"
#include "projections/sales/names.h"
#include "projections/sales/rows.h"

namespace daybook::projections::sales {
namespace {

using daybook::event::v1::ItemsReturned;
using daybook::event::v1::ReturnLine;
using daybook::v1::RecordReturnRequest;
using daybook::v1::ReturnLineInput;

constexpr int kMaxLines = 2500;
// What one return may touch: far beyond any real one, and well inside a commit.
constexpr int kMaxAllocations = 5000;
// Of a return as recorded. The rest of a commit (256 KiB) is for the points that it takes back.
constexpr size_t kMaxReturnBytes = 192 * 1024;

MaybeRefusal In(int index, MaybeRefusal refusal) {
  refusal->field = fmt::format("lines[{}].{}", index, refusal->field);
  return refusal;
}

bool NamesOrderLine(const ReturnLineInput& line) { return line.order_line() != 0; }

MaybeRefusal CheckLine(const ReturnLineInput& line) {
  const Presence product = NamesOrderLine(line) ? Presence::kOptional : Presence::kRequired;
  if (MaybeRefusal r = CheckText("product", line.product(), product, 64)) return r;
  if (!line.has_unit_price() && product == Presence::kRequired) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "unit_price",
                  "is required unless the order line is named");
  }
  if (MaybeRefusal r = CheckPrice("unit_price", line.unit_price())) return r;
  if (MaybeRefusal r = CheckUnits("units", line.units())) return r;
  if (MaybeRefusal r = CheckCode("order_id", line.order_id(), Presence::kOptional)) return r;
  if (NamesOrderLine(line) && line.order_id().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "order_id", "is required with order_line");
  }
  return std::nullopt;
}

MaybeRefusal NotSoMany(int64_t units, int64_t left) {
  return Refuse(daybook::v1::REASON_UNITS_EXCEEDED, "units",
                fmt::format("{} units given back, {} still out", units, left));
}

// A line that names its order line: product and price come from there and, if given, must be those.
MaybeRefusal TakeNamedLine(const ReturnLineInput& input, const OrderRow& order, Matcher& matcher,
                           ReturnLine* line) {
  const std::optional<int64_t> left = matcher.UnitsLeft(input.order_id(), input.order_line());
  if (!left) {
    return Refuse(daybook::v1::REASON_ORDER_LINE_UNKNOWN, "order_line",
                  fmt::format("the order has no line {}", input.order_line()));
  }
  const OrderLineRow& bought = order.lines(static_cast<int>(input.order_line()) - 1);
  if (!input.product().empty() && input.product() != bought.product()) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "product",
                  fmt::format("line {} of the order is of another product", input.order_line()));
  }
  const Price price{bought.price_units(), bought.price_scale()};
  if (input.has_unit_price() && PriceOf(input.unit_price()) != price) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "unit_price",
                  fmt::format("line {} of the order has another price", input.order_line()));
  }
  if (input.units() > *left) return NotSoMany(input.units(), *left);
  line->set_product(bought.product());
  line->mutable_unit_price()->set_units(price.units);
  line->mutable_unit_price()->set_scale(price.scale);
  matcher.TakeFromLine(line->number(), input.order_id(), input.order_line(), input.units());
  return std::nullopt;
}

MaybeRefusal TakeLine(const ReturnLineInput& input, const Decision& decision, Matcher& matcher,
                      ReturnLine* line) {
  line->set_units(input.units());
  const OrderRow* order = nullptr;
  if (!input.order_id().empty()) {
    order = decision.state().Find<OrderRow>(input.order_id());
    if (order == nullptr || order->number() == 0) {
      return Refuse(daybook::v1::REASON_ORDER_UNKNOWN, "order_id",
                    "the customer has no order of this id");
    }
    if (NamesOrderLine(input)) return TakeNamedLine(input, *order, matcher, line);
  }
  const Price price = PriceOf(input.unit_price());
  line->set_product(input.product());
  line->mutable_unit_price()->set_units(price.units);
  line->mutable_unit_price()->set_scale(price.scale);
  if (order == nullptr) {
    line->set_unmatched_units(
        matcher.TakeNewest(line->number(), input.product(), price, input.units()));
    return std::nullopt;
  }
  const int64_t left = matcher.UnitsLeft(input.order_id(), input.product(), price);
  if (input.units() > left) return NotSoMany(input.units(), left);
  matcher.TakeFromOrder(line->number(), input.order_id(), input.product(), price, input.units());
  return std::nullopt;
}

}  // namespace

MaybeRefusal ValidateRecordReturn(const RecordReturnRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameCustomer("customer", request.customer(), entity)) return r;
  if (MaybeRefusal r = CheckCode("return_id", request.return_id(), Presence::kRequired)) return r;
  if (request.lines_size() == 0 || request.lines_size() > kMaxLines) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "lines",
                  fmt::format("{} lines; 1 to 2,500 are allowed", request.lines_size()));
  }
  for (int i = 0; i < request.lines_size(); ++i) {
    if (MaybeRefusal r = CheckLine(request.lines(i))) return In(i, r);
  }
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideRecordReturn(const RecordReturnRequest& request, Decision& decision) {
  if (decision.state().Find<ReturnRow>(request.return_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_RETURN_EXISTS, "return_id",
                  "the customer has a return of this id");
  }
  ItemsReturned returned;
  returned.set_return_id(request.return_id());
  returned.set_reason(request.reason());
  Matcher matcher(decision.state(), decision.context().effective, &returned);
  for (int i = 0; i < request.lines_size(); ++i) {
    ReturnLine& line = *returned.add_lines();
    line.set_number(static_cast<uint32_t>(i) + 1);
    if (MaybeRefusal r = TakeLine(request.lines(i), decision, matcher, &line)) return In(i, r);
    if (returned.allocations_size() > kMaxAllocations) {
      return Refuse(daybook::v1::REASON_COMMIT_TOO_LARGE, fmt::format("lines[{}]", i),
                    "the return reaches into more than 5,000 order lines");
    }
  }
  if (const size_t bytes = returned.ByteSizeLong(); bytes > kMaxReturnBytes) {
    return Refuse(daybook::v1::REASON_COMMIT_TOO_LARGE, "lines",
                  fmt::format("the return has {} bytes, {} are allowed", bytes, kMaxReturnBytes));
  }
  if (MaybeRefusal refusal = customers::EnsureRegistered(decision, "return")) return refusal;
  decision.Emit(returned);
  return std::nullopt;
}

void AnswerRecordReturn(const Recorded& recorded, daybook::v1::RecordReturnResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED) continue;
    const auto& returned = event.As<ItemsReturned>();
    *response->mutable_allocations() = returned.allocations();
    int64_t unmatched = 0;
    for (const ReturnLine& line : returned.lines()) unmatched += line.unmatched_units();
    response->set_unmatched_units(unmatched);
  }
  response->set_points_clawed_back(PointsTakenBack(recorded));
}

}  // namespace daybook::projections::sales
