// Decimal numbers as people and files write them, exactly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace daybook::tools {

// units / 10^scale, without trailing zeros after the point: equal numbers have equal fields.
struct Decimal {
  int64_t units = 0;
  uint32_t scale = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Reads "2.55", "-0,5" (with mark ','), "1e-05", "+3". No grouping marks, no spaces.
// InvalidArgument if it is not a number, OutOfRange if it has more than 18 digits.
absl::StatusOr<Decimal> ParseDecimal(std::string_view text, char mark = '.');

// "2.55".
std::string ToText(Decimal decimal);

// Negative, zero or positive as a is less than, equal to or greater than b.
int Compare(Decimal a, Decimal b);

// Whole minor units of `currency`. OutOfRange if it has more places than the currency or is larger
// than 10^15.
absl::StatusOr<int64_t> ToMinorUnits(Decimal major, std::string_view currency);

// Decimal places of a currency's minor unit as ISO 4217 lists them; 2 for a code that is not in the
// list.
uint32_t MinorUnitPlaces(std::string_view currency);

}  // namespace daybook::tools
