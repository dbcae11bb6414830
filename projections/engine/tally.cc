#include "projections/engine/tally.h"

namespace daybook::projections {
namespace {

std::string TallyKey(uint8_t dimension, std::string_view value) {
  std::string key(1, static_cast<char>(dimension));
  key += value;
  return key;
}

}  // namespace

std::string_view PlaceInTally(RowGroup& group, uint8_t dimension, std::string_view value,
                              uint32_t max_values) {
  if (value == kOtherValue || group.Find<engine::TallyRow>(TallyKey(dimension, value)) != nullptr) {
    return value;
  }
  engine::TallySizeRow& size = group.Mutable<engine::TallySizeRow>(TallyKey(dimension, {}));
  if (size.values() >= max_values) return kOtherValue;
  size.set_values(size.values() + 1);
  // Rows are never erased: a value that has one keeps it, also at zero.
  group.Mutable<engine::TallyRow>(TallyKey(dimension, value));
  return value;
}

void AddToTally(RowGroup& group, uint8_t dimension, std::string_view value, int64_t by) {
  if (value.empty()) return;
  engine::TallyRow& row =
      group.Mutable<engine::TallyRow>(TallyKey(dimension, PlaceInTally(group, dimension, value)));
  row.set_count(row.count() + by);
}

void MoveInTally(RowGroup& group, uint8_t dimension, std::string_view before,
                 std::string_view after) {
  if (before == after) return;
  AddToTally(group, dimension, before, -1);
  AddToTally(group, dimension, after, 1);
}

void TallySum::Add(const RowGroup& group) {
  group.Scan<engine::TallyRow>(TallyKey(dimension_, {}),
                               [this](std::string_view key, const engine::TallyRow& row) {
                                 counts_[std::string(key.substr(1))] += row.count();
                                 return true;
                               });
}

void TallySum::Fill(google::protobuf::RepeatedPtrField<daybook::v1::ValueCount>* counts) const {
  for (const auto& [value, count] : counts_) {
    if (count == 0) continue;
    daybook::v1::ValueCount& out = *counts->Add();
    out.set_value(value);
    out.set_count(count);
  }
}

}  // namespace daybook::projections
