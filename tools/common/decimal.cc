#include "tools/common/decimal.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "tools/common/views.h"

namespace daybook::tools {
namespace {

constexpr int kMaxDigits = 18;
constexpr int64_t kMaxMinorUnits = 1'000'000'000'000'000;
constexpr std::array<int64_t, 19> kPowers = [] {
  std::array<int64_t, 19> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

absl::Status NotANumber(std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("\"{}\" is not a decimal number", text));
}

absl::Status TooLong(std::string_view text) {
  return absl::OutOfRangeError(fmt::format("{} has more than {} digits", text, kMaxDigits));
}

}  // namespace

absl::StatusOr<Decimal> ParseDecimal(std::string_view text, char mark) {
  size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) ++at;
  int64_t units = 0;
  int digits = 0;
  int scale = 0;
  bool any = false;
  bool after_mark = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == mark && !after_mark) {
      after_mark = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (units != 0 || c != '0') ++digits;
      if (digits > kMaxDigits) return TooLong(text);
      units = units * 10 + (c - '0');
      if (after_mark) ++scale;
    } else {
      break;
    }
  }
  if (!any) return NotANumber(text);
  if (at < text.size()) {
    int exponent = 0;
    if ((text[at] != 'e' && text[at] != 'E') ||
        !absl::SimpleAtoi(ToAbsl(text.substr(at + 1)), &exponent) || exponent > 100 ||
        exponent < -100) {
      return NotANumber(text);
    }
    scale -= exponent;
  }
  while (scale > 0 && units % 10 == 0 && units != 0) {
    units /= 10;
    --scale;
  }
  if (units == 0) return Decimal{};
  for (; scale < 0; ++scale) {
    if (units >= kPowers[kMaxDigits - 1]) return TooLong(text);
    units *= 10;
  }
  if (scale > kMaxDigits) return TooLong(text);
  return Decimal{negative ? -units : units, static_cast<uint32_t>(scale)};
}

std::string ToText(Decimal decimal) {
  const uint64_t magnitude = decimal.units < 0 ? 0 - static_cast<uint64_t>(decimal.units)
                                               : static_cast<uint64_t>(decimal.units);
  std::string digits = fmt::format("{:0{}}", magnitude, decimal.scale + 1);
  if (decimal.scale > 0) digits.insert(digits.size() - decimal.scale, 1, '.');
  return decimal.units < 0 ? "-" + digits : digits;
}

int Compare(Decimal a, Decimal b) {
  __int128 left = a.units;
  __int128 right = b.units;
  if (a.scale < b.scale) left *= kPowers[std::min<uint32_t>(b.scale - a.scale, kMaxDigits)];
  if (b.scale < a.scale) right *= kPowers[std::min<uint32_t>(a.scale - b.scale, kMaxDigits)];
  return left < right ? -1 : left > right ? 1 : 0;
}

uint32_t MinorUnitPlaces(std::string_view currency) {
  static constexpr std::string_view kNone[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                               "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                               "VND", "VUV", "XAF", "XOF", "XPF"};
  static constexpr std::string_view kThree[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  static constexpr std::string_view kFour[] = {"CLF", "UYW"};
  const auto is_in = [&](const auto& list) {
    return std::find(std::begin(list), std::end(list), currency) != std::end(list);
  };
  if (is_in(kNone)) return 0;
  if (is_in(kThree)) return 3;
  return is_in(kFour) ? 4 : 2;
}

absl::StatusOr<int64_t> ToMinorUnits(Decimal major, std::string_view currency) {
  const uint32_t places = MinorUnitPlaces(currency);
  if (major.scale > places) {
    return absl::OutOfRangeError(
        fmt::format("{} has more than {} decimal places", ToText(major), places));
  }
  const __int128 minor = static_cast<__int128>(major.units) * kPowers[places - major.scale];
  if (minor > kMaxMinorUnits || minor < -kMaxMinorUnits) {
    return absl::OutOfRangeError(fmt::format("{} is beyond 10^15 minor units", ToText(major)));
  }
  return static_cast<int64_t>(minor);
}

}  // namespace daybook::tools
