// Goal: every line of a file is read as it stands or named as malformed, however the bytes come in.
#include "tools/import/csv_reader.h"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

struct Read {
  uint64_t line;
  bool malformed;
  std::vector<std::string> fields;
  std::string raw;

  friend bool operator==(const Read&, const Read&) = default;
};

std::vector<Read> ReadAll(const std::string& text, size_t step = 7, char delimiter = ',') {
  CsvReader reader(FromMemory(text, step), delimiter);
  CsvRecord record;
  std::vector<Read> all;
  while (reader.Next(record)) {
    all.push_back({record.line,
                   record.malformed,
                   {record.fields.begin(), record.fields.end()},
                   std::string(record.raw)});
    CHECK(record.row == all.size());
  }
  CHECK(reader.status().ok());
  return all;
}

using Fields = std::vector<std::string>;

TEST_CASE("plain lines", "[csv]") {
  const auto records = ReadAll("a,b\n1,2\n\n3,\n,");
  REQUIRE(records.size() == 4);
  CHECK(records[0] == Read{1, false, {"a", "b"}, "a,b"});
  CHECK(records[1] == Read{2, false, {"1", "2"}, "1,2"});
  CHECK(records[2] == Read{4, false, {"3", ""}, "3,"});
  CHECK(records[3] == Read{5, false, {"", ""}, ","});
}

TEST_CASE("line ends: LF, CRLF, none at the end, a byte order mark", "[csv]") {
  const auto records = ReadAll(
      "\xef\xbb\xbf"
      "a,b\r\n1,2\r\n3,4");
  REQUIRE(records.size() == 3);
  CHECK(records[0].fields == Fields{"a", "b"});
  CHECK(records[1].raw == "1,2");
  CHECK(records[2].fields == Fields{"3", "4"});
  CHECK(ReadAll("").empty());
  CHECK(ReadAll("\n\r\n\n").empty());
  CHECK(ReadAll("\xef\xbb").size() == 1);
}

TEST_CASE("quotes", "[csv]") {
  CHECK(ReadAll("\"a,b\",c")[0].fields == Fields{"a,b", "c"});
  CHECK(ReadAll("\"say \"\"hi\"\"\",\"\"\"\",\"\"")[0].fields == Fields{"say \"hi\"", "\"", ""});
  SECTION("a line end inside a field belongs to it") {
    const auto records = ReadAll("x,\"1\r\n2\n\",y\nnext,,");
    REQUIRE(records.size() == 2);
    CHECK(records[0].fields == Fields{"x", "1\r\n2\n", "y"});
    CHECK(records[0].line == 1);
    CHECK(records[1].line == 4);
  }
  SECTION("a quote inside an unquoted field is an ordinary character") {
    const auto records = ReadAll("12\" ruler,3\n5\"\",x\nok,1\n");
    REQUIRE(records.size() == 3);
    CHECK(records[0].fields == Fields{"12\" ruler", "3"});
    CHECK(records[1].fields == Fields{"5\"\"", "x"});
    CHECK(records[2].fields == Fields{"ok", "1"});
  }
}

TEST_CASE("a malformed line costs only itself", "[csv]") {
  SECTION("a quote that never closes") {
    const auto records = ReadAll("a,\"open\nb,c\nd,e\n");
    REQUIRE(records.size() == 3);
    CHECK(records[0].malformed);
    CHECK(records[0].raw == "a,\"open");
    CHECK(records[1] == Read{2, false, {"b", "c"}, "b,c"});
  }
  SECTION("text after a closing quote") {
    const auto records = ReadAll("\"a\"x,b\nc,d\n");
    REQUIRE(records.size() == 2);
    CHECK(records[0].malformed);
    CHECK(records[1].fields == Fields{"c", "d"});
  }
  SECTION("a quote that closes lines later") {
    const auto records = ReadAll("\"a\nb,\"c\nd,e\n");
    REQUIRE(records.size() == 3);
    CHECK(records[0].raw == "\"a");
    CHECK(records[0].malformed);
    CHECK(records[1].malformed);
    CHECK(records[2].fields == Fields{"d", "e"});
  }
  SECTION("a record beyond all bounds") {
    const std::string text = "\"" + std::string(CsvReader::kMaxRecordBytes, 'x') + "\ny\n\"\nz\n";
    const auto records = ReadAll(text, 100'000);
    REQUIRE(records.size() >= 2);
    CHECK(records[0].malformed);
    CHECK(records.back().fields == Fields{"z"});
  }
}

TEST_CASE("a line beyond all bounds is one malformed line", "[csv]") {
  const std::string text = "a,b\n" + std::string(3 * CsvReader::kMaxRecordBytes, 'x') + ",y\nc,d\n";
  const auto records = ReadAll(text, 100'000);
  REQUIRE(records.size() == 3);
  CHECK(records[1].malformed);
  CHECK(records[1].line == 2);
  CHECK(records[2] == Read{3, false, {"c", "d"}, "c,d"});
  CHECK(ReadAll("a,b\n" + std::string(3 * CsvReader::kMaxRecordBytes, 'x'), 100'000).size() == 2);
}

TEST_CASE("another delimiter", "[csv]") {
  CHECK(ReadAll("a;b,c;\"d;e\"", 7, ';')[0].fields == Fields{"a", "b,c", "d;e"});
}

TEST_CASE("what is written reads back, whatever pieces it comes in", "[csv][property]") {
  rc::prop("round trip", [] {
    const auto rows = *rc::gen::nonEmpty(rc::gen::container<std::vector<Fields>>(
        rc::gen::nonEmpty(rc::gen::container<Fields>(rc::gen::container<std::string>(
            rc::gen::element('a', '"', ',', '\n', '\r', ' ', '\xc3'))))));
    std::string text;
    for (const Fields& row : rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        text += i == 0 ? "\"" : ",\"";
        for (const char c : row[i]) text += c == '"' ? "\"\"" : std::string(1, c);
        text += '"';
      }
      text += '\n';
    }
    const auto records = ReadAll(text, *rc::gen::inRange<size_t>(1, 20));
    RC_ASSERT(records.size() == rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      RC_ASSERT(!records[i].malformed);
      RC_ASSERT(records[i].fields == rows[i]);
    }
  });
}

TEST_CASE("any bytes are read to the end, the same in any pieces", "[csv][property]") {
  rc::prop("total", [] {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::element('a', '"', '"', ',', '\n', '\r', '\0', '\xff'));
    RC_ASSERT(ReadAll(text, 1) == ReadAll(text, 1000));
  });
}

TEST_CASE("no line disappears, whatever the quotes", "[csv][property]") {
  rc::prop("every line is in one record", [] {
    const auto lines = *rc::gen::container<std::vector<std::string>>(
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', '"', '"', ','))));
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    uint64_t next = 1;
    for (const Read& record : ReadAll(text)) {
      RC_ASSERT(record.line == next);
      next += LinesOf(record.raw);
    }
    RC_ASSERT(next == lines.size() + 1);
  });
}

}  // namespace
}  // namespace daybook::tools
