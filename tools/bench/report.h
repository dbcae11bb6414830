// What was measured, as tables for people or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace daybook::tools {

// A column: its name in the table's header and in JSON, and how many decimals it has.
struct Column {
  std::string name;
  int decimals = 0;
};

// Rows of numbers of the same kind; a missing number is NaN. Not thread-safe.
class Section {
 public:
  Section(std::string title, std::vector<Column> columns);

  void Add(const std::string& name, std::vector<double> values);

  std::string ToText() const;
  // Elements of a JSON list: {"section": ..., "name": ..., column: value, ...}.
  std::vector<std::string> ToJson() const;

 private:
  struct Row {
    std::string name;
    std::vector<double> values;
  };
  const std::string title_;
  const std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace daybook::tools
