#include "tests/server/token_client.h"

#include <grpcpp/generic/generic_stub.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "server/bearer_token.h"
#include "server/first_token.h"

namespace daybook::server {
namespace {

enum class Step : intptr_t { kStart = 1, kWrite, kRead, kFinish };
void* Tag(Step step) { return reinterpret_cast<void*>(step); }  // NOLINT: a tag is a pointer

// Waits for one step of a call; true if it went well.
bool Await(grpc::CompletionQueue& queue, Step step) {
  void* tag = nullptr;
  bool ok = false;
  REQUIRE(queue.Next(&tag, &ok));
  REQUIRE(tag == Tag(step));
  return ok;
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

TokenClient TokenClient::First(TestServer* server) {
  std::ifstream file(server->directory() + "/data/" + kFirstTokenFile);
  std::string token;
  REQUIRE(std::getline(file, token));
  return {server, token};
}

Reply TokenClient::Ask(const std::string& method, const google::protobuf::Message& request,
                       const Headers& headers) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  for (const auto& [name, value] : headers) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(server_->channel());
  // On the wire a unary call is a stream of one message each way.
  const auto call = stub.PrepareCall(&context, "/" + method, &queue);
  call->StartCall(Tag(Step::kStart));
  Reply reply;
  if (Await(queue, Step::kStart)) {
    const grpc::Slice slice(request.SerializeAsString());
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), Tag(Step::kWrite));
    Await(queue, Step::kWrite);
    grpc::ByteBuffer answer;
    call->Read(&answer, Tag(Step::kRead));
    if (Await(queue, Step::kRead)) {
      reply.bytes = BytesOf(answer);
      if (method == "daybook.v1.LedgerService/Subscribe") context.TryCancel();
    }
  }
  grpc::Status status;
  call->Finish(&status, Tag(Step::kFinish));
  Await(queue, Step::kFinish);
  const bool left = status.error_code() == grpc::StatusCode::CANCELLED;
  if (!left) reply.told = ToldBy(status);
  reply.message = status.error_message();
  return reply;
}

void TokenClient::Parse(const std::string& method, const Reply& reply,
                        google::protobuf::Message* response) {
  INFO(method << ": " << reply.message);
  REQUIRE(reply.told == Told{});
  REQUIRE(response->ParseFromString(reply.bytes));
}

TokenClient TokenClient::Issue(const std::string& token_id,
                               const std::vector<event::v1::Role>& roles,
                               const std::string& tenant) const {
  const std::string token = DrawToken(ledger::RandomSource::System());
  ledger::Bytes32 sha256;
  REQUIRE(HashToken(token, &sha256));
  v1::IssueAccessTokenRequest request;
  request.set_tenant(tenant);
  request.set_token_id(token_id);
  request.set_request_id(token_id);
  request.set_principal("p-" + token_id);
  for (const auto role : roles) request.add_roles(role);
  request.set_token_sha256(std::string(ledger::AsView(sha256)));
  Get<v1::IssueAccessTokenResponse>("daybook.v1.AccessService/IssueAccessToken", request);
  return {server_, token};
}

}  // namespace daybook::server
