// The arithmetic of warranties: what a cover says of a failure, what a claim pays, what a
// cancellation gives back. No I/O, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daybook/event/v1/warranty.pb.h"
#include "projections/engine/calendar.h"
#include "projections/warranty/rows.pb.h"

namespace daybook::projections::warranty {

using daybook::event::v1::CoverVerdict;

// All of it, in basis points.
inline constexpr uint32_t kWholeBasisPoints = 10'000;

inline LocalDate ToLocal(const daybook::event::v1::LocalDate& date) {
  return {date.year(), date.month(), date.day()};
}

// A failure, as the terms look at it.
struct Failure {
  std::string_view component;
  ledger::Timestamp at;           // when it failed
  ledger::Timestamp reported_at;  // when it was said
  int64_t usage = 0;              // reading of the meter then
};

// Whole months between two local days, as a birthday counts them: 31 January to the last of
// February is one.
uint32_t WholeMonths(LocalDate from, LocalDate to);

// Days from one date to another.
int64_t DaysBetween(LocalDate from, LocalDate to);

// The zone of a warranty's days; UTC if this machine does not know it.
Zone ZoneOf(const daybook::event::v1::WarrantyIssued& issued);

// The first instant after all covers.
ledger::Timestamp EndOf(const daybook::event::v1::WarrantyIssued& issued);

// Why a warranty is not in force at an instant, as in CoverVerdict.reason; empty if it is.
std::string_view ReasonNotInForce(const WarrantyRow& row, ledger::Timestamp at);

// The cover of a component: the line that names it, else the one for all others; null if neither.
const daybook::event::v1::Cover* CoverOf(const daybook::event::v1::WarrantyIssued& issued,
                                         std::string_view component);

// What one warranty says of a failure.
CoverVerdict Judge(const WarrantyRow& row, const Failure& failure);

// The better of two verdicts: covered, then the greater part, then the smaller deductible; else the
// first.
const CoverVerdict& Better(const CoverVerdict& a, const CoverVerdict& b);

// What the company pays of an accepted amount: its part, rounded half to even, less the deductible;
// never below 0.
int64_t Payable(int64_t accepted_minor, uint32_t basis_points, int64_t deductible_minor);

// What is paid back of the price if the warranty is cancelled at `at`, by its terms; exact, rounded
// half to even once. 0 where nothing is.
int64_t RefundAt(const daybook::event::v1::WarrantyIssued& issued, ledger::Timestamp at);

}  // namespace daybook::projections::warranty
