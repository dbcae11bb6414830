// Decision state of a tenant: what its next registry command must know that the policies do not yet
// show, because they follow only what is durable.
#pragma once

#include <cstdint>

#include "projections/engine/decision.h"
#include "projections/registry/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<registry::TenantRow> {
  static constexpr uint16_t value = 0x0101;
};
template <>
struct RowTag<registry::ImportSessionRow> {
  static constexpr uint16_t value = 0x0102;
};
template <>
struct RowTag<registry::AccessTokenRow> {
  static constexpr uint16_t value = 0x0103;
};
template <>
struct RowTag<registry::AccessTokenHashRow> {
  static constexpr uint16_t value = 0x0104;
};

namespace registry {

// Folds the registry's events; ignores all others.
void Apply(const Event& event, EntityState& state);

}  // namespace registry
}  // namespace daybook::projections
