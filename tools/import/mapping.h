// A mapping: how the lines of files become commands. Read from TOML (tools/import/README.md has
// every key), immutable afterwards; any thread may use it.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/v1/ingest.pb.h"
#include "tools/common/field.h"
#include "tools/import/row.h"

namespace daybook::tools {

// Text with columns in it: "customers/{CustomerID}". "{{" and "}}" are braces.
class Template {
 public:
  // Asks `slot_of` for the slot of each column. InvalidArgument for an unclosed brace.
  static absl::StatusOr<Template> Compile(std::string_view text,
                                          const std::function<size_t(std::string_view)>& slot_of);

  // A view into the row where the template is one column only, else into `scratch`.
  std::string_view Render(const Row& row, std::string& scratch) const;

  // True if the template is made of columns and all of them are empty: then the whole value is.
  bool IsEmpty(const Row& row) const;

 private:
  struct Piece {
    std::string literal;
    std::optional<size_t> slot;
  };
  std::vector<Piece> pieces_;
};

// Says something about one column of a line.
struct Condition {
  size_t slot = 0;
  std::vector<std::string> starts_with;  // One of them; empty: no matter.
  std::vector<std::string> ends_with;
  std::set<std::string, std::less<>> one_of;
  std::optional<bool> empty;
  bool negated = false;

  bool Holds(const Row& row) const;
};

// True if all hold.
bool HoldAll(const std::vector<Condition>& conditions, const Row& row);

// Which value one field gets.
struct FieldRule {
  FieldPath path;
  Template text;
  TextFormat format;
  std::map<std::string, std::string, std::less<>> map;
  bool required = false;
  bool code = false;
  size_t truncate = 0;  // Bytes; 0: never.
  // The field is set only where this column has a value.
  std::optional<size_t> with;
};

// Why a line or a command was not taken.
struct Refusal {
  std::string reason;
  std::string field;
  std::string message;
};

// Sets the fields in order; the first value that does not fit is the answer, with its path inside
// `message`. An empty value leaves its field alone.
std::optional<Refusal> Apply(const std::vector<FieldRule>& rules, const Row& row,
                             google::protobuf::Message& message);

// A text in which an instant stands, and how to read it.
struct TimeRule {
  Template text;
  std::vector<DateFormat> formats;
  std::string zone_name;
  absl::TimeZone zone;
};

// When a command happened, where that is not the line's time.
struct CommandTime {
  // Absent, or made of empty columns: the line's.
  std::optional<TimeRule> time;
  // So many local days earlier.
  std::optional<Template> minus_days;
  // What would lie before the line's time is at the line's time.
  bool not_before_line = false;
};

// Which lines make which command.
struct CommandRule {
  // Field of IngestItem.
  const google::protobuf::FieldDescriptor* command = nullptr;
  std::vector<Condition> when;
  // Lines with equal values make one command; empty: every line is one.
  std::vector<Template> group_by;
  // From the group's first line.
  std::vector<FieldRule> fields;
  // The list to which every line adds one element; null: lines beyond the first add nothing.
  const google::protobuf::FieldDescriptor* lines = nullptr;
  std::vector<FieldRule> line_fields;
  size_t max_lines = 2500;
  // Refusals that mean "there already": the lines count as taken.
  std::set<std::string, std::less<>> tolerate;
  // The line may make further commands.
  bool go_on = false;
  std::optional<CommandTime> time;
};

struct Mapping {
  // System that the facts come from; part of every request id.
  std::string source;
  char delimiter = ',';
  Encoding encoding = Encoding::kUtf8;

  // By slot.
  std::vector<ColumnRule> columns;

  // Checked in order before anything else: a line without the value is refused with the reason.
  struct Required {
    size_t slot;
    std::string reason;
  };
  std::vector<Required> required;

  // A line for which all conditions of one of these hold is left out on purpose.
  std::vector<std::vector<Condition>> skip;

  // When it happened; absent: when it is imported.
  std::optional<TimeRule> time;

  std::vector<CommandRule> commands;
};

// Reads a mapping. InvalidArgument with a line "FILE:LINE: what is wrong" for every problem.
absl::StatusOr<Mapping> ParseMapping(std::string_view toml, const std::string& file);

// Where the mapping's columns stand in a file with this header. InvalidArgument naming the columns
// that it lacks or has more than once.
absl::StatusOr<FileLayout> LayOut(const Mapping& mapping, const CsvRecord& header,
                                  const std::string& path);

}  // namespace daybook::tools
