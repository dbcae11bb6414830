// One ingest stream: reads batches while few enough are under way, and acknowledges them in order.
//
// Threads: reactions from gRPC's threads; a batch finishes on any of the engine's; Resume and End
// from any.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "server/ingest_batch.h"
#include "server/metrics.h"

namespace daybook::server {

class IngestHub;

class IngestStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public std::enable_shared_from_this<IngestStream> {
 public:
  IngestStream(IngestHub* hub, projections::Caller caller, MethodMetrics* method);

  // gRPC owns it too, from now until OnDone; begins to read.
  void Begin();
  // There is room again.
  void Resume();
  // Takes no more batches; ends with this reason when those under way are acknowledged.
  void End(const projections::Refusal& refusal);
  // Ends now, whatever is under way.
  void Abandon();

 private:
  struct Pending {
    std::unique_ptr<IngestBatch> batch;
    bool finished = false;
  };

  void Take();
  void BatchFinished(Pending* pending);
  void Continue(std::unique_lock<std::mutex> lock);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  IngestHub* const hub_;
  const projections::Caller caller_;
  MethodMetrics* const method_;
  const std::chrono::steady_clock::time_point started_;
  std::shared_ptr<IngestStream> self_;
  grpc::ByteBuffer incoming_;  // of the read under way
  grpc::ByteBuffer outgoing_;  // of the write under way

  std::mutex mutex_;
  std::deque<std::unique_ptr<Pending>> batches_;  // in order of arrival
  bool reading_ = false;  // a read, or the taking of its batch, is under way
  bool writing_ = false;
  bool finished_ = false;
  bool waiting_for_room_ = false;
  std::optional<grpc::Status> end_;  // set: no more is read
};

}  // namespace daybook::server
