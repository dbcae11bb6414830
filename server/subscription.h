// One subscription's stream: one message on its way at a time, the next ones read from the ledger
// by the hub's thread when the client has taken what there was.
//
// Threads: Advance from the hub's thread; End from any; the reactions from gRPC's.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "server/guard.h"
#include "server/metrics.h"
#include "server/subscription_reader.h"

namespace daybook::server {

class SubscriptionHub;

class Subscription final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(SubscriptionHub* hub, const SubscriptionReader::Environment& environment,
               SubscriptionFilter filter, projections::Caller caller, const GuardedMethod& method);

  // gRPC owns it too, from now until OnDone.
  void Attach() { self_ = shared_from_this(); }
  // Reads and sends what can be sent now; a heartbeat if it is time. True if there is more to read.
  bool Advance(std::chrono::steady_clock::time_point now);
  // When Advance must be called at the latest.
  std::chrono::steady_clock::time_point next_heartbeat() const;
  // Ends the stream with a reason, after the message that is on its way.
  void End(const projections::Refusal& refusal);

 private:
  void Queue(const v1::SubscribeResponse& message);
  void Continue(std::unique_lock<std::mutex> lock);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  SubscriptionHub* const hub_;
  const GuardedMethod method_;
  const projections::Caller caller_;
  Metrics* const metrics_;
  const std::chrono::steady_clock::time_point started_;
  const std::chrono::milliseconds heartbeat_;
  projections::PersonalReads reads_;  // of the hub's thread, like the next
  SubscriptionReader reader_;
  std::shared_ptr<Subscription> self_;

  mutable std::mutex mutex_;
  std::deque<grpc::ByteBuffer> waiting_;  // front: on its way, if writing_
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> end_;
  std::chrono::steady_clock::time_point next_heartbeat_;
};

}  // namespace daybook::server
