#include "server/ingest_hub.h"

#include "server/errors.h"
#include "server/limits.h"

namespace daybook::server {

using std::chrono::steady_clock;

namespace {

// A stream that only says why there is none.
class Refused final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
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

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* IngestHub::Begin(
    grpc::CallbackServerContext* context, const GuardedMethod& method) {
  projections::Caller caller;
  if (auto refusal = host_.guard->Admit(*context, method, &caller)) {
    return new Refused(*refusal, method.metrics);
  }
  auto stream = std::make_shared<IngestStream>(this, std::move(caller), method.metrics);
  {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      return new Refused({v1::REASON_SHUTTING_DOWN, "", "the server is stopping"}, method.metrics);
    }
    streams_.push_back(stream);
  }
  stream->Begin();
  return stream.get();
}

bool IngestHub::HasRoom(const std::shared_ptr<IngestStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (items_ < kMaxIngestItems) return true;
  waiting_.push_back(stream);
  return false;
}

void IngestHub::Taken(size_t items) {
  host_.metrics->ingest_batches.fetch_add(1, std::memory_order_relaxed);
  host_.metrics->ingest_items.fetch_add(items, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  items_ += items;
}

void IngestHub::GivenBack(size_t items) {
  std::deque<std::weak_ptr<IngestStream>> waiting;
  {
    const std::lock_guard lock(mutex_);
    items_ -= items;
    if (items_ < kMaxIngestItems) waiting.swap(waiting_);
  }
  for (const auto& one : waiting) {
    if (const auto stream = one.lock()) stream->Resume();
  }
}

void IngestHub::Remove(IngestStream* stream) {
  const std::lock_guard lock(mutex_);
  std::erase_if(streams_, [&](const auto& one) { return one.get() == stream; });
  removed_.notify_all();
}

void IngestHub::WaitAndAbandon(steady_clock::time_point until) {
  std::vector<std::shared_ptr<IngestStream>> left;
  {
    std::unique_lock lock(mutex_);
    removed_.wait_until(lock, until, [this] { return streams_.empty(); });
    left = streams_;
  }
  for (const auto& stream : left) stream->Abandon();
}

void IngestHub::EndAll(const projections::Refusal& refusal) {
  std::vector<std::shared_ptr<IngestStream>> all;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    all = streams_;
  }
  for (const auto& stream : all) stream->End(refusal);
}

}  // namespace daybook::server
