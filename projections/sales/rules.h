// The arithmetic of sales: amounts, prices and parts of amounts. No I/O, no messages, no state.
#pragma once

#include <cstdint>
#include <optional>

namespace daybook::projections::sales {

// Bound of every amount, in minor units.
inline constexpr int64_t kMaxAmount = 1'000'000'000'000'000;
inline constexpr int64_t kMaxUnits = 1'000'000'000;
inline constexpr uint32_t kMaxPriceScale = 6;

// A price of one unit: units / 10^scale of the major unit.
struct Price {
  int64_t units = 0;
  uint32_t scale = 0;
  friend constexpr bool operator==(const Price&, const Price&) = default;
};

// The same price without trailing zeros, so that equal prices have equal fields; 0 has scale 0.
Price Normalise(Price price);

// numerator / denominator to the nearest integer, a half to the even one. denominator > 0,
// numerator ≥ 0.
__extension__ typedef __int128 Int128;
Int128 RoundHalfEven(Int128 numerator, Int128 denominator);

// units × price in minor units of a currency with `currency_digits` decimal places, rounded half to
// even. Nothing if that is more than kMaxAmount. 0 ≤ units ≤ kMaxUnits, 0 ≤ price.units ≤
// kMaxAmount.
std::optional<int64_t> LineAmount(int64_t units, Price price, int currency_digits);

// The part of `whole` that belongs to `part` of `all`: round_half_even(whole × part / all). 0 ≤
// part ≤ all, all > 0, 0 ≤ whole ≤ kMaxAmount. Taken cumulatively, any sequence of parts adds up to
// exactly the whole.
int64_t ShareOf(int64_t whole, int64_t part, int64_t all);

// a + b, or the nearest number there is: totals over a tenant must not overflow because somebody
// sells moons.
int64_t SaturatingAdd(int64_t a, int64_t b);

}  // namespace daybook::projections::sales
