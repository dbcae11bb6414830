#include "tools/generate/catalogue.h"

#include <array>
#include <cstddef>

#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr std::array<std::string_view, 8> kCategories = {
    "kitchen", "garden", "paper", "toys", "lamps", "bags", "jewelry", "textiles"};
constexpr std::array<std::string_view, 12> kAdjectives = {"Red",     "Blue",    "Small", "Large",
                                                          "Vintage", "Striped", "Plain", "Wooden",
                                                          "Glass",   "Woven",   "Round", "Folding"};
constexpr std::array<std::string_view, 16> kThings = {
    "Mug", "Lantern", "Bunting", "Basket", "Card",  "Puzzle", "Candle", "Tray",
    "Bag", "Clock",   "Plate",   "Ribbon", "Frame", "Bowl",   "Scarf",  "Ring"};
constexpr std::array<std::string_view, 20> kFirstNames = {
    "Ada",  "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus",  "Hana", "Ivo",  "Jude",
    "Kira", "Leo", "Mina", "Nils", "Olga", "Pia", "Quin", "Rosa", "Sami", "Tess"};
constexpr std::array<std::string_view, 20> kLastNames = {
    "Abbot", "Birch", "Cole",  "Drake", "Ember",   "Frost", "Grove", "Heath", "Iver",  "Jarvis",
    "Kemp",  "Lake",  "Marsh", "North", "Orchard", "Pike",  "Quill", "Reed",  "Stone", "Thorn"};
// 555-0100 to 555-0199 are set aside for fiction in every area.
constexpr std::array<int, 12> kAreas = {202, 212, 213, 305, 312, 404, 415, 503, 512, 602, 617, 713};
// Of a month, in per cent of an ordinary one.
constexpr std::array<uint64_t, 12> kMonths = {80, 70, 90, 95, 100, 95, 90, 95, 110, 120, 170, 185};
// Of a weekday, Sunday first.
constexpr std::array<uint64_t, 7> kWeekdays = {40, 90, 95, 95, 105, 120, 150};
constexpr int64_t kFirstWeekday = 4;  // 1970-01-01 was a Thursday.

template <typename List>
auto Pick(const List& list, Random& random) {
  return list[random.Below(list.size())];
}

// Month 0 to 11 of a day since 1970 (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
size_t MonthOf(int64_t day) {
  const int64_t shifted = day + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto of_era = static_cast<uint64_t>(shifted - era * 146'097);
  const uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  return static_cast<size_t>(((5 * of_year + 2) / 153 + 2) % 12);
}

}  // namespace

Product MakeProduct(uint64_t number, uint64_t seed) {
  Random random(seed ^ (number * 0x9e3779b97f4a7c15));
  Product product;
  product.code = fmt::format("P{:05}", number);
  product.name =
      fmt::format("{} {} No. {}", Pick(kAdjectives, random), Pick(kThings, random), number);
  product.category = Pick(kCategories, random);
  // Many cheap things and a few dear ones: the smallest of three draws.
  uint64_t price = 10'000;
  for (int i = 0; i < 3; ++i) price = std::min(price, random.Below(10'000));
  product.price_minor = static_cast<int64_t>(price) + 35;
  return product;
}

uint64_t DayWeight(int64_t day) {
  const auto weekday = static_cast<size_t>(((day + kFirstWeekday) % 7 + 7) % 7);
  return kMonths[MonthOf(day)] * kWeekdays[weekday];
}

std::string MakeName(Random& random) {
  const std::string_view first = Pick(kFirstNames, random);
  return fmt::format("{} {}", first, Pick(kLastNames, random));
}

std::string MakePhone(Random& random) {
  const int area = Pick(kAreas, random);
  return fmt::format("+1{}55501{:02}", area, random.Below(100));
}

}  // namespace daybook::tools
