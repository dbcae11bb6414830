// What its events make of a holding: the one fold that decision state and the views share.
#pragma once

#include <optional>
#include <string>

#include "projections/engine/event.h"
#include "projections/engine/rows.h"
#include "projections/holdings/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<holdings::HoldingRow> {
  static constexpr uint16_t value = 0x0901;
};
template <>
struct RowTag<holdings::HeldKindRow> {
  static constexpr uint16_t value = 0x0910;
};
template <>
struct RowTag<holdings::KindTotalRow> {
  static constexpr uint16_t value = 0x0911;
};
template <>
struct RowTag<holdings::PairTotalRow> {
  static constexpr uint16_t value = 0x0912;
};
template <>
struct RowTag<holdings::HolderTotalRow> {
  static constexpr uint16_t value = 0x0913;
};

namespace holdings {

// A holding before and after one of its events.
struct HoldingStep {
  HoldingRow before;
  HoldingRow after;
};

// Applies the event to the holding's row; nothing for other events. Total. The balance that was
// observed last stays, in whatever order balances become known.
std::optional<HoldingStep> FoldHolding(const Event& event, RowGroup& rows);

// True if it began and is not over.
bool IsOpen(const HoldingRow& row);

}  // namespace holdings
}  // namespace daybook::projections
