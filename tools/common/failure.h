// Why a call failed, taken out of a gRPC status and its google.rpc.Status details.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <vector>

#include "tools/common/exit_code.h"

namespace daybook::tools {

// One field that the server did not like.
struct FieldViolation {
  std::string field;
  std::string reason;
  std::string description;
};

struct Failure {
  grpc::StatusCode code = grpc::StatusCode::OK;
  // From the server's error catalogue; empty if the status did not come from a Daybook server.
  std::string reason;
  std::string message;
  std::vector<FieldViolation> violations;
};

// Reads the details; what they lack stays empty.
Failure ReadFailure(const grpc::Status& status);

// "refused: UNITS_EXCEEDED: ..." and a line for each field; one line if the message says what its
// one field says.
std::string ToText(const Failure& failure);

ExitCode ToExitCode(const Failure& failure);

// "INVALID_ARGUMENT".
const std::string& CodeName(grpc::StatusCode code);

// True if the same request may succeed later, by the server's own catalogue: queues full, deadline
// passed, going down.
bool IsRetryable(std::string_view reason);

}  // namespace daybook::tools
