// Goal: points are rounded once per order, spread by largest remainder, and clawed back to exactly
// nothing (domain.md 5.1 rules 3 and 4).
#include "projections/loyalty/rules.h"

#include <rapidcheck/catch.h>
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/projections/fakes.h"

namespace daybook::projections::loyalty {
namespace {

// One rule of one point per `per` minor units over these bases.
std::vector<Claim> Claims(const std::vector<int64_t>& bases) {
  std::vector<Claim> claims;
  for (size_t i = 0; i < bases.size(); ++i) {
    claims.push_back({static_cast<uint32_t>(i) + 1, 0, bases[i], 1, 0});
  }
  return claims;
}

std::vector<int64_t> PointsOf(const std::vector<Claim>& claims) {
  std::vector<int64_t> points;
  for (const Claim& claim : claims) points.push_back(claim.points);
  return points;
}

TEST_CASE("the sum is rounded, not the lines") {
  std::vector<Claim> claims = Claims({149, 149, 149});
  CHECK(RoundAndSpread(100, RoundingMode::kHalfEven, &claims) == 4);  // 4.47
  CHECK(PointsOf(claims) == std::vector<int64_t>{2, 1, 1});
}

TEST_CASE("a half goes where the mode says") {
  const std::vector<std::pair<RoundingMode, std::vector<int64_t>>> expected = {
      {RoundingMode::kHalfEven, {0, 2, 2}},
      {RoundingMode::kHalfUp, {1, 2, 3}},
      {RoundingMode::kDown, {0, 1, 2}},
  };
  for (const auto& [mode, totals] : expected) {
    for (int64_t i = 0; i < 3; ++i) {
      std::vector<Claim> claims = Claims({50 + 100 * i});
      CHECK(RoundAndSpread(100, mode, &claims) == totals[static_cast<size_t>(i)]);
    }
  }
}

TEST_CASE("the largest remainders get the points that are left; the earlier of equals") {
  std::vector<Claim> claims = Claims({110, 190, 150, 150});
  CHECK(RoundAndSpread(100, RoundingMode::kHalfEven, &claims) == 6);
  CHECK(PointsOf(claims) == std::vector<int64_t>{1, 2, 2, 1});
}

TEST_CASE("rates with different denominators add up exactly") {
  // 1 per 3 and 1 per 7 minor units, over 10: 10/3 + 10/7 = 100/21 = 4.76.
  std::vector<Claim> claims = {{1, 0, 10, 7, 0}, {1, 1, 10, 3, 0}};
  CHECK(RoundAndSpread(21, RoundingMode::kHalfEven, &claims) == 5);
  CHECK(PointsOf(claims) == std::vector<int64_t>{3, 2});
}

TEST_CASE("more than 10^12 points are refused, up to the greatest possible order") {
  std::vector<Claim> claims = Claims({100'000'000'000'000});
  CHECK(RoundAndSpread(100, RoundingMode::kHalfEven, &claims) == kMaxPoints);
  claims = Claims({100'000'000'000'051});
  CHECK_FALSE(RoundAndSpread(100, RoundingMode::kHalfEven, &claims).has_value());
  std::vector<Claim> greatest(
      200, Claim{1, 0, 1'000'000'000'000'000, 1'000'000 * kMaxCommonMultiple, 0});
  CHECK_FALSE(RoundAndSpread(kMaxCommonMultiple, RoundingMode::kHalfUp, &greatest).has_value());
}

TEST_CASE("shares add up to the total and none is more than a point from its exact value") {
  rc::prop("largest remainder", [] {
    const auto bases = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(0, 1'000'000)));
    const int64_t denominator = *rc::gen::inRange<int64_t>(1, 10'000);
    const auto mode =
        *rc::gen::element(RoundingMode::kHalfEven, RoundingMode::kHalfUp, RoundingMode::kDown);
    std::vector<Claim> claims = Claims(bases);
    const int64_t total = *RoundAndSpread(denominator, mode, &claims);
    int64_t sum = 0;
    for (const Claim& claim : claims) {
      sum += claim.points;
      RC_ASSERT(claim.points >= claim.base / denominator);
      RC_ASSERT(claim.points <= claim.base / denominator + 1);
    }
    RC_ASSERT(sum == total);
  });
}

TEST_CASE("the rule of claw-back alone: 37 points on three units, 12, 13, 12") {
  CHECK(ClawBackNow(37, 3, 1, 0) == 12);
  CHECK(ClawBackNow(37, 3, 2, 12) == 13);
  CHECK(ClawBackNow(37, 3, 3, 25) == 12);
  CHECK(ClawBackNow(37, 0, 0, 0) == 0);
}

TEST_CASE("any sequence of partial returns claws back exactly the total") {
  rc::prop("claw-back", [] {
    const int64_t points = *rc::gen::inRange<int64_t>(0, kMaxPoints);
    const int64_t base = *rc::gen::inRange<int64_t>(1, 1'000'000'000'000'000);
    int64_t returned = 0;
    int64_t clawed = 0;
    while (returned < base) {
      returned += *rc::gen::inRange<int64_t>(1, base - returned + 1);
      const int64_t now = ClawBackNow(points, base, returned, clawed);
      RC_ASSERT(now >= 0);
      clawed += now;
    }
    RC_ASSERT(clawed == points);
  });
}

TEST_CASE("common multiples have a bound") {
  CHECK(CommonMultiple(100, 30) == 300);
  CHECK(CommonMultiple(1, 1'000'000'000) == 1'000'000'000);
  CHECK(CommonMultiple(999'999'937, 999) == 998'999'937'063);
  CHECK_FALSE(CommonMultiple(999'999'937, 1'009).has_value());
}

TEST_CASE("lot ids sort as their lots were earned") {
  using testing::At;
  const std::vector<std::string> ids = {
      LotId(At("1900-01-01T00:00:00Z"), 9),  LotId(At("1969-12-31T23:59:59.999999Z"), 1),
      LotId(At("1970-01-01T00:00:00Z"), 1),  LotId(At("2024-02-29T12:00:00Z"), 1),
      LotId(At("2024-02-29T12:00:00Z"), 2),  LotId(At("2024-02-29T12:00:00Z"), 31),
      LotId(At("2024-02-29T12:00:00Z"), 32), LotId(At("2024-02-29T12:00:00.000001Z"), 1),
      LotId(At("9999-12-31T23:59:59Z"), 1),
  };
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  CHECK(ids[3] == "03fbih46p400-000001");
}

}  // namespace
}  // namespace daybook::projections::loyalty
