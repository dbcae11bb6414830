#include "projections/sales/matching.h"

#include <algorithm>
#include <limits>

#include "projections/sales/rows.h"

namespace daybook::projections::sales {
namespace {

using daybook::event::v1::ReturnAllocation;

bool IsOf(const OrderLineRow& line, std::string_view product, Price price) {
  return line.product() == product && Price{line.price_units(), line.price_scale()} == price;
}

}  // namespace

int64_t Matcher::Take(uint32_t return_line, const std::string& order_id, uint32_t order_line,
                      int64_t units) {
  const OrderRow* order = state_.Find<OrderRow>(order_id);
  CheckInvariant(
      order != nullptr && order_line >= 1 && static_cast<int>(order_line) <= order->lines_size(),
      "a returnable line stands for an order line that is not there");
  const OrderLineRow& line = order->lines(static_cast<int>(order_line) - 1);
  int64_t& taken = taken_[LineKey(order_id, order_line)];
  const int64_t returned = line.returned_units() + taken;
  const int64_t now = std::min(units, line.units() - returned);
  if (now <= 0) return 0;
  taken += now;

  ReturnAllocation& allocation = *event_.add_allocations();
  allocation.set_return_line(return_line);
  allocation.set_order_id(order_id);
  allocation.set_order_line(order_line);
  allocation.set_units(now);
  allocation.mutable_amount()->set_minor_units(
      ShareOf(line.amount_minor(), returned + now, line.units()) -
      ShareOf(line.amount_minor(), returned, line.units()));
  allocation.mutable_amount()->set_currency(order->currency());
  return now;
}

int64_t Matcher::TakeNewest(uint32_t return_line, std::string_view product, Price price,
                            int64_t units) {
  const std::string prefix = ReturnablePrefix(product, price);
  std::string& from = next_[prefix];
  if (from.empty()) {
    constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();
    from = ReturnableKey(prefix, returned_at_, kLast, static_cast<uint32_t>(kLast));
  }
  // The scan's callback must not read other rows of the group while it runs over them, so what it
  // finds is noted first.
  struct Candidate {
    std::string key;
    std::string order_id;
    uint32_t line;
  };
  constexpr size_t kAtOnce = 8;
  std::vector<Candidate> candidates;
  while (units > 0) {
    candidates.clear();
    state_.Scan<ReturnableRow>(
        prefix, from, ScanOrder::kDescending, [&](std::string_view key, const ReturnableRow& row) {
          candidates.push_back({std::string(key), row.order_id(), row.line()});
          return candidates.size() < kAtOnce;
        });
    for (const Candidate& candidate : candidates) {
      if (units == 0) break;
      from = candidate.key;
      units -= Take(return_line, candidate.order_id, candidate.line, units);
    }
    if (candidates.size() < kAtOnce) break;
  }
  return units;
}

void Matcher::TakeFromOrder(uint32_t return_line, std::string_view order_id,
                            std::string_view product, Price price, int64_t units) {
  const std::string id(order_id);
  const OrderRow* order = state_.Find<OrderRow>(id);
  for (int i = order->lines_size(); i > 0 && units > 0; --i) {
    if (!IsOf(order->lines(i - 1), product, price)) continue;
    units -= Take(return_line, id, static_cast<uint32_t>(i), units);
  }
}

void Matcher::TakeFromLine(uint32_t return_line, std::string_view order_id, uint32_t order_line,
                           int64_t units) {
  Take(return_line, std::string(order_id), order_line, units);
}

std::optional<int64_t> Matcher::UnitsLeft(std::string_view order_id, uint32_t order_line) const {
  const OrderRow* order = state_.Find<OrderRow>(order_id);
  if (order == nullptr || order_line == 0 || static_cast<int>(order_line) > order->lines_size()) {
    return std::nullopt;
  }
  const OrderLineRow& line = order->lines(static_cast<int>(order_line) - 1);
  const auto taken = taken_.find(LineKey(order_id, order_line));
  return line.units() - line.returned_units() - (taken == taken_.end() ? 0 : taken->second);
}

int64_t Matcher::UnitsLeft(std::string_view order_id, std::string_view product, Price price) const {
  const OrderRow* order = state_.Find<OrderRow>(order_id);
  int64_t left = 0;
  for (int i = 0; i < order->lines_size(); ++i) {
    if (!IsOf(order->lines(i), product, price)) continue;
    left += *UnitsLeft(order_id, static_cast<uint32_t>(i) + 1);
  }
  return left;
}

}  // namespace daybook::projections::sales
