#include "server/ingest_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "server/errors.h"
#include "server/ingest_hub.h"
#include "server/limits.h"
#include "server/logging.h"

namespace daybook::server {

using std::chrono::steady_clock;

IngestStream::IngestStream(IngestHub* hub, projections::Caller caller, MethodMetrics* method)
    : hub_(hub), caller_(std::move(caller)), method_(method), started_(steady_clock::now()) {}

void IngestStream::Begin() {
  self_ = shared_from_this();
  hub_->host().metrics->ingest_streams.fetch_add(1, std::memory_order_relaxed);
  Continue(std::unique_lock(mutex_));
}

void IngestStream::Resume() {
  std::unique_lock lock(mutex_);
  waiting_for_room_ = false;
  Continue(std::move(lock));
}

void IngestStream::End(const projections::Refusal& refusal) {
  std::unique_lock lock(mutex_);
  if (!end_) end_ = ToStatus(refusal);
  Continue(std::move(lock));
}

void IngestStream::Abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    if (!end_) end_ = grpc::Status::CANCELLED;
  }
  Finish(*end_);
}

void IngestStream::OnReadDone(bool ok) {
  std::unique_lock lock(mutex_);
  if (!ok || end_) {
    // The client has said all (or the stream ends: then nothing of the batch happens).
    reading_ = false;
    if (!end_) end_ = grpc::Status::OK;
    Continue(std::move(lock));
    return;
  }
  lock.unlock();
  Take();
}

// Only one batch is being taken at a time: reading_ stays set meanwhile.
void IngestStream::Take() {
  auto pending = std::make_unique<Pending>();
  pending->batch = std::make_unique<IngestBatch>(hub_->host().engine, incoming_.Length());
  projections::MaybeRefusal refusal = hub_->host().guard->Recheck(caller_);
  if (!refusal) refusal = pending->batch->Parse(incoming_);
  incoming_.Clear();
  if (!refusal) {
    Pending* const taken = pending.get();
    hub_->Taken(taken->batch->items());
    {
      const std::lock_guard lock(mutex_);
      batches_.push_back(std::move(pending));
    }
    taken->batch->Submit(caller_,
                         [this, taken, self = shared_from_this()] { BatchFinished(taken); });
  } else {
    LogRefusal(method_->method(), *refusal, caller_.traceparent);
  }
  std::unique_lock lock(mutex_);
  reading_ = false;
  if (refusal && !end_) end_ = ToStatus(*refusal);
  Continue(std::move(lock));
}

void IngestStream::BatchFinished(Pending* pending) {
  const size_t items = pending->batch->items();
  std::unique_lock lock(mutex_);
  pending->finished = true;
  Continue(std::move(lock));
  hub_->GivenBack(items);
}

// Starts what can be started: a read, the next acknowledgement, the end. gRPC is called without the
// lock.
void IngestStream::Continue(std::unique_lock<std::mutex> lock) {
  if (finished_) return;
  bool read = false, write = false;
  if (!reading_ && !end_ && !waiting_for_room_ && batches_.size() < kMaxBatchesInFlight) {
    waiting_for_room_ = !hub_->HasRoom(shared_from_this());
    read = reading_ = !waiting_for_room_;
  }
  std::unique_ptr<Pending> done;
  if (!writing_ && !batches_.empty() && batches_.front()->finished) {
    write = writing_ = true;
    done = std::move(batches_.front());
    batches_.pop_front();
    const v1::IngestResponse answer = done->batch->Answer();
    Metrics* const metrics = hub_->host().metrics;
    metrics->ingest_refused_items.fetch_add(static_cast<uint64_t>(answer.refusals_size()),
                                            std::memory_order_relaxed);
    metrics->ingest_repeated_items.fetch_add(answer.repeated_items(), std::memory_order_relaxed);
    outgoing_.Clear();  // Serialize wants an empty one
    bool own_buffer;
    grpc::SerializationTraits<v1::IngestResponse>::Serialize(answer, &outgoing_, &own_buffer);
  }
  const bool finish = end_ && !writing_ && batches_.empty();
  if (finish) finished_ = true;
  lock.unlock();
  if (read) StartRead(&incoming_);
  if (write) StartWrite(&outgoing_);
  if (finish) Finish(*end_);
}

void IngestStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_ = false;
  if (!ok && !end_) end_ = grpc::Status::CANCELLED;
  Continue(std::move(lock));
}

void IngestStream::OnCancel() {
  std::unique_lock lock(mutex_);
  if (!end_) end_ = grpc::Status::CANCELLED;
  Continue(std::move(lock));
}

void IngestStream::OnDone() {
  method_->Count(end_ ? end_->error_code() : grpc::StatusCode::OK, steady_clock::now() - started_);
  hub_->host().metrics->ingest_streams.fetch_sub(1, std::memory_order_relaxed);
  hub_->Remove(this);
  self_.reset();
}

}  // namespace daybook::server
