#include "tools/common/failure.h"

#include <google/protobuf/any.pb.h>

#include <algorithm>

#include "daybook/v1/errors.pb.h"
#include "fmt/format.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace daybook::tools {
namespace {

std::string FieldText(const FieldViolation& violation) {
  return fmt::format("{}: {}", violation.field, violation.description);
}

}  // namespace

Failure ReadFailure(const grpc::Status& status) {
  Failure failure{status.error_code(), "", status.error_message(), {}};
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return failure;
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) {
      failure.reason = info.reason();
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        failure.violations.push_back(
            {violation.field(), violation.reason(), violation.description()});
      }
    }
  }
  return failure;
}

std::string ToText(const Failure& failure) {
  std::string text;
  switch (ToExitCode(failure)) {
    case ExitCode::kUnreachable:
      text = "server not reachable";
      break;
    case ExitCode::kBroken:
      text = "server failed";
      break;
    default:
      text = "refused";
      break;
  }
  text += fmt::format(": {}", failure.reason.empty() ? CodeName(failure.code) : failure.reason);
  // A server's message often is what one of the fields says: once is enough.
  const bool repeats = std::any_of(
      failure.violations.begin(), failure.violations.end(), [&](const FieldViolation& violation) {
        return failure.message == violation.description || failure.message == FieldText(violation);
      });
  if (!repeats && !failure.message.empty()) text += ": " + failure.message;
  const bool one_line = repeats && failure.violations.size() == 1;
  for (const FieldViolation& violation : failure.violations) {
    text += (one_line ? ": " : "\n  ") + FieldText(violation);
    if (!violation.reason.empty() && violation.reason != failure.reason) {
      text += fmt::format(" ({})", violation.reason);
    }
  }
  return text;
}

ExitCode ToExitCode(const Failure& failure) {
  switch (failure.code) {
    case grpc::StatusCode::OK:
      return ExitCode::kOk;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ExitCode::kUnreachable;
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::DATA_LOSS:
      return ExitCode::kBroken;
    default:
      return ExitCode::kRefused;
  }
}

const std::string& CodeName(grpc::StatusCode code) {
  return google::rpc::Code_Name(static_cast<google::rpc::Code>(code));
}

bool IsRetryable(std::string_view reason) {
  const google::protobuf::EnumValueDescriptor* value =
      v1::Reason_descriptor()->FindValueByName("REASON_" + std::string(reason));
  return value != nullptr && value->options().GetExtension(v1::retry);
}

}  // namespace daybook::tools
