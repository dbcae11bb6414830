// Finds the order lines that units of a return were bought with. Reads decision state, changes
// nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "daybook/event/v1/sales.pb.h"
#include "projections/engine/decision.h"
#include "projections/sales/rules.h"

namespace daybook::projections::sales {

// Matches the lines of one return, one after the other: what one of them took is gone for the next.
// Allocations are appended to the event in the order in which they are found. Lives no longer than
// the decision.
class Matcher {
 public:
  // `returned_at`: orders placed later are no earlier orders.
  Matcher(const RowGroup& state, ledger::Timestamp returned_at,
          daybook::event::v1::ItemsReturned* event)
      : state_(state), returned_at_(returned_at), event_(*event) {}

  // Units of `product` at `price`, newest order first and, within an order, the last line first.
  // Gives the units that found no line.
  int64_t TakeNewest(uint32_t return_line, std::string_view product, Price price, int64_t units);
  // The same within one order; all or nothing is the caller's affair: ask UnitsLeft first.
  void TakeFromOrder(uint32_t return_line, std::string_view order_id, std::string_view product,
                     Price price, int64_t units);
  // From one line of one order.
  void TakeFromLine(uint32_t return_line, std::string_view order_id, uint32_t order_line,
                    int64_t units);

  // Units of one line that are still out; nothing if there is no such order line.
  std::optional<int64_t> UnitsLeft(std::string_view order_id, uint32_t order_line) const;
  // Units of `product` at `price` in one order that are still out.
  int64_t UnitsLeft(std::string_view order_id, std::string_view product, Price price) const;

 private:
  using LineKey = std::pair<std::string, uint32_t>;
  // Takes up to `units`; gives how many.
  int64_t Take(uint32_t return_line, const std::string& order_id, uint32_t order_line,
               int64_t units);

  const RowGroup& state_;
  const ledger::Timestamp returned_at_;
  daybook::event::v1::ItemsReturned& event_;
  absl::flat_hash_map<LineKey, int64_t> taken_;  // in this return
  // Where the next search of a product and price begins: what lies before it is used up.
  absl::flat_hash_map<std::string, std::string> next_;
};

}  // namespace daybook::projections::sales
