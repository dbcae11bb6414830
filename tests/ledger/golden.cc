#include "golden.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace daybook::ledger {
namespace {

std::ifstream OpenGolden(const std::string& name) {
  std::ifstream file(std::string(LEDGER_GOLDEN_DIR) + "/" + name);
  INFO("golden file " << name);
  REQUIRE(file.is_open());
  return file;
}

}  // namespace

std::string Golden(const std::string& name) {
  std::ifstream file = OpenGolden(name + ".hex");
  std::string bytes;
  std::string line;
  while (std::getline(file, line)) {
    for (size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
  }
  return bytes;
}

std::vector<std::vector<std::string>> GoldenRows(const std::string& name) {
  std::ifstream file = OpenGolden(name);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::vector<std::string>& row = rows.emplace_back();
    std::string word;
    while (words >> word) row.push_back(word);
  }
  return rows;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

}  // namespace daybook::ledger
