#include "tools/import/row.h"

#include "absl/strings/ascii.h"
#include "fmt/format.h"

namespace daybook::tools {

Row::Row(const std::vector<ColumnRule>& rules, Encoding encoding)
    : rules_(rules), encoding_(encoding), values_(rules.size()) {}

std::string_view Row::Keep(std::string value) { return kept_.emplace_back(std::move(value)); }

std::string_view Row::Clean(const ColumnRule& rule, std::string_view value) {
  if (rule.trim) value = Trim(value);
  if (!rule.strip_prefix.empty() && value.starts_with(rule.strip_prefix)) {
    value.remove_prefix(rule.strip_prefix.size());
  }
  if (!rule.strip_suffix.empty() && value.ends_with(rule.strip_suffix)) {
    value.remove_suffix(rule.strip_suffix.size());
  }
  if (rule.letters != ColumnRule::Case::kKeep) {
    std::string text(value);
    rule.letters == ColumnRule::Case::kUpper ? absl::AsciiStrToUpper(&text)
                                             : absl::AsciiStrToLower(&text);
    value = Keep(std::move(text));
  }
  if (!rule.map.empty()) {
    if (const auto found = rule.map.find(value); found != rule.map.end()) {
      value = found->second;
    } else if (rule.other) {
      value = *rule.other;
    }
  }
  return value.empty() ? rule.fallback : value;
}

std::optional<size_t> Row::Load(const CsvRecord& record, const FileLayout& layout) {
  kept_.clear();
  std::optional<size_t> broken;
  const bool ascii = IsAscii(record.raw);
  for (size_t slot = 0; slot < rules_.size(); ++slot) {
    const int column = layout.column_of_slot[slot];
    std::string_view value;
    if (column >= 0) {
      if (static_cast<size_t>(column) < record.fields.size())
        value = record.fields[static_cast<size_t>(column)];
      if (!ascii && !IsAscii(value) && (encoding_ == Encoding::kLatin1 || !IsUtf8(value))) {
        if (encoding_ == Encoding::kUtf8) {
          if (!broken) broken = slot;
          value = {};
        } else {
          value = Keep(Latin1ToUtf8(value));
        }
      }
    } else if (rules_[slot].name == kFileColumn) {
      value = layout.file_name;
    } else if (rules_[slot].name == kLineColumn) {
      value = Keep(fmt::format("{}", record.line));
    } else if (rules_[slot].name == kRowColumn) {
      value = Keep(fmt::format("{}", record.row - 1));
    } else if (rules_[slot].name == kNumberColumn) {
      value = Keep(fmt::format("{}", layout.rows_before + record.row - 1));
    }
    values_[slot] = Clean(rules_[slot], value);
  }
  return broken;
}

}  // namespace daybook::tools
