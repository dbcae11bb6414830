// The numbers and keys of the rows of cases.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "projections/cases/rows.pb.h"
#include "projections/engine/event.h"
#include "projections/engine/rows.h"

namespace daybook::projections {

template <>
struct RowTag<cases::CaseRow> {
  static constexpr uint16_t value = 0x0811;
};
template <>
struct RowTag<cases::SlaRow> {
  static constexpr uint16_t value = 0x0812;
};
template <>
struct RowTag<cases::CaseByTimeRow> {
  static constexpr uint16_t value = 0x0820;
};
template <>
struct RowTag<cases::CaseDescriptionRow> {
  static constexpr uint16_t value = 0x0821;
};
template <>
struct RowTag<cases::CaseEntryRow> {
  static constexpr uint16_t value = 0x0822;
};
template <>
struct RowTag<cases::CaseHolderRow> {
  static constexpr uint16_t value = 0x0823;
};
template <>
struct RowTag<cases::QueuedCaseRow> {
  static constexpr uint16_t value = 0x0824;
};
template <>
struct RowTag<cases::CaseTotalsRow> {
  static constexpr uint16_t value = 0x0825;
};

namespace cases {

// Instant, sequence and index of an event: in order of time, then of recording.
std::string EventKey(const Event& event);
// What the keys of a case's entries and holders begin with: its id behind its length.
std::string CasePrefix(std::string_view case_id);

// The clock that a queue goes by: of those that were not stopped and do not stand still the one
// due first.
const daybook::event::v1::CaseClock* NextClock(const CaseRow& row);
// Key of a case in its queue: next due instant (none: last), priority (urgent first), opening,
// customer, case.
std::string UrgencyKey(const CaseRow& row, std::string_view customer, std::string_view case_id);
// Customer and case of such a key.
std::string_view CustomerOfUrgencyKey(std::string_view key);
std::string_view CaseOfUrgencyKey(std::string_view key);

}  // namespace cases
}  // namespace daybook::projections
