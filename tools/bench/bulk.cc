#include "tools/bench/bulk.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <deque>

#include "tools/bench/load.h"

namespace daybook::tools {

using std::chrono::steady_clock;

namespace {

enum Tag : intptr_t { kBegun, kWritten, kRead, kFinished };

void* ToTag(Tag tag) { return reinterpret_cast<void*>(tag); }

// One stream, used by one thread: at most one write and one read are under way.
class Stream {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, const Batches& batches, size_t in_flight)
      : stub_(channel), batches_(batches.bytes), in_flight_(in_flight) {
    context_.set_wait_for_ready(true);
    stream_ = stub_.PrepareCall(&context_, "/daybook.v1.IngestService/Ingest", &queue_);
    stream_->StartCall(ToTag(kBegun));
    Take();
  }

  ~Stream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  absl::Status Run(BulkResult* result) {
    stream_->Read(&answer_, ToTag(kRead));
    WriteNext();
    while (acknowledged_ < batches_.size()) {
      const auto [tag, ok] = Take();
      if (!ok) return Broken();
      if (tag == kWritten) {
        writing_ = false;
      } else if (tag == kRead) {
        if (absl::Status status = Acknowledge(result); !status.ok()) return status;
        stream_->Read(&answer_, ToTag(kRead));
      }
      WriteNext();
    }
    return absl::OkStatus();
  }

 private:
  std::pair<Tag, bool> Take() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return {static_cast<Tag>(reinterpret_cast<intptr_t>(tag)), ok};
  }

  void WriteNext() {
    if (writing_ || sent_ == batches_.size() || sent_ - acknowledged_ >= in_flight_) return;
    sent_at_.push_back(steady_clock::now());
    stream_->Write(batches_[sent_++], ToTag(kWritten));
    writing_ = true;
  }

  absl::Status Acknowledge(BulkResult* result) {
    v1::IngestResponse response;
    grpc::ProtoBufferReader reader(&answer_);
    if (!response.ParseFromZeroCopyStream(&reader) || response.batch() >= sent_at_.size()) {
      return absl::InternalError("an acknowledgement that cannot be read");
    }
    result->latencies.Add(steady_clock::now() - sent_at_[response.batch()]);
    result->events += response.events();
    ++acknowledged_;
    if (response.refusals().empty()) return absl::OkStatus();
    const v1::IngestRefusal& refusal = response.refusals(0);
    return absl::InternalError(
        fmt::format("refused: {} {}: {}", refusal.reason(), refusal.field(), refusal.message()));
  }

  absl::Status Broken() {
    grpc::Status status;
    stream_->Finish(&status, ToTag(kFinished));
    while (Take().first != kFinished) {
    }
    return absl::InternalError(fmt::format(
        "the stream ended: {} {}", static_cast<int>(status.error_code()), status.error_message()));
  }

  grpc::GenericStub stub_;
  const std::vector<grpc::ByteBuffer>& batches_;
  const size_t in_flight_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer answer_;
  std::vector<steady_clock::time_point> sent_at_;  // by batch number
  size_t sent_ = 0;
  size_t acknowledged_ = 0;
  bool writing_ = false;
};

}  // namespace

Batches MakeBatches(size_t batch_items, const std::function<bool(v1::IngestItem&)>& next) {
  Batches batches;
  bool more = true;
  while (more) {
    v1::IngestRequest request;
    request.set_batch(batches.bytes.size());
    while (static_cast<size_t>(request.items_size()) < batch_items &&
           (more = next(*request.add_items()))) {
    }
    if (!more) request.mutable_items()->RemoveLast();
    if (request.items().empty()) break;
    batches.items += static_cast<uint64_t>(request.items_size());
    batches.bytes.push_back(ToBytes(request));
  }
  return batches;
}

absl::StatusOr<BulkResult> RunBulk(const std::shared_ptr<grpc::Channel>& channel,
                                   const ServerProcess& server, const Batches& batches,
                                   size_t in_flight) {
  BulkResult result;
  Stream stream(channel, batches, in_flight);
  const auto start = steady_clock::now();
  const auto own = OwnCpuTime();
  const auto other = server.CpuTime();
  if (absl::Status status = stream.Run(&result); !status.ok()) return status;
  result.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  const auto events = static_cast<double>(std::max<uint64_t>(result.events, 1));
  result.events_per_s = events / result.seconds;
  result.client_cpu_us = static_cast<double>((OwnCpuTime() - own).count()) / events;
  result.server_cpu_us = static_cast<double>((server.CpuTime() - other).count()) / events;
  return result;
}

}  // namespace daybook::tools
