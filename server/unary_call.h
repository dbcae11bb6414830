// One unary call on the one path that all take: bytes → who and whether → request message → handler
// → answer or status → metrics.
//
//   trace id, authenticate, authorise (Guard) ▸ size and form (Parse) ▸ deadline (CallsInFlight)
//   ▸ handler ▸ status (errors) ▸ metrics
//
// The messages live on the call's own arena until the handler and gRPC are both done with them: a
// call that is ended early (deadline, stop) leaves nothing dangling in the engine.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>

#include "projections/engine/engine.h"
#include "server/background.h"
#include "server/calls_in_flight.h"
#include "server/guard.h"
#include "server/metrics.h"

namespace daybook::server {

// What calls need of the server; outlives them.
struct CallHost {
  projections::Engine* engine = nullptr;
  const Guard* guard = nullptr;
  CallsInFlight* calls = nullptr;
  Metrics* metrics = nullptr;
  Background* background = nullptr;
};

class UnaryCall;

// A method, made before the server serves.
struct UnaryMethod {
  GuardedMethod guarded;
  const google::protobuf::Message* request = nullptr;   // prototype
  const google::protobuf::Message* response = nullptr;  // prototype
  // Does the work, or has it done; leads to exactly one UnaryCall::Finish. Runs on a gRPC thread:
  // must not block.
  std::function<void(UnaryCall&)> handle;
};

class UnaryCall final : public grpc::ServerUnaryReactor, public OpenCall {
 public:
  // Takes a call that has arrived; gRPC owns what comes back.
  static grpc::ServerUnaryReactor* Start(const CallHost& host, const UnaryMethod& method,
                                         grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response);

  const CallHost& host() const { return host_; }
  const projections::Caller& caller() const { return caller_; }
  const google::protobuf::Message& request() const { return *request_; }
  google::protobuf::Message* response() { return response_; }
  // What the handler opens of persons.
  projections::PersonalReads& reads() { return reads_; }

  // Answers: with the response, or with a refusal. Once, by the handler, from any thread; the call
  // may be gone when it returns.
  void Finish(const projections::MaybeRefusal& refusal);

  void Retain() override { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release() override;
  void End(const projections::Refusal& refusal) override;

 private:
  UnaryCall(const CallHost& host, const UnaryMethod& method, grpc::ByteBuffer* reply);
  ~UnaryCall() override = default;

  void Run(grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes);
  projections::MaybeRefusal Parse(const grpc::ByteBuffer& bytes);
  void Answer(const projections::Refusal* refusal);

  void OnDone() override;
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  // Neither of the above waits for anything: no thread is needed for them.
  bool InternalInlineable() override { return true; }

  const CallHost& host_;
  const UnaryMethod& method_;
  grpc::ByteBuffer* const reply_;  // gRPC's; touched only by who answers
  const std::chrono::steady_clock::time_point started_;
  projections::Caller caller_;
  projections::PersonalReads reads_;
  std::array<char, 2048> block_;  // the arena's first: most calls need no other
  google::protobuf::Arena arena_;
  google::protobuf::Message* request_ = nullptr;
  google::protobuf::Message* response_ = nullptr;
  std::atomic<int> references_{1};  // gRPC's, and one more while the handler works
  std::atomic<bool> answered_{false};
  std::atomic<bool> cancelled_{false};
  bool listed_ = false;
  grpc::StatusCode code_ = grpc::StatusCode::OK;
};

}  // namespace daybook::server
