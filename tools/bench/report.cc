#include "tools/bench/report.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/daybook/table.h"

namespace daybook::tools {

Section::Section(std::string title, std::vector<Column> columns)
    : title_(std::move(title)), columns_(std::move(columns)) {}

void Section::Add(const std::string& name, std::vector<double> values) {
  values.resize(columns_.size(), std::nan(""));
  rows_.push_back({name, std::move(values)});
}

std::string Section::ToText() const {
  std::vector<std::string> header = {title_};
  for (const Column& column : columns_) header.push_back(column.name);
  Table table(header);
  for (const Row& row : rows_) {
    std::vector<std::string> cells = {row.name};
    for (size_t i = 0; i < columns_.size(); ++i) {
      cells.push_back(std::isnan(row.values[i])
                          ? ""
                          : fmt::format("{:.{}f}", row.values[i], columns_[i].decimals));
    }
    table.Add(std::move(cells));
  }
  return table.ToText(false);
}

std::vector<std::string> Section::ToJson() const {
  std::vector<std::string> elements;
  for (const Row& row : rows_) {
    std::string text = fmt::format(R"({{"section":"{}","name":"{}")", title_, row.name);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (std::isnan(row.values[i])) continue;
      text +=
          fmt::format(R"(,"{}":{:.{}f})", columns_[i].name, row.values[i], columns_[i].decimals);
    }
    elements.push_back(text + "}");
  }
  return elements;
}

}  // namespace daybook::tools
