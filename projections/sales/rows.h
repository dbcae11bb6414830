// The numbers and keys of the rows of sales.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "projections/engine/rows.h"
#include "projections/sales/rows.pb.h"
#include "projections/sales/rules.h"

namespace daybook::projections {

template <>
struct RowTag<sales::SalesRow> {
  static constexpr uint16_t value = 0x0400;
};
template <>
struct RowTag<sales::OrderRow> {
  static constexpr uint16_t value = 0x0401;
};
template <>
struct RowTag<sales::ReturnableRow> {
  static constexpr uint16_t value = 0x0402;
};
template <>
struct RowTag<sales::ReturnRow> {
  static constexpr uint16_t value = 0x0403;
};
template <>
struct RowTag<sales::RefundRow> {
  static constexpr uint16_t value = 0x0404;
};
template <>
struct RowTag<sales::OrderViewRow> {
  static constexpr uint16_t value = 0x0480;
};
template <>
struct RowTag<sales::OrderByTimeRow> {
  static constexpr uint16_t value = 0x0481;
};
template <>
struct RowTag<sales::CountedCustomerRow> {
  static constexpr uint16_t value = 0x0482;
};
template <>
struct RowTag<sales::SalesTotalsRow> {
  static constexpr uint16_t value = 0x0483;
};
template <>
struct RowTag<sales::CurrencyTotalRow> {
  static constexpr uint16_t value = 0x0484;
};

namespace sales {

// Where the returnable lines of one product at one price stand: the prefix of their keys.
std::string ReturnablePrefix(std::string_view product, Price price);
// Below a prefix they stand by the order's instant, then its number, then the line: the newest is
// the last.
std::string ReturnableKey(std::string_view prefix, ledger::Timestamp occurred_at, uint64_t number,
                          uint32_t line);

}  // namespace sales
}  // namespace daybook::projections
