// From a refusal to the status that a client gets: code, reason and retry as the catalogue
// (daybook/v1/errors.proto) says, as google.rpc.Status with ErrorInfo, BadRequest and RetryInfo.
//
// Thread-safe: the catalogue is read once.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "projections/engine/refusal.h"

namespace daybook::server {

// The domain of every ErrorInfo.
inline constexpr char kErrorDomain[] = "daybook";

grpc::Status ToStatus(const projections::Refusal& refusal);

// google.rpc.Code of a reason.
grpc::StatusCode CodeOf(projections::Reason reason);
// The name that clients see: "FIELD_INVALID".
std::string_view NameOf(projections::Reason reason);
// True if the same request may succeed later.
bool MayRetry(projections::Reason reason);
// "INVALID_ARGUMENT" and so on, for metrics and logs.
const std::string& NameOf(grpc::StatusCode code);

// `text` with at most `max` bytes, cut between characters.
std::string Shortened(std::string_view text, size_t max);

}  // namespace daybook::server
