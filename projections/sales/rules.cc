#include "projections/sales/rules.h"

#include <limits>

namespace daybook::projections::sales {
namespace {

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

template <typename Integer>
Integer HalfEven(Integer numerator, Integer denominator) {
  const Integer whole = numerator / denominator;
  const Integer rest = numerator % denominator;
  const Integer other = denominator - rest;
  if (rest > other || (rest == other && whole % 2 != 0)) return whole + 1;
  return whole;
}

}  // namespace

Price Normalise(Price price) {
  if (price.units == 0) return {0, 0};
  while (price.scale > 0 && price.units % 10 == 0) {
    price.units /= 10;
    --price.scale;
  }
  return price;
}

Int128 RoundHalfEven(Int128 numerator, Int128 denominator) {
  return HalfEven<Int128>(numerator, denominator);
}

std::optional<int64_t> LineAmount(int64_t units, Price price, int currency_digits) {
  const int exponent = currency_digits - static_cast<int>(price.scale);
  const int64_t power = PowerOfTen(exponent < 0 ? -exponent : exponent);
  int64_t product = 0;
  // Nearly every line fits into 64 bits, where a division costs a fraction of the long one.
  if (!__builtin_mul_overflow(units, price.units, &product)) {
    int64_t amount = 0;
    if (exponent < 0) {
      amount = HalfEven<int64_t>(product, power);
    } else if (__builtin_mul_overflow(product, power, &amount)) {
      return std::nullopt;
    }
    if (amount > kMaxAmount) return std::nullopt;
    return amount;
  }
  const Int128 exact = Int128{units} * price.units;
  const Int128 amount = exponent < 0 ? RoundHalfEven(exact, power) : exact * power;
  if (amount > kMaxAmount) return std::nullopt;
  return static_cast<int64_t>(amount);
}

int64_t ShareOf(int64_t whole, int64_t part, int64_t all) {
  if (part == all) return whole;
  int64_t product = 0;
  if (!__builtin_mul_overflow(whole, part, &product)) return HalfEven<int64_t>(product, all);
  return static_cast<int64_t>(RoundHalfEven(Int128{whole} * part, all));
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

}  // namespace daybook::projections::sales
