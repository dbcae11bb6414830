// Goal: lines are grouped and ordered as a naive program would, however they stand in the files and
// however little memory there is; every line is accounted for.
#include "tools/import/intake.h"

#include <rapidcheck/catch.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr char kMapping[] = R"(
source = "shop"
required = { column = "customer", reason = "CUSTOMER_MISSING" }
skip = { when = { column = "no", starts_with = "-" } }
[time]
value = "{time}"
format = "%s"
[[command]]
make = "record_order"
when = { column = "no", starts_with = "C", not = true }
group_by = ["{no}", "{customer}"]
set.customer = "customers/{customer}"
set.order_id = "{no}"
lines.add_to = "lines"
lines.set.product = "{product}"
lines.set.units = "{units}"
[[command]]
make = "record_return"
group_by = ["{no}", "{customer}"]
lines.add_to = "lines"
lines.set.product = "{product}"
)";
constexpr char kHeader[] = "no,customer,time,product,units\n";

struct MadeGroup {
  size_t command;
  std::string key;
  int64_t time;
  std::vector<std::string> lines;

  friend bool operator==(const MadeGroup&, const MadeGroup&) = default;
};

struct Result {
  std::vector<MadeGroup> groups;
  std::map<std::string, uint64_t> refused;
  uint64_t lines_read = 0;
  uint64_t lines_skipped = 0;
};

Result Run(const std::vector<std::string>& files, size_t memory = 1'000'000,
           const char* toml = kMapping, int64_t latest_us = kLastInstantUs) {
  const auto mapping = ParseMapping(toml, "m.toml");
  REQUIRE(mapping.ok());
  const auto refused = RefusedLines::Create("");
  Intake intake(*mapping, {memory, "/tmp", latest_us}, **refused);
  for (const std::string& file : files)
    REQUIRE(intake.Read(FromMemory(kHeader + file, 100), "f.csv", {}).ok());
  REQUIRE(intake.Finish().ok());
  Result result;
  Group group;
  while (*intake.NextGroup(group)) {
    MadeGroup& made = result.groups.emplace_back();
    made.command = group.command;
    made.key = group.key;
    std::replace(made.key.begin(), made.key.end(), kKeySeparator, '/');
    made.time = group.time_us / 1'000'000;
    for (const GroupLine& line : group.lines) made.lines.emplace_back(line.raw);
  }
  result.refused = (*refused)->by_reason();
  result.lines_read = intake.lines_read();
  result.lines_skipped = intake.lines_skipped();
  return result;
}

TEST_CASE("lines of one command need not stand together, its time is the earliest", "[intake]") {
  const Result result = Run({"1,a,500,x,1\n2,a,300,y,1\n1,a,200,z,1\nC1,a,200,x,1\n1,b,100,x,1\n"});
  REQUIRE(result.groups.size() == 4);
  CHECK(result.groups[0] == MadeGroup{0, "1/b", 100, {"1,b,100,x,1"}});
  CHECK(result.groups[1] == MadeGroup{0, "1/a", 200, {"1,a,500,x,1", "1,a,200,z,1"}});
  CHECK(result.groups[2] == MadeGroup{1, "C1/a", 200, {"C1,a,200,x,1"}});
  CHECK(result.groups[3].key == "2/a");
}

TEST_CASE("files are merged by time, in whatever order they are named", "[intake]") {
  const std::string early = "1,a,100,x,1\n2,a,200,x,1\n";
  const std::string late = "2,a,200,y,1\n3,a,200,x,1\n4,a,300,x,1\n";
  const Result forward = Run({early, late});
  CHECK(forward.groups == Run({late, early}).groups);
  REQUIRE(forward.groups.size() == 4);
  CHECK(forward.groups[1].lines == std::vector<std::string>{"2,a,200,x,1", "2,a,200,y,1"});
  CHECK(forward.groups[2].key == "3/a");
}

