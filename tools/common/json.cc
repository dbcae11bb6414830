#include "tools/common/json.h"

#include <google/protobuf/util/json_util.h>

namespace daybook::tools {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  return "{\"error\": \"a payload of a type that this program does not know\"}";
}

absl::Status FromJson(std::string_view json, google::protobuf::Message& message) {
  const auto status = google::protobuf::util::JsonStringToMessage(
      {json.data(),
       static_cast<google::protobuf::stringpiece_internal::StringPiece::size_type>(json.size())},
      &message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(status.ToString());
}

}  // namespace daybook::tools
