// Goal: what a file says is what the request says, to the last digit, or a refusal.
#include "tools/common/decimal.h"

#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

Decimal Read(std::string_view text) {
  const auto decimal = ParseDecimal(text);
  REQUIRE(decimal.ok());
  return *decimal;
}

TEST_CASE("equal numbers have equal fields", "[decimal]") {
  CHECK(Read("2.55") == Decimal{255, 2});
  CHECK(Read("2.50") == Decimal{25, 1});
  CHECK(Read("0.0") == Decimal{0, 0});
  CHECK(Read("-0.00") == Decimal{0, 0});
  CHECK(Read("100") == Decimal{100, 0});
  CHECK(Read("+3") == Decimal{3, 0});
  CHECK(Read(".5") == Decimal{5, 1});
  CHECK(Read("5.") == Decimal{5, 0});
  CHECK(Read("-11062.06") == Decimal{-1106206, 2});
  CHECK(Read("0.001") == Decimal{1, 3});
  CHECK(Read("1e3") == Decimal{1000, 0});
  CHECK(Read("1.5E-05") == Decimal{15, 6});
  CHECK(Read("000000000000000000000000001") == Decimal{1, 0});
}

TEST_CASE("what is no number is refused", "[decimal]") {
  for (const char* text :
       {"", "-", ".", "1.2.3", "1,000", "12a", " 1", "1 ", "e5", "1e", "0x10", "nan", "inf"}) {
    INFO(text);
    CHECK_FALSE(ParseDecimal(text).ok());
  }
  CHECK(absl::IsOutOfRange(ParseDecimal("1234567890123456789").status()));
  CHECK(absl::IsOutOfRange(ParseDecimal("1e30").status()));
}

TEST_CASE("the decimal mark may be a comma", "[decimal]") {
  CHECK(*ParseDecimal("2,55", ',') == Decimal{255, 2});
  CHECK_FALSE(ParseDecimal("2.55", ',').ok());
}

TEST_CASE("text of a decimal reads back", "[decimal]") {
  for (const char* text : {"0", "2.55", "-0.05", "1000", "-7", "0.000001"})
    CHECK(ToText(Read(text)) == text);
}

TEST_CASE("minor units are exact or refused", "[decimal]") {
  CHECK(*ToMinorUnits(Decimal{255, 2}, "GBP") == 255);
  CHECK(*ToMinorUnits(Decimal{25, 1}, "GBP") == 250);
  CHECK(*ToMinorUnits(Decimal{7, 0}, "JPY") == 7);
  CHECK(*ToMinorUnits(Decimal{1234, 3}, "KWD") == 1234);
  CHECK_FALSE(ToMinorUnits(Decimal{2555, 3}, "GBP").ok());
  CHECK_FALSE(ToMinorUnits(Decimal{5, 1}, "JPY").ok());
  CHECK(*ToMinorUnits(Decimal{10'000'000'000'000, 0}, "GBP") == 1'000'000'000'000'000);
  CHECK_FALSE(ToMinorUnits(Decimal{10'000'000'000'001, 0}, "GBP").ok());
}

TEST_CASE("decimals compare by value", "[decimal]") {
  CHECK(Compare({25, 1}, {250, 2}) == 0);
  CHECK(Compare({1, 6}, {0, 0}) > 0);
  CHECK(Compare({-1, 0}, {1, 18}) < 0);
  CHECK(Compare({999'999'999'999'999'999, 0}, {1, 18}) > 0);
}

}  // namespace
}  // namespace daybook::tools
