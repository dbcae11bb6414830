// Decision state of a customer: stage, and the attached identifiers. Other domains ask it whether a
// customer is known.
#pragma once

#include <cstdint>
#include <string>

#include "projections/customers/rows.pb.h"
#include "projections/engine/decision.h"

namespace daybook::projections {

template <>
struct RowTag<customers::CustomerRow> {
  static constexpr uint16_t value = 0x0201;
};
template <>
struct RowTag<customers::AttachedRow> {
  static constexpr uint16_t value = 0x0202;
};

namespace customers {

// A bound on the rows that a change of an identifier opens and compares.
inline constexpr uint32_t kMaxIdentifiers = 100;

// Folds the customers' events; ignores all others.
void Apply(const Event& event, EntityState& state);

// True if the customer was registered.
bool IsKnown(const RowGroup& state);
// True if the customer takes facts that happened at `effective`: it has not died by then.
bool IsOpen(const RowGroup& state, Timestamp effective);

// Keys of AttachedRow: of all identifiers of a kind, and of one.
std::string AttachedPrefix(daybook::event::v1::IdentifierKind kind);
std::string AttachedKey(daybook::event::v1::IdentifierKind kind, uint32_t number);

}  // namespace customers
}  // namespace daybook::projections
