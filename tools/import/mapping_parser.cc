// TOML to Mapping.
#include <set>

#include "fmt/format.h"
#include "tools/common/toml_table.h"
#include "tools/import/mapping.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

class Parser {
 public:
  Parser(const toml::table& root, const std::string& file)
      : problems_(file), root_(root, problems_) {}

  absl::StatusOr<Mapping> Parse() {
    mapping_.source = root_.RequiredText("source");
    if (ToCode(mapping_.source) != mapping_.source) {
      root_.Problem("source", "must be 1 to 64 characters of [A-Za-z0-9._:-]");
    }
    ParseFile();
    ParseColumns();
    ParseRequired();
    for (const toml::table* table : root_.Tables("skip")) {
      TomlTable skip(*table, problems_);
      mapping_.skip.push_back(ParseConditions(skip, "when"));
      if (mapping_.skip.back().empty()) skip.Problem("when", "is missing");
      skip.RejectUnknown();
    }
    ParseTime();
    for (const toml::table* table : root_.Tables("command")) ParseCommand(*table);
    if (mapping_.commands.empty()) root_.Problem("command", "is missing");
    root_.RejectUnknown();
    if (!problems_.empty()) return problems_.ToStatus();
    return std::move(mapping_);
  }

 private:
  size_t SlotOf(std::string_view column) {
    for (size_t slot = 0; slot < mapping_.columns.size(); ++slot) {
      if (mapping_.columns[slot].name == column) return slot;
    }
    mapping_.columns.emplace_back().name = column;
    return mapping_.columns.size() - 1;
  }

  Template ParseTemplate(std::string_view text, const toml::node& where) {
    auto compiled =
        Template::Compile(text, [&](std::string_view column) { return SlotOf(column); });
    if (compiled.ok()) return *std::move(compiled);
    problems_.Add(where, std::string(compiled.status().message()));
    return {};
  }

  void ParseFile() {
    if (const auto delimiter = root_.Text("delimiter")) {
      if (delimiter->size() != 1 || *delimiter == "\"" || *delimiter == "\n") {
        root_.Problem("delimiter", "must be one character");
      } else {
        mapping_.delimiter = delimiter->front();
      }
    }
    const std::string encoding = root_.Text("encoding").value_or("utf-8");
    if (encoding == "latin-1") {
      mapping_.encoding = Encoding::kLatin1;
    } else if (encoding == "utf-8-or-latin-1") {
      mapping_.encoding = Encoding::kUtf8OrLatin1;
    } else if (encoding != "utf-8") {
      root_.Problem("encoding", "must be \"utf-8\", \"latin-1\" or \"utf-8-or-latin-1\"");
    }
  }

  std::map<std::string, std::string, std::less<>> ParseMap(TomlTable& table) {
    std::map<std::string, std::string, std::less<>> map;
    const toml::table* entries = table.Table("map");
    if (entries == nullptr) return map;
    for (const auto& [key, node] : *entries) {
      const auto text = PlainText(node);
      if (!text) problems_.Add(node, "map: must map to plain values");
      map.emplace(key.str(), text.value_or(""));
    }
    return map;
  }

  void ParseColumns() {
    const toml::table* columns = root_.Table("column");
    if (columns == nullptr) return;
    for (const auto& [name, node] : *columns) {
      if (!node.is_table()) {
        problems_.Add(node, "column: must be a table");
        continue;
      }
      TomlTable table(*node.as_table(), problems_);
      ColumnRule& rule = mapping_.columns[SlotOf(name.str())];
      rule.optional = table.Bool("optional").value_or(false);
      rule.trim = table.Bool("trim").value_or(false);
      rule.strip_prefix = table.Text("strip_prefix").value_or("");
      rule.strip_suffix = table.Text("strip_suffix").value_or("");
      rule.fallback = table.AnyText("default").value_or("");
      const std::string letters = table.Text("case").value_or("keep");
      if (letters == "upper") {
        rule.letters = ColumnRule::Case::kUpper;
      } else if (letters == "lower") {
        rule.letters = ColumnRule::Case::kLower;
      } else if (letters != "keep") {
        table.Problem("case", "must be \"upper\", \"lower\" or \"keep\"");
      }
      rule.map = ParseMap(table);
      rule.other = table.AnyText("other");
      if (rule.other && rule.map.empty()) table.Problem("other", "needs a `map`");
      table.RejectUnknown();
    }
  }

