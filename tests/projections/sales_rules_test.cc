// Goal: amounts, prices and shares are exact over their whole range.
#include "projections/sales/rules.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>
#include <limits>

namespace daybook::projections::sales {
namespace {

TEST_CASE("equal prices have equal fields") {
  CHECK(Normalise({250, 2}) == Price{25, 1});
  CHECK(Normalise({25000, 2}) == Price{250, 0});
  CHECK(Normalise({2500, 0}) == Price{2500, 0});
  CHECK(Normalise({0, 6}) == Price{0, 0});
  CHECK(Normalise({1, 6}) == Price{1, 6});
}

TEST_CASE("a line's amount is units times price, rounded half to even to the minor unit") {
  CHECK(LineAmount(6, {255, 2}, 2) == 1530);
  CHECK(LineAmount(1, {5, 3}, 2) == 0);      // 0.5 pence
  CHECK(LineAmount(3, {5, 3}, 2) == 2);      // 1.5
  CHECK(LineAmount(5, {5, 3}, 2) == 2);      // 2.5
  CHECK(LineAmount(7, {5, 3}, 2) == 4);      // 3.5
  CHECK(LineAmount(1, {51, 4}, 2) == 1);     // 0.51
  CHECK(LineAmount(3, {1999, 2}, 0) == 60);  // yen of 59.97
  CHECK(LineAmount(3, {12, 0}, 3) == 36'000);
  CHECK(LineAmount(1'000'000'000, {0, 0}, 2) == 0);
}

TEST_CASE("an amount beyond 10^15 minor units is none") {
  CHECK(LineAmount(1, {kMaxAmount, 2}, 2) == kMaxAmount);
  CHECK(LineAmount(1, {kMaxAmount, 1}, 2) == std::nullopt);
  CHECK(LineAmount(kMaxUnits, {1'000'000, 0}, 0) == kMaxAmount);
  CHECK(LineAmount(kMaxUnits, {1'000'001, 0}, 0) == std::nullopt);
  CHECK(LineAmount(kMaxUnits, {kMaxAmount, 0}, 4) == std::nullopt);
  // Beyond 64 bits on the way, within bounds at the end.
  CHECK(LineAmount(kMaxUnits, {1'000'000'000'000, 6}, 0) == kMaxAmount);
  CHECK(LineAmount(999'999'937, {999'999'999'989, 6}, 0) == 999'999'936'989'000);
}

TEST_CASE("shares of any sequence of parts add up to the whole") {
  rc::prop("cumulative shares end at the whole and never shrink", [] {
    const int64_t whole = *rc::gen::inRange<int64_t>(0, kMaxAmount + 1);
    const int64_t all = *rc::gen::inRange<int64_t>(1, 200);
    int64_t before = 0;
    for (int64_t part = 0; part <= all; ++part) {
      const int64_t share = ShareOf(whole, part, all);
      RC_ASSERT(share >= before);
      before = share;
    }
    RC_ASSERT(before == whole);
  });
}

TEST_CASE("a share is the nearest integer, a half to the even one") {
  CHECK(ShareOf(37, 1, 3) == 12);
  CHECK(ShareOf(37, 2, 3) == 25);
  CHECK(ShareOf(37, 3, 3) == 37);
  CHECK(ShareOf(1, 1, 2) == 0);
  CHECK(ShareOf(3, 1, 2) == 2);
  CHECK(ShareOf(kMaxAmount, 999'999'999, 1'000'000'000) == 999'999'999'000'000);
}

TEST_CASE("sums saturate") {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  CHECK(SaturatingAdd(1, 2) == 3);
  CHECK(SaturatingAdd(kMax, 1) == kMax);
  CHECK(SaturatingAdd(-kMax, -2) == std::numeric_limits<int64_t>::min());
}

}  // namespace
}  // namespace daybook::projections::sales
