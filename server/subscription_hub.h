// All subscriptions and the thread that reads the ledger for them. It sleeps until the durable end
// moves, a client has taken what was read for it, or a heartbeat is due.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/guard.h"
#include "server/subscription.h"
#include "server/unary_call.h"

namespace daybook::server {

class SubscriptionHub {
 public:
  // `host` outlives the hub.
  explicit SubscriptionHub(const CallHost& host);
  ~SubscriptionHub();
  SubscriptionHub(const SubscriptionHub&) = delete;
  SubscriptionHub& operator=(const SubscriptionHub&) = delete;

  // Begins a subscription, or a stream that says why there is none; gRPC owns what comes back.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Begin(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer& request,
                                                    const GuardedMethod& method);
  // Something has changed: the durable end, or a client's appetite.
  void Wake();
  void Remove(Subscription* subscription);
  // Ends all subscriptions with a reason and takes no new ones.
  void EndAll(const projections::Refusal& refusal);

  const CallHost& host() const { return host_; }

 private:
  projections::MaybeRefusal Admit(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer& request, const GuardedMethod& method,
                                  SubscriptionFilter* filter, projections::Caller* caller);
  void Run();

  const CallHost& host_;
  const EventOut events_;
  const SubscriptionReader::Environment environment_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  std::atomic<size_t> count_{0};
  bool woken_ = false;
  bool ended_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::server
