// One batch of an ingest stream: its items on an arena of its own, each given to the engine, and
// what became of them.
//
// Threads: Parse and Submit from the stream's reading thread; items finish on the engine's threads.
// Finished is reported once, from whichever thread finishes the last item.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "daybook/v1/ingest.pb.h"
#include "projections/engine/engine.h"

namespace daybook::server {

class IngestBatch {
 public:
  IngestBatch(projections::Engine* engine, size_t bytes);
  IngestBatch(const IngestBatch&) = delete;
  IngestBatch& operator=(const IngestBatch&) = delete;

  // Reads the message and checks its shape.
  projections::MaybeRefusal Parse(const grpc::ByteBuffer& bytes);
  // Gives every item to the engine, in order. `finished` is called when all have been carried out
  // or refused and every view has applied them; the batch must live until then.
  void Submit(const projections::Caller& caller, std::function<void()> finished);

  size_t items() const { return static_cast<size_t>(request_->items_size()); }
  // After `finished`.
  v1::IngestResponse Answer() const;

 private:
  void ItemDone(uint32_t item, const projections::CommandOutcome& outcome);
  void Refuse(uint32_t item, const projections::Refusal& refusal);
  void AllDone();

  projections::Engine* const engine_;
  google::protobuf::Arena arena_;
  v1::IngestRequest* request_;
  std::function<void()> finished_;
  std::atomic<size_t> left_{0};
  std::atomic<uint32_t> accepted_{0}, repeated_{0}, events_{0};
  // The highest sequence of each partition that the batch rests on.
  std::vector<std::atomic<uint64_t>> reached_;
  std::mutex mutex_;
  std::vector<v1::IngestRefusal> refusals_;  // guarded by mutex_
};

}  // namespace daybook::server
