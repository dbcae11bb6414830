// Messages as JSON: the fields' own names, defaults included, one line.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace daybook::tools {

std::string ToJson(const google::protobuf::Message& message);

// InvalidArgument with the parser's word; unknown fields are errors.
absl::Status FromJson(std::string_view json, google::protobuf::Message& message);

}  // namespace daybook::tools
