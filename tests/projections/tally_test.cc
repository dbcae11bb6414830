// Goal: counts by value are exact for as many values as there is room for, and bounded beyond.
#include "projections/engine/tally.h"

#include <catch2/catch.hpp>

namespace daybook::projections {
namespace {

std::map<std::string, int64_t> Sum(uint8_t dimension, std::vector<const RowGroup*> groups) {
  TallySum sum(dimension);
  for (const RowGroup* group : groups) sum.Add(*group);
  google::protobuf::RepeatedPtrField<daybook::v1::ValueCount> counts;
  sum.Fill(&counts);
  std::map<std::string, int64_t> out;
  for (const auto& count : counts) out[count.value()] = count.count();
  return out;
}

TEST_CASE("values are counted, moved and summed up over groups", "[tally]") {
  RowGroup a("a", nullptr);
  RowGroup b("b", nullptr);
  AddToTally(a, 1, "Web", 1);
  AddToTally(a, 1, "", 1);
  AddToTally(a, 2, "Web", 5);
  AddToTally(b, 1, "Web", 2);
  MoveInTally(b, 1, "", "Phone");
  MoveInTally(b, 1, "Web", "Fax");
  CHECK(Sum(1, {&a, &b}) == std::map<std::string, int64_t>{{"Web", 2}, {"Phone", 1}, {"Fax", 1}});
  MoveInTally(b, 1, "Fax", "");
  CHECK(Sum(1, {&b}) == std::map<std::string, int64_t>{{"Web", 1}, {"Phone", 1}});
  CHECK(Sum(2, {&a, &b}) == std::map<std::string, int64_t>{{"Web", 5}});
}

TEST_CASE("beyond the bound all values are one, for good", "[tally]") {
  RowGroup group("g", nullptr);
  for (uint32_t i = 0; i < kMaxTallyValues; ++i) AddToTally(group, 1, "v" + std::to_string(i), 1);
  AddToTally(group, 1, "late", 3);
  AddToTally(group, 1, "later", 1);
  AddToTally(group, 1, "v7", 1);
  auto sum = Sum(1, {&group});
  CHECK(sum.size() == kMaxTallyValues + 1);
  CHECK(sum.at(std::string(kOtherValue)) == 4);
  CHECK(sum.at("v7") == 2);
  // What went there comes from there, also when one of the first has gone.
  MoveInTally(group, 1, "v7", "");
  MoveInTally(group, 1, "v7", "");
  MoveInTally(group, 1, "late", "v7");
  sum = Sum(1, {&group});
  CHECK(sum.at(std::string(kOtherValue)) == 3);
  CHECK(sum.at("v7") == 1);
}

}  // namespace
}  // namespace daybook::projections
