// Decision state of a customer's contacts: which ids are taken.
#pragma once

#include <cstdint>

#include "projections/contacts/rows.pb.h"
#include "projections/engine/decision.h"

namespace daybook::projections {

template <>
struct RowTag<contacts::KnownContactRow> {
  static constexpr uint16_t value = 0x0301;
};

namespace contacts {

// Folds the contacts' events; ignores all others.
void Apply(const Event& event, EntityState& state);

}  // namespace contacts
}  // namespace daybook::projections
