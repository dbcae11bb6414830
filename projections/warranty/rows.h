// The numbers of the rows of warranties.
#pragma once

#include <cstdint>

#include "projections/engine/rows.h"
#include "projections/warranty/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<warranty::AssetRow> {
  static constexpr uint16_t value = 0x0700;
};
template <>
struct RowTag<warranty::WarrantyRow> {
  static constexpr uint16_t value = 0x0701;
};
template <>
struct RowTag<warranty::ClaimRow> {
  static constexpr uint16_t value = 0x0702;
};
template <>
struct RowTag<warranty::TermsRow> {
  static constexpr uint16_t value = 0x0704;
};
template <>
struct RowTag<warranty::AssetLinkRow> {
  static constexpr uint16_t value = 0x0705;
};
template <>
struct RowTag<warranty::BoardRow> {
  static constexpr uint16_t value = 0x0780;
};
template <>
struct RowTag<warranty::BoardPlaceRow> {
  static constexpr uint16_t value = 0x0781;
};
template <>
struct RowTag<warranty::OwnedAssetRow> {
  static constexpr uint16_t value = 0x0782;
};

}  // namespace daybook::projections
