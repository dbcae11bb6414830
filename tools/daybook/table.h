// Text in columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace daybook::tools {

// Collects rows and lays them out: columns as wide as their widest cell, numbers to the right. Not
// thread-safe.
class Table {
 public:
  // No header line if all are empty.
  explicit Table(std::vector<std::string> header);

  // Missing cells are empty; control characters become blanks, so that a value cannot forge a line.
  void Add(std::vector<std::string> cells);

  // `bold` marks the header by an escape sequence.
  std::string ToText(bool bold) const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns that a terminal needs for UTF-8 text, every character counted as one.
size_t DisplayWidth(std::string_view text);

}  // namespace daybook::tools
