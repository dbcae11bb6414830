// Any message as text for people, by reflection: so a new field of an answer is shown without a
// line of code here.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "tools/daybook/table.h"

namespace daybook::tools {

// How values are shown: instants in `zone`, amounts as "12.34 GBP", prices as decimals, enums
// without their prefix.
struct TextStyle {
  absl::TimeZone zone = absl::UTCTimeZone();
};

// One field, or one element of it if `index` is not -1. Empty for a message that is not set; lists
// with commas between.
std::string ValueText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor* field, int index,
                      const TextStyle& style);

// The field at a dotted path; empty if something on the way is not set.
std::string TextAt(const google::protobuf::Message& message, std::string_view path,
                   const TextStyle& style);

// A whole message: its plain fields one a line, then a table for each list of messages. Tokens and
// what has no value are left out.
std::string MessageText(const google::protobuf::Message& message, const TextStyle& style,
                        bool bold);

// Elements as a table with these columns (paths).
Table ToTable(const std::vector<const google::protobuf::Message*>& elements,
              const std::vector<std::string>& columns, const TextStyle& style);

}  // namespace daybook::tools
