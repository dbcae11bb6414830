#include "server/subscription.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "server/errors.h"
#include "server/limits.h"
#include "server/logging.h"
#include "server/subscription_hub.h"

namespace daybook::server {

using std::chrono::steady_clock;

namespace {

projections::Refusal WhyReadingFailed(const absl::Status& status) {
  const bool unknown = absl::IsFailedPrecondition(status);
  return {unknown ? v1::REASON_INTERNAL : v1::REASON_DATA_LOSS, "", std::string(status.message())};
}

}  // namespace

Subscription::Subscription(SubscriptionHub* hub, const SubscriptionReader::Environment& environment,
                           SubscriptionFilter filter, projections::Caller caller,
                           const GuardedMethod& method)
    : hub_(hub),
      method_(method),
      caller_(std::move(caller)),
      metrics_(hub->host().metrics),
      started_(steady_clock::now()),
      heartbeat_(filter.heartbeat_ms),
      reader_(environment, std::move(filter), EventReader(caller_, &reads_)),
      next_heartbeat_(started_ + heartbeat_) {
  metrics_->subscriptions.fetch_add(1, std::memory_order_relaxed);
}

steady_clock::time_point Subscription::next_heartbeat() const {
  const std::lock_guard lock(mutex_);
  // A client that has not taken the last message needs no sign of life.
  return waiting_.empty() && !finished_ ? next_heartbeat_ : steady_clock::time_point::max();
}

bool Subscription::Advance(steady_clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() || finished_ || end_) return false;
  }
  std::vector<v1::SubscribeResponse> messages;
  bool more = false;
  const Guard& guard = *hub_->host().guard;
  absl::Status status;
  projections::MaybeRefusal refusal = guard.Recheck(caller_);
  if (!refusal && reader_.Behind()) {
    status = reader_.Read(&messages, &more);
    refusal = guard.RecordAccess(caller_, method_, reads_);
    reads_.Clear();
  }
  if (refusal) messages.clear();
  std::unique_lock lock(mutex_);
  if (refusal && !end_) end_ = ToStatus(*refusal);
  if (messages.empty() && !end_ && now >= next_heartbeat_) messages.push_back(reader_.Heartbeat());
  if (!messages.empty()) next_heartbeat_ = now + heartbeat_;
  for (const auto& message : messages) Queue(message);
  if (!status.ok() && !end_) end_ = ToStatus(WhyReadingFailed(status));
  more = more && messages.empty() && !end_;
  Continue(std::move(lock));
  return more;
}

void Subscription::Queue(const v1::SubscribeResponse& message) {
  bool own_buffer;
  grpc::SerializationTraits<v1::SubscribeResponse>::Serialize(message, &waiting_.emplace_back(),
                                                              &own_buffer);
}

// Starts what comes next. gRPC is called without the lock: it may react at once.
void Subscription::Continue(std::unique_lock<std::mutex> lock) {
  if (writing_ || finished_) return;
  if (!waiting_.empty()) {
    writing_ = true;
    const grpc::ByteBuffer* const next = &waiting_.front();
    lock.unlock();
    metrics_->subscription_messages.fetch_add(1, std::memory_order_relaxed);
    StartWrite(next);
  } else if (end_) {
    finished_ = true;
    const grpc::Status status = *end_;
    lock.unlock();
    Finish(status);
  }
}

void Subscription::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_ = false;
  waiting_.pop_front();
  if (!ok) {
    // The client is gone; nobody reads the status.
    waiting_.clear();
    if (!end_) end_ = grpc::Status::CANCELLED;
  }
  if (end_) waiting_.clear();
  const bool wants_more = waiting_.empty() && !end_;
  Continue(std::move(lock));
  if (wants_more) hub_->Wake();
}

void Subscription::End(const projections::Refusal& refusal) {
  std::unique_lock lock(mutex_);
  if (end_) return;
  end_ = ToStatus(refusal);
  if (!writing_) waiting_.clear();
  Continue(std::move(lock));
}

void Subscription::OnCancel() {
  std::unique_lock lock(mutex_);
  if (!end_) end_ = grpc::Status::CANCELLED;
  if (!writing_) waiting_.clear();
  Continue(std::move(lock));
}

void Subscription::OnDone() {
  method_.metrics->Count(end_ ? end_->error_code() : grpc::StatusCode::OK,
                         steady_clock::now() - started_);
  metrics_->subscriptions.fetch_sub(1, std::memory_order_relaxed);
  hub_->Remove(this);
  self_.reset();
}

}  // namespace daybook::server