  void ParseRequired() {
    for (const toml::table* table : root_.Tables("required")) {
      TomlTable required(*table, problems_);
      const std::string column = required.RequiredText("column");
      mapping_.required.push_back(
          {SlotOf(column), required.Text("reason").value_or("FIELD_REQUIRED")});
      required.RejectUnknown();
    }
  }

  std::vector<Condition> ParseConditions(TomlTable& parent, std::string_view key) {
    std::vector<Condition> conditions;
    for (const toml::table* table : parent.Tables(key)) {
      TomlTable when(*table, problems_);
      Condition& condition = conditions.emplace_back();
      condition.slot = SlotOf(when.RequiredText("column"));
      condition.starts_with = when.Texts("starts_with");
      condition.ends_with = when.Texts("ends_with");
      for (std::string& text : when.Texts("is")) condition.one_of.insert(std::move(text));
      condition.empty = when.Bool("empty");
      condition.negated = when.Bool("not").value_or(false);
      if (condition.starts_with.empty() && condition.ends_with.empty() &&
          condition.one_of.empty() && !condition.empty) {
        when.Problem("column", "a condition needs starts_with, ends_with, is or empty");
      }
      when.RejectUnknown();
    }
    return conditions;
  }

  void ParseDates(TomlTable& table, std::string_view key, std::vector<DateFormat>& formats) {
    for (const std::string& text : table.Texts(key)) {
      auto format = DateFormat::Compile(text);
      if (format.ok()) {
        formats.push_back(*std::move(format));
      } else {
        table.Problem(key, std::string(format.status().message()));
      }
    }
  }

  absl::TimeZone ParseZone(TomlTable& table, const std::string& name) {
    const auto zone = LoadZone(name);
    if (!zone.ok()) table.Problem("zone", std::string(zone.status().message()));
    return zone.value_or(absl::UTCTimeZone());
  }

  void ParseTime() {
    const toml::table* node = root_.Table("time");
    if (node == nullptr) return;
    TomlTable table(*node, problems_);
    mapping_.time = ParseTimeRule(table, *node);
    table.RejectUnknown();
  }

  TimeRule ParseTimeRule(TomlTable& table, const toml::table& node) {
    TimeRule time;
    time.text = ParseTemplate(table.RequiredText("value"), node);
    ParseDates(table, "format", time.formats);
    if (time.formats.empty()) table.Problem("format", "is missing");
    time.zone_name = table.Text("zone").value_or("UTC");
    time.zone = ParseZone(table, time.zone_name);
    return time;
  }

  CommandTime ParseCommandTime(const toml::table& node) {
    TomlTable table(node, problems_);
    CommandTime time;
    if (node.contains("value")) time.time = ParseTimeRule(table, node);
    if (const auto days = table.Text("minus_days")) time.minus_days = ParseTemplate(*days, node);
    time.not_before_line = table.Bool("not_before_line").value_or(false);
    if (!mapping_.time && (!time.time || time.not_before_line)) {
      table.Problem("value", "needs the [time] of lines");
    }
    table.RejectUnknown();
    return time;
  }

  std::optional<Decimal> ParseBound(TomlTable& table, std::string_view key) {
    const auto text = table.AnyText(key);
    if (!text) return std::nullopt;
    const auto decimal = ParseDecimal(*text);
    if (!decimal.ok()) table.Problem(key, std::string(decimal.status().message()));
    return decimal.value_or(Decimal{});
  }

