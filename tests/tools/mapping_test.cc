// Goal: a mapping says exactly what happens to a line, and a mistake in it is named with its line.
#include "tools/import/mapping.h"

#include <catch2/catch.hpp>

#include "daybook/v1/sales.pb.h"

namespace daybook::tools {
namespace {

constexpr char kOrders[] = R"(
source = "shop"
required = { column = "Customer", reason = "CUSTOMER_MISSING" }
[column.Customer]
strip_suffix = ".0"
[time]
value = "{Date} {Time}"
format = "%Y-%m-%d %H:%M"
zone = "Europe/London"
[[command]]
make = "record_order"
when = [{ column = "No", starts_with = ["C", "X"], not = true }, { column = "Kind", is = ["sale", ""] }]
group_by = ["{No}", "{Customer}"]
[command.set]
customer = "customers/{Customer}"
order_id = "{No}"
currency = "GBP"
provenance.channel = "web"
"tenders[0].kind" = "card"
[command.lines]
add_to = "lines"
[command.lines.set]
product = { value = "{Product}", required = true }
units = { value = "{Units}", min = 1 }
unit_price = "{Price}"
)";

// What is wrong with a mapping, without the file's name.
std::string Problems(const std::string& toml) {
  const auto mapping = ParseMapping(toml, "m.toml");
  return mapping.ok() ? "" : std::string(mapping.status().message());
}

// One line of a file with a header, as the mapping's columns see it.
class Line {
 public:
  Line(const Mapping& mapping, const std::string& header, const std::string& line)
      : columns_(mapping.columns), row_(mapping.columns, mapping.encoding) {
    SplitCsv(header, ',', record_.fields, scratch_);
    auto layout = LayOut(mapping, record_, "folder/file.csv.zst");
    REQUIRE(layout.ok());
    layout_ = *std::move(layout);
    record_.raw = line_ = line;
    record_.line = 12;
    record_.row = 11;
    SplitCsv(record_.raw, ',', record_.fields, scratch_);
    broken_ = row_.Load(record_, layout_);
  }
  const Row& row() const { return row_; }
  std::string_view operator[](std::string_view column) const { return row_[SlotOf(column)]; }
  size_t SlotOf(std::string_view column) const {
    for (size_t slot = 0; slot < columns_.size(); ++slot) {
      if (columns_[slot].name == column) return slot;
    }
    FAIL("no such column");
    return 0;
  }
  std::optional<size_t> broken() const { return broken_; }

 private:
  const std::vector<ColumnRule>& columns_;
  FileLayout layout_;
  Row row_;
  CsvRecord record_;
  std::string line_;
  std::string scratch_;
  std::optional<size_t> broken_;
};

TEST_CASE("a mapping is read", "[mapping]") {
  const auto mapping = ParseMapping(kOrders, "m.toml");
  REQUIRE(mapping.ok());
  CHECK(mapping->source == "shop");
  REQUIRE(mapping->required.size() == 1);
  CHECK(mapping->required[0].reason == "CUSTOMER_MISSING");
  REQUIRE(mapping->commands.size() == 1);
  const CommandRule& rule = mapping->commands[0];
  CHECK(rule.command->name() == "record_order");
  CHECK(rule.lines->name() == "lines");

  const Line sale(*mapping, "No,Customer,Date,Time,Kind,Product,Units,Price",
                  "5,17850.0,2011-06-01,09:30,sale,A,2,1.50");
  CHECK(HoldAll(rule.when, sale.row()));
  v1::RecordOrderRequest order;
  CHECK_FALSE(Apply(rule.fields, sale.row(), order));
  CHECK(order.customer() == "customers/17850");
  CHECK(order.provenance().channel() == "web");
  CHECK(order.tenders(0).kind() == "card");
  v1::OrderLineInput line;
  CHECK_FALSE(Apply(rule.line_fields, sale.row(), line));
  CHECK(line.units() == 2);
  CHECK(line.unit_price().units() == 15);
}

TEST_CASE("conditions choose", "[mapping]") {
  const auto mapping = ParseMapping(kOrders, "m.toml");
  REQUIRE(mapping.ok());
  const std::string header = "No,Customer,Date,Time,Kind,Product,Units,Price";
  const auto takes = [&](const char* line) {
    return HoldAll(mapping->commands[0].when, Line(*mapping, header, line).row());
  };
  CHECK(takes("5,1,,,sale,,,"));
  CHECK(takes("5,1,,,,,,"));
  CHECK_FALSE(takes("5,1,,,other,,,"));
  CHECK_FALSE(takes("C5,1,,,sale,,,"));
  CHECK_FALSE(takes("X5,1,,,sale,,,"));
}

TEST_CASE("values that do not fit are refused with their field", "[mapping]") {
  const auto mapping = ParseMapping(kOrders, "m.toml");
  REQUIRE(mapping.ok());
  const auto refusal = [&](const char* line) {
    v1::OrderLineInput element;
    const Line of(*mapping, "No,Customer,Date,Time,Kind,Product,Units,Price", line);
    const auto result = Apply(mapping->commands[0].line_fields, of.row(), element);
    return result ? result->reason + " " + result->field : "";
  };
  CHECK(refusal("5,1,,,sale,A,2,1.50").empty());
  CHECK(refusal("5,1,,,sale,,2,1.50") == "FIELD_REQUIRED product");
  CHECK(refusal("5,1,,,sale,A,0,1.50") == "FIELD_INVALID units");
  CHECK(refusal("5,1,,,sale,A,x,1.50") == "FIELD_INVALID units");
  CHECK(refusal("5,1,,,sale,A,2,dear") == "FIELD_INVALID unit_price");
}

TEST_CASE("columns are cleaned in a fixed order", "[mapping]") {
  const auto mapping = ParseMapping(R"(
source = "s"
[column.a]
trim = true
strip_prefix = "id-"
strip_suffix = ".0"
case = "upper"
map = { X1 = "one" }
[column.b]
optional = true
default = "none"
[[command]]
make = "change_lifecycle"
[command.set]
customer = "{a}/{b}/{#file}/{#line}/{#row}"
reason = { value = "{b}", with = "a", code = true, truncate = 3, map = { none = "to be cut" } }
)",
                                    "m.toml");
  REQUIRE(mapping.ok());
  const auto apply = [&](const char* line) {
    v1::ChangeLifecycleRequest request;
    CHECK_FALSE(Apply(mapping->commands[0].fields, Line(*mapping, "a", line).row(), request));
    return request.customer() + " " + request.reason();
  };
  CHECK(apply(" id-x1.0 ") == "one/none/file/12/10 to-");
  CHECK(apply("id-x2") == "X2/none/file/12/10 to-");
  CHECK(apply("\"\"") == "/none/file/12/10 ");
}

