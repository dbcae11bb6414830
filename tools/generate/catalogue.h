// What the shop sells and how its year goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/generate/random.h"

namespace daybook::tools {

struct Product {
  std::string code;
  std::string name;
  std::string_view category;
  int64_t price_minor = 0;
};

// Products are made when asked for: nothing is stored. The same number and seed give the same
// product.
Product MakeProduct(uint64_t number, uint64_t seed);

// How busy a day is, as a weight of some thousands: Saturdays and the weeks before Christmas are
// full, Sundays and February are not. `day` counts from 1970-01-01.
uint64_t DayWeight(int64_t day);

// "Ada Abbot", from a list of names; never a real person's on purpose.
std::string MakeName(Random& random);
// A number that is reserved for fiction and valid in form; few, so people share them.
std::string MakePhone(Random& random);

}  // namespace daybook::tools
