// Goal: every reason of the catalogue reaches a client with its code, its name and, where a retry
// helps, the word to retry; nothing too long for trailers.
#include "server/errors.h"

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/limits.h"
#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

TEST_CASE("every reason has a code, and its status says so") {
  const auto* reasons = v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::Reason>(reasons->value(i)->number());
    INFO(reasons->value(i)->name());
    CHECK(CodeOf(reason) != grpc::StatusCode::OK);
    CHECK("REASON_" + std::string(NameOf(reason)) == reasons->value(i)->name());
    const Told told = ToldBy(ToStatus({reason, "some.field", "words"}));
    CHECK(told ==
          Told{CodeOf(reason), std::string(NameOf(reason)), "some.field", MayRetry(reason)});
  }
  CHECK(CodeOf(v1::REASON_FIELD_INVALID) == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(MayRetry(v1::REASON_OVERLOADED));
  CHECK_FALSE(MayRetry(v1::REASON_FIELD_INVALID));
}

TEST_CASE("a refusal without a field has no field violation") {
  CHECK(ToldBy(ToStatus({v1::REASON_OVERLOADED, "", "later"})).field.empty());
}

TEST_CASE("the message says the field, as most clients print nothing else") {
  const grpc::Status status = ToStatus({v1::REASON_FIELD_REQUIRED, "a.b", "is required"});
  CHECK(status.error_message() == "a.b: is required");
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(status.error_details()));
  CHECK(details.message() == "a.b: is required");
  google::rpc::BadRequest bad_request;
  REQUIRE(details.details(1).UnpackTo(&bad_request));
  CHECK(bad_request.field_violations(0).description() == "is required");
}

TEST_CASE("long messages are cut between characters") {
  CHECK(Shortened("short", 10) == "short");
  CHECK(Shortened("a\xc3\xa4z", 2) == "a");
  CHECK(Shortened("a\xc3\xa4z", 3) == "a\xc3\xa4");
  const grpc::Status status = ToStatus({v1::REASON_FIELD_INVALID, "f", std::string(100'000, 'x')});
  CHECK(status.error_message().size() == kMaxStatusMessageBytes);
  CHECK(status.error_details().size() < 4096);
}

}  // namespace
}  // namespace daybook::server