TEST_CASE("encodings", "[mapping]") {
  const auto mapping_of = [](const std::string& encoding) {
    return ParseMapping("source = \"s\"\nencoding = \"" + encoding +
                            "\"\n[[command]]\nmake = \"change_lifecycle\"\nset.reason = \"{a}\"\n",
                        "m.toml");
  };
  const std::string latin =
      "\xa3"
      "5";
  const std::string utf8 =
      "\xc2\xa3"
      "5";
  const Mapping strict = *mapping_of("utf-8");
  const Mapping old = *mapping_of("latin-1");
  const Mapping either = *mapping_of("utf-8-or-latin-1");
  CHECK(Line(strict, "a", utf8)["a"] == utf8);
  const Line broken(strict, "a", latin);
  CHECK(broken.broken() == broken.SlotOf("a"));
  CHECK(Line(old, "a", latin)["a"] == utf8);
  CHECK(Line(either, "a", latin)["a"] == utf8);
  CHECK(Line(either, "a", utf8)["a"] == utf8);
}

TEST_CASE("every mistake is named with its line", "[mapping]") {
  CHECK(Problems("source = ") != "");
  CHECK(Problems("source = \"s\"") == "m.toml:1: command: is missing");
  CHECK(
      Problems(R"(source = "has blanks"
sauce = 1
delimiter = "ab"
encoding = "ebcdic"
[time]
value = "{a"
format = "%Q"
zone = "Europe/Atlantis"
[[command]]
make = "record_order"
group_bye = "x"
when = { column = "a" }
[command.set]
nothing = "1"
currency = { value = "GBP", colour = "red" }
[[command]]
make = "make_tea"
[[command]]
make = "record_order"
[command.lines]
add_to = "currency"
)") ==
      "m.toml:1: source: must be 1 to 64 characters of [A-Za-z0-9._:-]\n"
      "m.toml:2: unknown key \"sauce\"\n"
      "m.toml:3: delimiter: must be one character\n"
      "m.toml:4: encoding: must be \"utf-8\", \"latin-1\" or \"utf-8-or-latin-1\"\n"
      "m.toml:5: \"{a\" has a brace that does not close\n"
      "m.toml:7: format: unknown directive %Q in the date format\n"
      "m.toml:7: format: is missing\n"
      "m.toml:8: zone: \"Europe/Atlantis\" is not an IANA time zone\n"
      "m.toml:11: unknown key \"group_bye\"\n"
      "m.toml:12: column: a condition needs starts_with, ends_with, is or empty\n"
      "m.toml:14: no field \"nothing\" in \"nothing\" of RecordOrderRequest\n"
      "m.toml:15: unknown key \"colour\"\n"
      "m.toml:17: make: must be a command of daybook.v1.IngestItem, for instance \"record_order\"\n"
      "m.toml:21: add_to: must be a list of messages in the command");
}

TEST_CASE("a file without the mapping's columns is refused", "[mapping]") {
  const auto mapping = ParseMapping(kOrders, "m.toml");
  REQUIRE(mapping.ok());
  CsvRecord header;
  std::string scratch;
  SplitCsv("No,Customer,Date,Time,Kind", ',', header.fields, scratch);
  const auto layout = LayOut(*mapping, header, "x.csv");
  REQUIRE_FALSE(layout.ok());
  CHECK(std::string(layout.status().message()) == "x.csv: the header lacks Product, Price, Units");
}

TEST_CASE("a file that names a column of the mapping twice is refused", "[mapping]") {
  const auto mapping = ParseMapping(kOrders, "m.toml");
  REQUIRE(mapping.ok());
  CsvRecord header;
  std::string scratch;
  const std::string text = "No,Customer,Date,Time,Kind,Product,Price,Units,Other,Other";
  SplitCsv(text, ',', header.fields, scratch);
  CHECK(LayOut(*mapping, header, "x.csv").ok());
  const std::string twice = text + ", Price";
  SplitCsv(twice, ',', header.fields, scratch);
  const auto layout = LayOut(*mapping, header, "x.csv");
  REQUIRE_FALSE(layout.ok());
  CHECK(std::string(layout.status().message()) ==
        "x.csv: the header names Price more than once: which one is meant?");
}

}  // namespace
}  // namespace daybook::tools
