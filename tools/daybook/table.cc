#include "tools/daybook/table.h"

#include <algorithm>
#include <cstdint>

namespace daybook::tools {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,-") == std::string_view::npos &&
         text != "-";
}

void Append(std::string& line, std::string_view cell, size_t width, bool right, bool last) {
  const std::string padding(width - DisplayWidth(cell), ' ');
  if (right) line += padding;
  line += cell;
  if (last) return;
  if (!right) line += padding;
  line += "  ";
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(header_.size());
  for (std::string& cell : cells) {
    std::replace_if(
        cell.begin(), cell.end(),
        [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }, ' ');
  }
  rows_.push_back(std::move(cells));
}

std::string Table::ToText(bool bold) const {
  std::vector<size_t> widths;
  std::vector<bool> right;
  for (size_t column = 0; column < header_.size(); ++column) {
    size_t width = DisplayWidth(header_[column]);
    bool numbers = !rows_.empty();
    for (const auto& row : rows_) {
      width = std::max(width, DisplayWidth(row[column]));
      numbers = numbers && (row[column].empty() || IsNumber(row[column]));
    }
    widths.push_back(width);
    right.push_back(numbers);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells, bool heavy) {
    std::string line;
    for (size_t column = 0; column < cells.size(); ++column) {
      Append(line, cells[column], widths[column], right[column], column + 1 == cells.size());
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += heavy ? "\x1b[1m" + line + "\x1b[0m\n" : line + "\n";
  };
  const bool has_header = std::any_of(header_.begin(), header_.end(),
                                      [](const std::string& name) { return !name.empty(); });
  if (has_header) add_line(header_, bold);
  for (const auto& row : rows_) add_line(row, false);
  return text;
}

}  // namespace daybook::tools
