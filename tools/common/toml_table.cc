#include "tools/common/toml_table.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "fmt/format.h"

namespace daybook::tools {

void TomlProblems::Add(const toml::source_region& where, std::string_view what) {
  problems_.emplace_back(where.begin.line, what);
}

absl::Status TomlProblems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [line, what] : sorted) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}:{}: {}", file_, line, what);
  }
  return absl::InvalidArgumentError(text);
}

absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return absl::NotFoundError("cannot read " + path);
  return text.str();
}

std::optional<std::string> PlainText(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (node.is_array() || node.is_table()) return std::nullopt;
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) out << value;
  });
  return out.str();
}

const toml::node* TomlTable::Get(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

void TomlTable::Problem(std::string_view key, std::string_view what) {
  const toml::node* node = table_.get(key);
  problems_.Add(node == nullptr ? table_.source() : node->source(),
                fmt::format("{}: {}", key, what));
}

std::optional<std::string> TomlTable::Text(std::string_view key) {
  const toml::node* node = Get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) Problem(key, "must be text");
  return node->value<std::string>();
}

std::optional<int64_t> TomlTable::Integer(std::string_view key) {
  const toml::node* node = Get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_integer()) {
    Problem(key, "must be a whole number");
    return std::nullopt;
  }
  return node->value<int64_t>();
}

std::optional<bool> TomlTable::Bool(std::string_view key) {
  const toml::node* node = Get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) {
    Problem(key, "must be true or false");
    return std::nullopt;
  }
  return node->value<bool>();
}

std::optional<std::string> TomlTable::AnyText(std::string_view key) {
  const toml::node* node = Get(key);
  if (node == nullptr) return std::nullopt;
  std::optional<std::string> text = PlainText(*node);
  if (!text) Problem(key, "must be a plain value");
  return text;
}

std::vector<std::string> TomlTable::Texts(std::string_view key) {
  std::vector<std::string> texts;
  const toml::node* node = Get(key);
  if (node == nullptr) return texts;
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& element : *array) {
      if (const auto text = PlainText(element)) {
        texts.push_back(*text);
      } else {
        Problem(key, "must be a list of text");
      }
    }
  } else if (const auto text = PlainText(*node)) {
    texts.push_back(*text);
  } else {
    Problem(key, "must be text or a list of text");
  }
  return texts;
}

const toml::table* TomlTable::Table(std::string_view key) {
  const toml::node* node = Get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) Problem(key, "must be a table");
  return node->as_table();
}

std::vector<const toml::table*> TomlTable::Tables(std::string_view key) {
  std::vector<const toml::table*> tables;
  const toml::node* node = Get(key);
  if (node == nullptr) return tables;
  if (const toml::table* table = node->as_table()) return {table};
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& element : *array) {
      if (element.is_table()) tables.push_back(element.as_table());
    }
    if (tables.size() == array->size()) return tables;
  }
  Problem(key, "must be a list of tables");
  return {};
}

std::string TomlTable::RequiredText(std::string_view key) {
  std::optional<std::string> text = Text(key);
  if (!text && table_.get(key) == nullptr) Problem(key, "is missing");
  return text.value_or("");
}

void TomlTable::RejectUnknown() {
  for (const auto& [key, node] : table_) {
    if (known_.count(key.str()) == 0) {
      problems_.Add(key.source(), fmt::format("unknown key \"{}\"", key.str()));
    }
  }
}

}  // namespace daybook::tools