  // A field's value: its text, or a table of the text and how to read it.
  void ParseField(const Descriptor* type, const std::string& name, const toml::node& node,
                  std::vector<FieldRule>& rules) {
    auto path = FieldPath::Compile(type, name);
    if (!path.ok()) return problems_.Add(node, std::string(path.status().message()));
    FieldRule rule{*std::move(path), {}, {}, {}, false, false, 0, std::nullopt};
    if (const toml::table* options = node.as_table()) {
      TomlTable table(*options, problems_);
      rule.text = ParseTemplate(table.AnyText("value").value_or(""), node);
      ParseDates(table, "format", rule.format.dates);
      if (const auto zone = table.Text("zone")) rule.format.zone = ParseZone(table, *zone);
      if (const auto mark = table.Text("decimal_mark"); mark && mark->size() == 1) {
        rule.format.decimal_mark = mark->front();
      }
      rule.format.negate = table.Bool("negate").value_or(false);
      rule.format.min = ParseBound(table, "min");
      rule.format.max = ParseBound(table, "max");
      rule.format.currency = table.Text("currency").value_or("");
      rule.map = ParseMap(table);
      rule.required = table.Bool("required").value_or(false);
      if (const auto column = table.Text("with")) rule.with = SlotOf(*column);
      rule.code = table.Bool("code").value_or(false);
      rule.truncate =
          static_cast<size_t>(std::max<int64_t>(0, table.Integer("truncate").value_or(0)));
      table.RejectUnknown();
    } else if (const auto text = PlainText(node)) {
      rule.text = ParseTemplate(*text, node);
    } else {
      return problems_.Add(node, name + ": must be a plain value or a table");
    }
    rules.push_back(std::move(rule));
  }

  // Keys may be dotted, which TOML reads as tables in tables.
  void ParseFields(const Descriptor* type, const std::string& prefix, const toml::table* fields,
                   std::vector<FieldRule>& rules) {
    if (fields == nullptr) return;
    for (const auto& [key, node] : *fields) {
      const std::string name = prefix + std::string(key.str());
      const toml::table* nested = node.as_table();
      if (nested != nullptr && nested->get("value") == nullptr) {
        ParseFields(type, name + ".", nested, rules);
      } else {
        ParseField(type, name, node, rules);
      }
    }
  }

  void ParseCommand(const toml::table& node) {
    TomlTable table(node, problems_);
    CommandRule& rule = mapping_.commands.emplace_back();
    const std::string make = table.RequiredText("make");
    rule.command = v1::IngestItem::descriptor()->FindFieldByName(make);
    rule.when = ParseConditions(table, "when");
    for (const std::string& text : table.Texts("group_by")) {
      rule.group_by.push_back(ParseTemplate(text, node));
    }
    if (rule.group_by.empty()) {
      for (const std::string_view column : {kFileColumn, kRowColumn}) {
        rule.group_by.push_back(ParseTemplate(fmt::format("{{{}}}", column), node));
      }
    }
    rule.go_on = table.Bool("go_on").value_or(false);
    for (std::string& reason : table.Texts("tolerate")) rule.tolerate.insert(std::move(reason));
    if (const auto most = table.Integer("max_lines")) {
      if (*most < 1 || *most > 100'000) table.Problem("max_lines", "must be 1 to 100,000");
      rule.max_lines = static_cast<size_t>(*most);
    }
    const toml::table* set = table.Table("set");
    const toml::table* lines = table.Table("lines");
    if (const toml::table* time = table.Table("time")) rule.time = ParseCommandTime(*time);
    table.RejectUnknown();
    if (rule.command == nullptr) {
      return table.Problem(
          "make", "must be a command of daybook.v1.IngestItem, for instance \"record_order\"");
    }
    ParseFields(rule.command->message_type(), "", set, rule.fields);
    if (lines == nullptr) return;
    TomlTable line_table(*lines, problems_);
    const std::string add_to = line_table.RequiredText("add_to");
    const FieldDescriptor* list = rule.command->message_type()->FindFieldByName(add_to);
    if (list == nullptr || !list->is_repeated() || list->message_type() == nullptr) {
      line_table.Problem("add_to", "must be a list of messages in the command");
    } else {
      rule.lines = list;
      ParseFields(list->message_type(), "", line_table.Table("set"), rule.line_fields);
    }
    line_table.RejectUnknown();
  }

  TomlProblems problems_;
  TomlTable root_;
  Mapping mapping_;
};

}  // namespace

absl::StatusOr<Mapping> ParseMapping(std::string_view toml, const std::string& file) {
  absl::StatusOr<toml::table> table = ParseToml(toml, file);
  if (!table.ok()) return table.status();
  return Parser(*table, file).Parse();
}

}  // namespace daybook::tools
