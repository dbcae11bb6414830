// Goal: what the server says about an error reaches the person and the exit code.
#include "tools/common/failure.h"

#include <google/protobuf/any.pb.h>

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace daybook::tools {
namespace {

grpc::Status Refused() {
  google::rpc::ErrorInfo info;
  info.set_reason("FIELD_INVALID");
  google::rpc::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field("lines[2].units");
  violation.set_description("must be 1 to 10^9");
  google::rpc::Status status;
  status.add_details()->PackFrom(info);
  status.add_details()->PackFrom(bad_request);
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "lines[2].units: must be 1 to 10^9",
                      status.SerializeAsString());
}

TEST_CASE("reason, field and message come out of the details", "[failure]") {
  const Failure failure = ReadFailure(Refused());
  CHECK(failure.reason == "FIELD_INVALID");
  REQUIRE(failure.violations.size() == 1);
  CHECK(failure.violations[0].field == "lines[2].units");
  CHECK(ToExitCode(failure) == ExitCode::kRefused);
}

TEST_CASE("a sentence is told once", "[failure]") {
  Failure failure = ReadFailure(Refused());
  CHECK(ToText(failure) == "refused: FIELD_INVALID: lines[2].units: must be 1 to 10^9");
  failure.message = "must be 1 to 10^9";
  CHECK(ToText(failure) == "refused: FIELD_INVALID: lines[2].units: must be 1 to 10^9");
  failure.violations.push_back({"currency", "FIELD_REQUIRED", "is missing"});
  CHECK(ToText(failure) ==
        "refused: FIELD_INVALID\n  lines[2].units: must be 1 to 10^9\n  currency: is missing "
        "(FIELD_REQUIRED)");
  failure.message = "the order has mistakes";
  CHECK(ToText(failure) ==
        "refused: FIELD_INVALID: the order has mistakes\n  lines[2].units: must be 1 to 10^9\n  "
        "currency: is missing (FIELD_REQUIRED)");
}

TEST_CASE("errors without details, or with rubbish for details, keep code and message",
          "[failure]") {
  const Failure failure =
      ReadFailure(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no route", "\xff\xff"));
  CHECK(failure.reason.empty());
  CHECK(ToExitCode(failure) == ExitCode::kUnreachable);
  CHECK(ToText(failure) == "server not reachable: UNAVAILABLE: no route");
  CHECK(ToExitCode(ReadFailure(grpc::Status(grpc::StatusCode::INTERNAL, ""))) == ExitCode::kBroken);
}

TEST_CASE("the catalogue says what may be tried again", "[failure]") {
  CHECK(IsRetryable("OVERLOADED"));
  CHECK(IsRetryable("OUTCOME_UNKNOWN"));
  CHECK_FALSE(IsRetryable("ORDER_EXISTS"));
  CHECK_FALSE(IsRetryable(""));
  CHECK_FALSE(IsRetryable("NO_SUCH_REASON"));
}

}  // namespace
}  // namespace daybook::tools
