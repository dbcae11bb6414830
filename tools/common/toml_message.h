// TOML tables as protobuf messages and back: a table's keys are the message's field names.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "tools/common/toml_table.h"

namespace daybook::tools {

// Fills `message` from `table`. Enums are written as in FieldPath ("half_even"), instants as TOML
// dates with an offset or, if the outermost table has a key `zone`, as local ones; nested messages
// are tables, repeated ones lists of tables. Unknown keys and values of a wrong type are added to
// `problems` with their line.
void FromToml(const toml::table& table, google::protobuf::Message& message, TomlProblems& problems);

// The same as text, in order of the fields' numbers, without fields that have no value. FromToml
// reads it back to an equal message.
std::string ToToml(const google::protobuf::Message& message);

}  // namespace daybook::tools
