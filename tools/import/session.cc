#include "tools/import/session.h"

#include "daybook/v1/imports.grpc.pb.h"
#include "tools/common/request_id.h"

namespace daybook::tools {
namespace {

constexpr char kClosed[] = "IMPORT_SESSION_CLOSED";

}  // namespace

std::optional<Failure> OpenSession(const Connection& connection, const std::string& id,
                                   const std::string& source) {
  const auto stub = connection.NewStub<v1::ImportService>();
  v1::OpenImportSessionRequest request;
  request.set_session_id(id);
  request.set_source(source);
  request.set_request_id(DerivedRequestId("open import session " + id));
  v1::OpenImportSessionResponse response;
  const grpc::Status status =
      connection.Call(*stub, &v1::ImportService::Stub::OpenImportSession, request, response);
  if (!status.ok()) return ReadFailure(status);
  // The answer may be a repeat of the day when it was opened.
  v1::GetImportSessionRequest question;
  question.set_session_id(id);
  v1::GetImportSessionResponse answer;
  const bool known =
      connection.Call(*stub, &v1::ImportService::Stub::GetImportSession, question, answer).ok();
  if (!known || answer.session().open()) return std::nullopt;
  return Failure{grpc::StatusCode::FAILED_PRECONDITION, kClosed, "the session is closed", {}};
}

bool IsSessionClosed(const Failure& failure) { return failure.reason == kClosed; }

std::optional<Failure> CloseSession(const Connection& connection, const std::string& id) {
  const auto stub = connection.NewStub<v1::ImportService>();
  v1::CloseImportSessionRequest request;
  request.set_session_id(id);
  request.set_request_id(DerivedRequestId("close import session " + id));
  v1::CloseImportSessionResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub->CloseImportSession(&context, request, &response);
  if (status.ok()) return std::nullopt;
  Failure failure = ReadFailure(status);
  if (IsSessionClosed(failure)) return std::nullopt;
  return failure;
}

}  // namespace daybook::tools
