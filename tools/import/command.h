// From files to commands, second half: a group of lines becomes one request, with ids that depend
// on nothing but the mapping and the lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daybook/v1/ingest.pb.h"
#include "tools/import/intake.h"
#include "tools/import/mapping.h"
#include "tools/import/refused_lines.h"

namespace daybook::tools {

// A command on its way to the server, with the lines that made it.
struct Command {
  struct Line {
    uint32_t file = 0;
    uint64_t line = 0;
    std::string raw;
  };
  const CommandRule* rule = nullptr;
  std::string key;
  std::vector<Line> lines;
  // Numbers of the lines that the server refused, as they stood in the group.
  std::vector<size_t> dropped;
  std::vector<size_t> positions;  // Of `lines` in the group.
  v1::IngestItem item;
  int attempts = 0;
};

// Not thread-safe.
class CommandBuilder {
 public:
  // `session` may be empty. All must outlive the builder.
  CommandBuilder(const Mapping& mapping, const Intake& intake, std::string session,
                 RefusedLines& refused);

  // Nothing if the values of the first line do not fit the command: then all lines are refused.
  std::optional<Command> Build(const Group& group);

  // Takes the line that made element `element` out of the command, which gets a new request id.
  // False if it was the last.
  bool Drop(Command& command, size_t element) const;

 private:
  const Mapping& mapping_;
  const Intake& intake_;
  const std::string session_;
  RefusedLines& refused_;
  Row row_;
  CsvRecord record_;
  std::string scratch_;
};

// The request's message inside the item. The item must have a command.
google::protobuf::Message& RequestOf(v1::IngestItem& item);

// "record_order/536365/17850": what the source calls the fact; 128 characters at most, one name for
// one fact.
std::string SourceEventId(const CommandRule& rule, std::string_view key);
// The id under which the command is sent, with and without some of its lines.
std::string RequestId(const Mapping& mapping, const Command& command);

// Index of the list's element that a refusal is about, from a path such as
// "record_order.lines[2].units".
std::optional<size_t> ElementOf(const CommandRule& rule, std::string_view field);

}  // namespace daybook::tools
