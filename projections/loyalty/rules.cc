#include "projections/loyalty/rules.h"

#include <algorithm>
#include <numeric>

#include "projections/sales/rules.h"

namespace daybook::projections::loyalty {
namespace {

using sales::Int128;

Int128 Round(Int128 numerator, Int128 denominator, RoundingMode mode) {
  switch (mode) {
    case RoundingMode::kHalfEven:
      return sales::RoundHalfEven(numerator, denominator);
    case RoundingMode::kHalfUp:
      return (2 * numerator + denominator) / (2 * denominator);
    case RoundingMode::kDown:
      break;
  }
  return numerator / denominator;
}

// Digits whose bytes sort as their values do.
constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";

void AppendDigits(uint64_t number, int digits, std::string* out) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5) {
    out->push_back(kDigits[(number >> shift) & 31]);
  }
}

}  // namespace

std::optional<int64_t> CommonMultiple(int64_t a, int64_t b) {
  const Int128 multiple = Int128{a / std::gcd(a, b)} * b;
  if (multiple > kMaxCommonMultiple) return std::nullopt;
  return static_cast<int64_t>(multiple);
}

std::optional<int64_t> RoundAndSpread(int64_t denominator, RoundingMode mode,
                                      std::vector<Claim>* claims) {
  Int128 exact = 0;
  for (const Claim& claim : *claims) exact += Int128{claim.base} * claim.weight;
  const Int128 rounded = Round(exact, denominator, mode);
  if (rounded > kMaxPoints) return std::nullopt;

  struct Rest {
    int64_t remainder;
    size_t claim;
  };
  std::vector<Rest> rests;
  rests.reserve(claims->size());
  int64_t left = static_cast<int64_t>(rounded);
  for (size_t i = 0; i < claims->size(); ++i) {
    Claim& claim = (*claims)[i];
    const Int128 share = Int128{claim.base} * claim.weight;
    claim.points = static_cast<int64_t>(share / denominator);
    left -= claim.points;
    rests.push_back({static_cast<int64_t>(share % denominator), i});
  }
  // Rounding gives or takes less than one point, so fewer points are left than there are
  // remainders.
  std::partial_sort(
      rests.begin(), rests.begin() + left, rests.end(), [](const Rest& a, const Rest& b) {
        return a.remainder != b.remainder ? a.remainder > b.remainder : a.claim < b.claim;
      });
  for (int64_t i = 0; i < left; ++i) (*claims)[rests[static_cast<size_t>(i)].claim].points += 1;
  return static_cast<int64_t>(rounded);
}

int64_t ClawBackNow(int64_t points, int64_t base, int64_t returned, int64_t clawed_back) {
  if (base <= 0) return 0;
  return sales::ShareOf(points, returned, base) - clawed_back;
}

std::string LotId(ledger::Timestamp earned_at, uint64_t number) {
  // Sixty bits from 1900 on reach beyond the year 38000.
  constexpr int64_t k1900 = -2'208'988'800'000'000;
  constexpr int kInstantDigits = 12;
  constexpr int kNumberDigits = 6;
  const int64_t since = std::max<int64_t>(0, earned_at.micros - k1900);
  std::string id;
  id.reserve(kInstantDigits + 1 + kNumberDigits);
  AppendDigits(static_cast<uint64_t>(since), kInstantDigits, &id);
  id.push_back('-');
  AppendDigits(number, kNumberDigits, &id);
  return id;
}

}  // namespace daybook::projections::loyalty
