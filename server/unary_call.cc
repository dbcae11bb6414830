#include "server/unary_call.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>

#include "server/errors.h"
#include "server/limits.h"
#include "server/logging.h"

namespace daybook::server {

using projections::MaybeRefusal;
using projections::Refusal;
using std::chrono::steady_clock;

namespace {

google::protobuf::ArenaOptions OptionsFor(char* block, size_t size) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = size;
  return options;
}

// The client's deadline, if it is sooner than the server's.
steady_clock::time_point EndBy(const grpc::CallbackServerContext& context,
                               steady_clock::time_point now) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  return now + std::min<std::chrono::nanoseconds>(left, kMaxCallTime);
}

}  // namespace

grpc::ServerUnaryReactor* UnaryCall::Start(const CallHost& host, const UnaryMethod& method,
                                           grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) {
  auto* call = new UnaryCall(host, method, response);
  call->Run(context, *request);
  return call;
}

UnaryCall::UnaryCall(const CallHost& host, const UnaryMethod& method, grpc::ByteBuffer* reply)
    : host_(host),
      method_(method),
      reply_(reply),
      started_(steady_clock::now()),
      arena_(OptionsFor(block_.data(), block_.size())) {
  host_.metrics->calls_in_flight.fetch_add(1, std::memory_order_relaxed);
}

void UnaryCall::Run(grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes) {
  listed_ = host_.calls->Add(this, EndBy(*context, started_));
  MaybeRefusal refusal;
  if (!listed_) {
    refusal = projections::Refuse(v1::REASON_SHUTTING_DOWN, "", "the server is stopping");
  } else {
    refusal = host_.guard->Admit(*context, method_.guarded, &caller_);
    if (!refusal) refusal = Parse(bytes);
  }
  Retain();
  if (refusal) {
    Finish(refusal);
    return;
  }
  try {
    method_.handle(*this);
  } catch (const projections::InvariantBroken& broken) {
    Finish(projections::Refuse(v1::REASON_INTERNAL, "", broken.what()));
  }
}

MaybeRefusal UnaryCall::Parse(const grpc::ByteBuffer& bytes) {
  request_ = method_.request->New(&arena_);
  response_ = method_.response->New(&arena_);
  if (bytes.Length() > kMaxUnaryRequestBytes) {
    return projections::Refuse(v1::REASON_FIELD_INVALID, "",
                               fmt::format("the request has {} bytes, {} are allowed",
                                           bytes.Length(), kMaxUnaryRequestBytes));
  }
  grpc::ByteBuffer copy(bytes);  // shares the bytes; the reader wants one that it may change
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok() || !request_->ParseFromZeroCopyStream(&reader)) {
    return projections::Refuse(v1::REASON_FIELD_INVALID, "",
                               fmt::format("not a {}, or a text in it that is not UTF-8",
                                           request_->GetDescriptor()->full_name()));
  }
  return std::nullopt;
}

void UnaryCall::Finish(const MaybeRefusal& refusal) {
  if (!answered_.exchange(true, std::memory_order_acq_rel)) {
    // What is not given out is no access.
    const MaybeRefusal unrecorded =
        refusal ? std::nullopt : host_.guard->RecordAccess(caller_, method_.guarded, reads_);
    Answer(refusal ? &*refusal : unrecorded ? &*unrecorded : nullptr);
  }
  Release();
}

void UnaryCall::End(const Refusal& refusal) {
  if (!answered_.exchange(true, std::memory_order_acq_rel)) Answer(&refusal);
}

void UnaryCall::Answer(const Refusal* refusal) {
  if (refusal != nullptr) {
    const grpc::Status status = ToStatus(*refusal);
    code_ = status.error_code();
    LogRefusal(method_.guarded.metrics->method(), *refusal, caller_.traceparent);
    grpc::ServerUnaryReactor::Finish(status);
    return;
  }
  bool own_buffer;
  const grpc::Status status = grpc::SerializationTraits<google::protobuf::Message>::Serialize(
      *response_, reply_, &own_buffer);
  code_ = status.error_code();
  grpc::ServerUnaryReactor::Finish(status);
}

void UnaryCall::OnDone() {
  if (listed_) host_.calls->Remove(this);
  const bool left = cancelled_.load(std::memory_order_relaxed) && code_ == grpc::StatusCode::OK;
  method_.guarded.metrics->Count(left ? grpc::StatusCode::CANCELLED : code_,
                                 steady_clock::now() - started_);
  host_.metrics->calls_in_flight.fetch_sub(1, std::memory_order_relaxed);
  Release();
}

void UnaryCall::Release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace daybook::server
