// One line of a file as a mapping sees it: its columns by slot, cleaned.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/import/csv_reader.h"
#include "tools/import/text.h"

namespace daybook::tools {

// What is done to the values of one column, in this order, before anything else looks at them.
struct ColumnRule {
  std::string name;
  // Else the file must have it.
  bool optional = false;
  bool trim = false;
  std::string strip_prefix;
  std::string strip_suffix;
  enum class Case { kKeep, kUpper, kLower } letters = Case::kKeep;
  std::map<std::string, std::string, std::less<>> map;
  // Instead of a value that is not in `map`; absent: it stays.
  std::optional<std::string> other;
  // Instead of an empty value.
  std::string fallback;
};

// Columns that no file has: where the line comes from.
inline constexpr std::string_view kFileColumn =
    "#file";  // name of the file without folder and endings
inline constexpr std::string_view kLineColumn = "#line";  // number of the physical line
inline constexpr std::string_view kRowColumn =
    "#row";  // number of the record after the header, from 1
inline constexpr std::string_view kNumberColumn =
    "#number";  // the same over all files, in the order in which they are named

// Where the slots' columns stand in one file.
struct FileLayout {
  std::string file_name;
  size_t columns = 0;
  // Records of the files named before.
  uint64_t rows_before = 0;
  // By slot; -1: the file lacks the column or the column is one of those above.
  std::vector<int> column_of_slot;
};

// Slots' cleaned values of one line at a time. Values are views into the record, the layout or the
// row; valid until the next Load. Not thread-safe.
class Row {
 public:
  // `rules` by slot; must outlive the row.
  Row(const std::vector<ColumnRule>& rules, Encoding encoding);

  // The slot whose bytes are not in the encoding, if there is one; its value is then empty.
  std::optional<size_t> Load(const CsvRecord& record, const FileLayout& layout);

  std::string_view operator[](size_t slot) const { return values_[slot]; }

 private:
  std::string_view Clean(const ColumnRule& rule, std::string_view value);
  std::string_view Keep(std::string value);

  const std::vector<ColumnRule>& rules_;
  const Encoding encoding_;
  std::vector<std::string_view> values_;
  std::deque<std::string> kept_;
};

}  // namespace daybook::tools
