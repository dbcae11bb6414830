#include "server/subscription_hub.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>

#include "server/errors.h"
#include "server/limits.h"

namespace daybook::server {

using projections::MaybeRefusal;
using projections::Refuse;
using std::chrono::steady_clock;

namespace {

// A stream that only says why there is none.
class Refused final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Refused(const projections::Refusal& refusal, MethodMetrics* method) : method_(method) {
    const grpc::Status status = ToStatus(refusal);
    code_ = status.error_code();
    Finish(status);
  }
  void OnDone() override {
    method_->Count(code_, steady_clock::now() - started_);
    delete this;
  }

 private:
  MethodMetrics* const method_;
  const steady_clock::time_point started_ = steady_clock::now();
  grpc::StatusCode code_;
};

}  // namespace

SubscriptionHub::SubscriptionHub(const CallHost& host)
    : host_(host),
      events_(&host.engine->catalogue().events(), &host.engine->secrets()),
      environment_{&host.engine->ledger(), &host.engine->secrets().token_keys(), &events_},
      thread_([this] { Run(); }) {}

SubscriptionHub::~SubscriptionHub() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscriptionHub::Begin(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    const GuardedMethod& method) {
  SubscriptionFilter filter;
  projections::Caller caller;
  if (MaybeRefusal refusal = Admit(context, request, method, &filter, &caller)) {
    return new Refused(*refusal, method.metrics);
  }
  auto subscription =
      std::make_shared<Subscription>(this, environment_, std::move(filter), caller, method);
  {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      return new Refused({v1::REASON_SHUTTING_DOWN, "", "the server is stopping"}, method.metrics);
    }
    if (subscriptions_.size() >= kMaxSubscriptions) {
      return new Refused({v1::REASON_OVERLOADED, "",
                          fmt::format("there are {} subscriptions already", kMaxSubscriptions)},
                         method.metrics);
    }
    subscription->Attach();
    subscriptions_.push_back(subscription);
    count_.store(subscriptions_.size());
  }
  Wake();
  return subscription.get();
}

MaybeRefusal SubscriptionHub::Admit(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer& bytes, const GuardedMethod& method,
                                    SubscriptionFilter* filter, projections::Caller* caller) {
  if (auto refusal = host_.guard->Admit(*context, method, caller)) return refusal;
  v1::SubscribeRequest request;
  grpc::ByteBuffer copy(bytes);
  if (bytes.Length() > kMaxUnaryRequestBytes ||
      !grpc::SerializationTraits<v1::SubscribeRequest>::Deserialize(&copy, &request).ok()) {
    return Refuse(v1::REASON_FIELD_INVALID, "", "not a daybook.v1.SubscribeRequest");
  }
  return filter->Parse(request, *caller, *environment_.ledger, *environment_.keys);
}

void SubscriptionHub::Wake() {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void SubscriptionHub::Remove(Subscription* subscription) {
  const std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [&](const auto& one) { return one.get() == subscription; });
  count_.store(subscriptions_.size());
}

void SubscriptionHub::EndAll(const projections::Refusal& refusal) {
  std::vector<std::shared_ptr<Subscription>> all;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    all = subscriptions_;
  }
  for (const auto& subscription : all) subscription->End(refusal);
}

void SubscriptionHub::Run() {
  auto next_heartbeat = steady_clock::time_point::max();
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto due = [this] { return stopping_ || woken_; };
    if (next_heartbeat == steady_clock::time_point::max()) {
      wake_.wait(lock, due);
    } else {
      wake_.wait_until(lock, next_heartbeat, due);
    }
    if (stopping_) return;
    woken_ = false;
    std::vector<std::shared_ptr<Subscription>> all = subscriptions_;
    lock.unlock();
    bool more = false;
    next_heartbeat = steady_clock::time_point::max();
    for (const auto& subscription : all) {
      more |= subscription->Advance(steady_clock::now());
      next_heartbeat = std::min(next_heartbeat, subscription->next_heartbeat());
    }
    all.clear();
    lock.lock();
    woken_ |= more;
  }
}

}  // namespace daybook::server
