// The arithmetic of points: rounding an order, spreading it over its lines, clawing back, naming
// lots. No I/O, no messages, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/types.h"

namespace daybook::projections::loyalty {

// Bound of what one order may earn: sums over a customer's life stay far from overflow.
inline constexpr int64_t kMaxPoints = 1'000'000'000'000;
// Bound of the least common multiple of a programme's `per_minor_units`: with it the exact points
// of any order fit into 128 bits.
inline constexpr int64_t kMaxCommonMultiple = 1'000'000'000'000;

// The least common multiple of two positive numbers; nothing above kMaxCommonMultiple.
std::optional<int64_t> CommonMultiple(int64_t a, int64_t b);

enum class RoundingMode { kHalfEven, kDown, kHalfUp };

// One rule's claim on one line: base × weight / denominator points, exactly.
struct Claim {
  uint32_t line = 0;   // number of the order line
  uint32_t rule = 0;   // index of the rule
  int64_t base = 0;    // minor units, 0 to 10^15
  int64_t weight = 0;  // points per minor unit × denominator
  int64_t points = 0;  // out: whole points
};

// Adds the claims up, rounds the sum once, and spreads the rounded total by largest remainder (of
// equal remainders the earlier claim's counts more), so that the shares add up to it. Gives the
// total; nothing if it is above kMaxPoints.
std::optional<int64_t> RoundAndSpread(int64_t denominator, RoundingMode mode,
                                      std::vector<Claim>* claims);

// Points to take back now: round_half_even(points × returned / base) less what was clawed back
// before. After any sequence of partial returns all of it is clawed back, and not a point more. 0 ≤
// returned ≤ base.
int64_t ClawBackNow(int64_t points, int64_t base, int64_t returned, int64_t clawed_back);

// The id of a customer's `number`-th lot, earned at `earned_at`: ids sort as their lots were
// earned, those of one instant as they were made.
std::string LotId(ledger::Timestamp earned_at, uint64_t number);

}  // namespace daybook::projections::loyalty
