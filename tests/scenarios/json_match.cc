#include "tests/scenarios/json_match.h"

#include <fmt/format.h>

namespace daybook::scenarios {
namespace {

using google::protobuf::Value;

std::string Text(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return value.string_value();
    case Value::kNumberValue:
      return fmt::format("{:.0f}", value.number_value());
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    default:
      return value.ShortDebugString();
  }
}

std::string DifferenceOfObjects(const Value& expected, const Value& found,
                                const std::string& path) {
  const auto& fields = found.struct_value().fields();
  for (const auto& [key, wanted] : expected.struct_value().fields()) {
    const std::string at = path.empty() ? key : path + "." + key;
    const auto it = fields.find(key);
    const bool there = it != fields.end() && !it->second.has_null_value();
    if (wanted.has_null_value()) {
      if (there) return fmt::format("{}: {} should not be there", at, Text(it->second));
      continue;
    }
    if (!there) return fmt::format("{}: missing", at);
    if (std::string difference = FirstDifference(wanted, it->second, at); !difference.empty())
      return difference;
  }
  return "";
}

std::string DifferenceOfLists(const Value& expected, const Value& found, const std::string& path) {
  const auto& wanted = expected.list_value().values();
  const auto& values = found.list_value().values();
  if (wanted.size() != values.size()) {
    return fmt::format("{}: {} elements instead of {}", path, values.size(), wanted.size());
  }
  for (int i = 0; i < wanted.size(); ++i) {
    std::string difference = FirstDifference(wanted[i], values[i], fmt::format("{}[{}]", path, i));
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace

std::string FirstDifference(const Value& expected, const Value& found, const std::string& path) {
  if (expected.has_struct_value() != found.has_struct_value() ||
      expected.has_list_value() != found.has_list_value()) {
    return fmt::format("{}: another shape", path);
  }
  if (expected.has_struct_value()) return DifferenceOfObjects(expected, found, path);
  if (expected.has_list_value()) return DifferenceOfLists(expected, found, path);
  if (Text(expected) == Text(found)) return "";
  return fmt::format("{}: {} instead of {}", path, Text(found), Text(expected));
}

}  // namespace daybook::scenarios
