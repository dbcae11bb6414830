// Counts by value, for summary views: an index group keeps, per partition, how often each value of
// a dimension (channel, product, ...) occurs; a query adds the partitions up. A dimension has at
// most kMaxTallyValues values of its own; all beyond them count as kOtherValue, so that a
// vocabulary that turns out to have no bound cannot fill the view.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daybook/v1/common.pb.h"
#include "projections/engine/rows.h"
#include "projections/engine/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<engine::TallyRow> {
  static constexpr uint16_t value = 0x0011;
};
template <>
struct RowTag<engine::TallySizeRow> {
  static constexpr uint16_t value = 0x0012;
};

inline constexpr uint32_t kMaxTallyValues = 1000;
// '~' stands in no code, and no vocabulary begins a word with it.
inline constexpr std::string_view kOtherValue = "~other";

// The value under which `value` is counted: itself, or kOtherValue. Makes its row where there is
// room for one; the answer is the same ever after.
std::string_view PlaceInTally(RowGroup& group, uint8_t dimension, std::string_view value,
                              uint32_t max_values = kMaxTallyValues);
// Counts `value` `by` times more (or less) often; an empty one is not counted.
void AddToTally(RowGroup& group, uint8_t dimension, std::string_view value, int64_t by);
// Moves one count from `before` to `after`; either may be empty.
void MoveInTally(RowGroup& group, uint8_t dimension, std::string_view before,
                 std::string_view after);

// Counts of one dimension, summed up over groups.
class TallySum {
 public:
  explicit TallySum(uint8_t dimension) : dimension_(dimension) {}
  void Add(const RowGroup& group);
  // In order of the values, without those that are counted no more.
  void Fill(google::protobuf::RepeatedPtrField<daybook::v1::ValueCount>* counts) const;

 private:
  const uint8_t dimension_;
  std::map<std::string, int64_t, std::less<>> counts_;
};

}  // namespace daybook::projections
