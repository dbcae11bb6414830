#include "tools/import/mapping.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace daybook::tools {

absl::StatusOr<Template> Template::Compile(std::string_view text,
                                           const std::function<size_t(std::string_view)>& slot_of) {
  Template result;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) result.pieces_.push_back({literal, std::nullopt});
    literal.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      ++at;
    } else if (c == '{') {
      const size_t close = text.find('}', at);
      if (close == std::string_view::npos) {
        return absl::InvalidArgumentError(
            fmt::format("\"{}\" has a brace that does not close", text));
      }
      end_literal();
      result.pieces_.push_back({"", slot_of(text.substr(at + 1, close - at - 1))});
      at = close;
    } else {
      literal += c;
    }
  }
  end_literal();
  return result;
}

std::string_view Template::Render(const Row& row, std::string& scratch) const {
  if (pieces_.size() == 1) {
    const Piece& piece = pieces_.front();
    return piece.slot ? row[*piece.slot] : std::string_view(piece.literal);
  }
  scratch.clear();
  for (const Piece& piece : pieces_)
    scratch += piece.slot ? row[*piece.slot] : std::string_view(piece.literal);
  return scratch;
}

bool Template::IsEmpty(const Row& row) const {
  bool any_column = false;
  for (const Piece& piece : pieces_) {
    if (!piece.slot) continue;
    if (!row[*piece.slot].empty()) return false;
    any_column = true;
  }
  return any_column || pieces_.empty();
}

bool Condition::Holds(const Row& row) const {
  const std::string_view value = row[slot];
  const auto begins = [&](const std::string& text) { return value.starts_with(text); };
  const auto ends = [&](const std::string& text) { return value.ends_with(text); };
  const bool holds =
      (starts_with.empty() || std::any_of(starts_with.begin(), starts_with.end(), begins)) &&
      (ends_with.empty() || std::any_of(ends_with.begin(), ends_with.end(), ends)) &&
      (one_of.empty() || one_of.count(value) > 0) && (!empty || *empty == value.empty());
  return holds != negated;
}

bool HoldAll(const std::vector<Condition>& conditions, const Row& row) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return condition.Holds(row); });
}

std::optional<Refusal> Apply(const std::vector<FieldRule>& rules, const Row& row,
                             google::protobuf::Message& message) {
  std::string scratch;
  std::string changed;
  for (const FieldRule& rule : rules) {
    if (rule.with && row[*rule.with].empty()) continue;
    if (rule.text.IsEmpty(row)) {
      if (rule.required)
        return Refusal{"FIELD_REQUIRED", rule.path.name(), "the line has no value for it"};
      continue;
    }
    std::string_view text = rule.text.Render(row, scratch);
    if (!rule.map.empty()) {
      if (const auto found = rule.map.find(text); found != rule.map.end()) text = found->second;
    }
    if (rule.code) text = changed = ToCode(text);
    if (rule.truncate > 0) text = Truncate(text, rule.truncate);
    if (text.empty()) continue;
    if (const absl::Status status = rule.path.Set(message, text, rule.format); !status.ok()) {
      return Refusal{"FIELD_INVALID", rule.path.name(), std::string(status.message())};
    }
  }
  return std::nullopt;
}

absl::StatusOr<FileLayout> LayOut(const Mapping& mapping, const CsvRecord& header,
                                  const std::string& path) {
  FileLayout layout;
  layout.columns = header.fields.size();
  layout.file_name = std::filesystem::path(path).filename().string();
  for (const std::string_view ending : {".zst", ".csv"}) {
    if (layout.file_name.ends_with(ending))
      layout.file_name.resize(layout.file_name.size() - ending.size());
  }
  std::vector<std::string> missing;
  std::vector<std::string> twice;
  for (const ColumnRule& rule : mapping.columns) {
    const auto is_it = [&](std::string_view field) { return Trim(field) == rule.name; };
    const auto found = std::find_if(header.fields.begin(), header.fields.end(), is_it);
    if (found != header.fields.end() &&
        std::find_if(found + 1, header.fields.end(), is_it) != header.fields.end()) {
      twice.push_back(rule.name);
    }
    layout.column_of_slot.push_back(
        found == header.fields.end() ? -1 : static_cast<int>(found - header.fields.begin()));
    if (found == header.fields.end() && !rule.optional && !rule.name.starts_with('#')) {
      missing.push_back(rule.name);
    }
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: the header lacks {}", path, absl::StrJoin(missing, ", ")));
  }
  if (!twice.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: the header names {} more than once: which one is meant?", path,
                    absl::StrJoin(twice, ", ")));
  }
  return layout;
}

}  // namespace daybook::tools