TEST_CASE("a missing customer is the first reason of all", "[intake]") {
  const Result result =
      Run({"1,,never,x,1\n"          // no time either
           "1, ,100,x,1,too,many\n"  // columns
           "1\n"                     // ragged
           "1,,100,\xff,1\n"         // bytes
           "-1,,100,x,1\n"           // would be skipped
           "1,a,never,x,1\n"         // time
           "1,a,100,x,1,2\n"         // columns
           "1,a,100,\xff,1\n"        // bytes
           "1,a,100,x,many\n"        // value
           "1,a,100,\"x,1\n"         // quote
           "-1,a,100,x,1\n"          // skipped
           "1,a,100,good,1\n"});
  CHECK(result.lines_read == 12);
  CHECK(result.lines_skipped == 1);
  CHECK(result.refused == std::map<std::string, uint64_t>{{"CUSTOMER_MISSING", 5},
                                                          {"FIELD_INVALID", 2},
                                                          {"COLUMN_COUNT", 1},
                                                          {"TEXT_ENCODING", 1},
                                                          {"CSV_MALFORMED", 1}});
  REQUIRE(result.groups.size() == 1);
  CHECK(result.groups[0].lines == std::vector<std::string>{"1,a,100,good,1"});
}

TEST_CASE("an instant that no fact has refuses its line alone", "[intake]") {
  std::string toml = kMapping;
  toml.replace(toml.find("\"%s\""), 4, "\"%Y-%m-%d\"");
  const std::string lines =
      "1,a,1700-05-01,x,1\n"
      "1,a,1970-01-02,y,1\n"
      "1,a,2999-05-01,z,1\n"
      "1,a,2999-05-01,z,2\n"
      "1,a,2033-05-01,w,1\n"
      "1,a,1970-01-03,u,1\n";
  Result result = Run({lines}, 1'000'000, toml.c_str(), int64_t{1'900'000'000} * 1'000'000);
  CHECK(result.refused == std::map<std::string, uint64_t>{{"INSTANT_OUT_OF_RANGE", 4}});
  REQUIRE(result.groups.size() == 1);
  CHECK(result.groups[0] ==
        MadeGroup{0, "1/a", 86'400, {"1,a,1970-01-02,y,1", "1,a,1970-01-03,u,1"}});
  result = Run({lines}, 1'000'000, toml.c_str());
  CHECK(result.refused == std::map<std::string, uint64_t>{{"INSTANT_OUT_OF_RANGE", 1}});
}

TEST_CASE("lines that an unclosed quote swallowed are counted as the record is", "[intake]") {
  const Result result =
      Run({"1,a,100,\"x,1\n"  // the quote closes two lines later
           "1,b,200,y,1\n"
           "1,c,300,z\",1,2\n"
           "-1,a,100,\"x\ny\",1\n"  // two lines left out on purpose
           "1,a,100,\"open,1\n"
           "1,a,100,good,1\n"});
  CHECK(result.lines_read == 7);
  CHECK(result.lines_skipped == 2);
  CHECK(result.refused ==
        std::map<std::string, uint64_t>{{"COLUMN_COUNT", 3}, {"CSV_MALFORMED", 1}});
  REQUIRE(result.groups.size() == 1);
  CHECK(result.groups[0].lines == std::vector<std::string>{"1,a,100,good,1"});
}

TEST_CASE("a command takes its most lines and no more", "[intake]") {
  const std::string toml = std::string(kMapping) + "max_lines = 2\n";
  const Result result = Run({"C1,a,1,x,1\nC1,a,1,y,1\nC1,a,1,z,1\n"}, 1'000'000, toml.c_str());
  REQUIRE(result.groups.size() == 1);
  CHECK(result.groups[0].lines.size() == 2);
  CHECK(result.refused == std::map<std::string, uint64_t>{{"GROUP_TOO_LARGE", 1}});
}

TEST_CASE("a header that lacks columns, and no header at all", "[intake]") {
  const auto mapping = ParseMapping(kMapping, "m.toml");
  const auto refused = RefusedLines::Create("");
  Intake intake(*mapping, {}, **refused);
  CHECK(absl::IsInvalidArgument(intake.Read(FromMemory("no,time\n", 10), "f.csv", {})));
  CHECK(absl::IsInvalidArgument(intake.Read(FromMemory("", 10), "f.csv", {})));
  CHECK(absl::IsNotFound(intake.ReadFile("/nowhere.csv", {})));
}

// What Intake does, in the simplest way.
std::vector<MadeGroup> Naive(const std::vector<std::vector<std::array<int, 3>>>& files,
                             const std::function<std::string(const std::array<int, 3>&)>& text) {
  std::vector<size_t> order(files.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto earliest = [&](size_t file) {
    int time = 1'000'000;
    for (const auto& line : files[file]) time = std::min(time, line[2]);
    return time;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return earliest(a) < earliest(b); });
  std::vector<MadeGroup> groups;
  for (const size_t file : order) {
    for (const auto& line : files[file]) {
      const std::string key = fmt::format("{}/{}", line[0], line[1]);
      auto found = std::find_if(groups.begin(), groups.end(),
                                [&](const auto& group) { return group.key == key; });
      if (found == groups.end()) found = groups.insert(groups.end(), {0, key, line[2], {}});
      found->time = std::min<int64_t>(found->time, line[2]);
      found->lines.push_back(text(line));
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return groups;
}

TEST_CASE("grouping equals a naive one, with memory for a few lines", "[intake][property]") {
  rc::prop("same groups", [] {
    const auto text = [](const std::array<int, 3>& line) {
      return fmt::format("{},{},{},p,1", line[0], line[1], line[2]);
    };
    const auto files = *rc::gen::container<std::vector<std::vector<std::array<int, 3>>>>(
        rc::gen::container<std::vector<std::array<int, 3>>>(rc::gen::apply(
            [](int no, int customer, int time) {
              return std::array<int, 3>{no, customer, time};
            },
            rc::gen::inRange(1, 6), rc::gen::inRange(1, 4), rc::gen::inRange(0, 5))));
    std::vector<std::string> texts;
    for (const auto& file : files) {
      std::string& all = texts.emplace_back();
      for (const auto& line : file) all += text(line) + "\n";
    }
    const auto memory = *rc::gen::element<size_t>(1, 300, 1'000'000);
    RC_ASSERT(Run(texts, memory).groups == Naive(files, text));
  });
}

constexpr char kStepsMapping[] = R"(
source = "desk"
column.units = { map = { yes = "1", no = "0" }, other = "" }
[time]
value = "{time}"
format = "%s"
[[command]]
make = "register_customer"
group_by = "{#number}"
go_on = true
time.minus_days = "{product}"
set.customer = "customers/{#number}"
[[command]]
make = "change_attributes"
when = { column = "units", empty = false }
group_by = "{#number}"
go_on = true
time = { value = "{customer}", format = "%s", not_before_line = true }
set."attributes[0].value" = "{units}"
[[command]]
make = "record_contact"
group_by = "{#number}"
set.duration = "{no}"
)";

TEST_CASE("a command may have a time of its own", "[intake]") {
  const Result result = Run(
      {// moved back by two days; later than the line; the line's
       "1,900100,900000,2,yes\n"
       // before the line: at the line's time; without: the line's
       "1,800000,900200,0,no\n"
       "1,,900300,,yes\n"},
      1'000'000, kStepsMapping);
  CHECK(result.refused.empty());
  std::vector<std::pair<std::string, int64_t>> made;
  for (const MadeGroup& group : result.groups)
    made.emplace_back(fmt::format("{} {}", group.command, group.key), group.time);
  CHECK(made == std::vector<std::pair<std::string, int64_t>>{{"0 1", 900000 - 2 * 86400},
                                                             {"2 1", 900000},
                                                             {"1 1", 900100},
                                                             {"0 2", 900200},
                                                             {"1 2", 900200},
                                                             {"2 2", 900200},
                                                             {"0 3", 900300},
                                                             {"1 3", 900300},
                                                             {"2 3", 900300}});
}

TEST_CASE("lines are numbered through all files", "[intake]") {
  const Result result = Run({"1,,100,,\n1,,100,,\n", "1,,50,,\n"}, 1'000'000, kStepsMapping);
  REQUIRE(result.groups.size() == 6);
  CHECK(result.groups[0].key == "3");
  CHECK(result.groups.back().key == "2");
}

TEST_CASE("a line that makes several commands makes all of them or none", "[intake]") {
  const Result result = Run({"x,,100,,yes\n"          // the last command's duration
                             "1,never,100,,yes\n"     // the second one's time
                             "1,,100,tomorrow,\n"     // the first one's days
                             "1,,100,40000,\n"        // more than a century
                             "1,,100,,perhaps\n"      // no value of the map: no second command
                             "1,,100,1000000,no\n"},  // refused, and only once
                            1'000'000, kStepsMapping);
  CHECK(result.refused == std::map<std::string, uint64_t>{{"FIELD_INVALID", 5}});
  REQUIRE(result.groups.size() == 2);
  CHECK(result.groups[0].command == 0);
  CHECK(result.groups[1].command == 2);
}

}  // namespace
}  // namespace daybook::tools
