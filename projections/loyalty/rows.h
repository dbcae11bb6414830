// The numbers and keys of the rows of loyalty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "projections/engine/rows.h"
#include "projections/loyalty/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<loyalty::LoyaltyRow> {
  static constexpr uint16_t value = 0x0600;
};
template <>
struct RowTag<loyalty::AccountRow> {
  static constexpr uint16_t value = 0x0601;
};
template <>
struct RowTag<loyalty::LotRow> {
  static constexpr uint16_t value = 0x0602;
};
template <>
struct RowTag<loyalty::LotByExpiryRow> {
  static constexpr uint16_t value = 0x0603;
};
template <>
struct RowTag<loyalty::LotByActivationRow> {
  static constexpr uint16_t value = 0x0604;
};
template <>
struct RowTag<loyalty::EarnedOrderRow> {
  static constexpr uint16_t value = 0x0605;
};
template <>
struct RowTag<loyalty::RedemptionRow> {
  static constexpr uint16_t value = 0x0606;
};
template <>
struct RowTag<loyalty::AdjustmentRow> {
  static constexpr uint16_t value = 0x0607;
};
template <>
struct RowTag<loyalty::ProgrammeRow> {
  static constexpr uint16_t value = 0x0608;
};
template <>
struct RowTag<loyalty::TransferRow> {
  static constexpr uint16_t value = 0x0609;
};
template <>
struct RowTag<loyalty::StatementRow> {
  static constexpr uint16_t value = 0x0680;
};
template <>
struct RowTag<loyalty::StatementEntryRow> {
  static constexpr uint16_t value = 0x0681;
};
template <>
struct RowTag<loyalty::ExplainedOrderRow> {
  static constexpr uint16_t value = 0x0682;
};
template <>
struct RowTag<loyalty::ExplainedEarningRow> {
  static constexpr uint16_t value = 0x0683;
};
template <>
struct RowTag<loyalty::LotTraceRow> {
  static constexpr uint16_t value = 0x0684;
};

namespace loyalty {

// What the keys of an account's rows begin with: the programme's id behind its length.
std::string AccountPrefix(std::string_view programme);
// Prefix and an id (lot, order).
std::string AccountKey(std::string_view programme, std::string_view id);
// Prefix, an instant and, if given, an id: in order of time.
std::string AccountTimeKey(std::string_view programme, ledger::Timestamp at,
                           std::string_view id = {});

enum class LotPlace : char { kOpen = 'o', kClosed = 'c' };
std::string LotPrefix(LotPlace place, std::string_view programme);
std::string LotKey(LotPlace place, std::string_view programme, std::string_view lot_id);

}  // namespace loyalty
}  // namespace daybook::projections
