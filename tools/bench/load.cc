#include "tools/bench/load.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>

#include <optional>
#include <vector>

namespace daybook::tools {

using std::chrono::steady_clock;

namespace {

// A place for one call in flight; a gRPC context serves one call only.
struct Slot {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  steady_clock::time_point sent;
};

class Driver {
 public:
  Driver(const std::shared_ptr<grpc::Channel>& channel, const CallKind& kind, size_t in_flight)
      : stub_(channel), kind_(kind), slots_(in_flight) {}

  ~Driver() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Begin() {
    for (Slot& slot : slots_) Send(slot);
  }

  // Sends a new call for each that is answered; with `result` they count.
  absl::Status RunUntil(steady_clock::time_point end, Samples* result) {
    while (steady_clock::now() < end) {
      Slot& slot = Take();
      if (result != nullptr) result->Add(steady_clock::now() - slot.sent);
      if (!slot.status.ok()) return Failed(slot);
      Send(slot);
    }
    return absl::OkStatus();
  }

  absl::Status Finish() {
    absl::Status status;
    while (open_ > 0) {
      Slot& slot = Take();
      if (!slot.status.ok() && status.ok()) status = Failed(slot);
    }
    return status;
  }

 private:
  void Send(Slot& slot) {
    slot.context.emplace();
    slot.context->set_wait_for_ready(true);
    const grpc::ByteBuffer request = kind_.next_request();
    slot.sent = steady_clock::now();
    slot.reader = stub_.PrepareUnaryCall(&*slot.context, kind_.method, request, &queue_);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.response, &slot.status, &slot);
    ++open_;
  }

  Slot& Take() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    --open_;
    return *static_cast<Slot*>(tag);
  }

  absl::Status Failed(const Slot& slot) const {
    return absl::InternalError(fmt::format("{}: {} {}", kind_.name,
                                           static_cast<int>(slot.status.error_code()),
                                           slot.status.error_message()));
  }

  grpc::GenericStub stub_;
  const CallKind& kind_;
  // Slots outlive what the queue still holds of them.
  std::vector<Slot> slots_;
  grpc::CompletionQueue queue_;
  size_t open_ = 0;
};

}  // namespace

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<LoadResult> RunLoad(const std::shared_ptr<grpc::Channel>& channel,
                                   const ServerProcess& server, const CallKind& kind,
                                   const LoadOptions& options) {
  LoadResult result;
  Driver driver(channel, kind, options.in_flight);
  driver.Begin();
  absl::Status status = driver.RunUntil(steady_clock::now() + options.warm_up, nullptr);
  const auto start = steady_clock::now();
  const auto own = OwnCpuTime();
  const auto other = server.CpuTime();
  if (status.ok()) status = driver.RunUntil(start + options.duration, &result.latencies);
  const double seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  const auto calls = static_cast<double>(std::max<uint64_t>(result.latencies.count(), 1));
  result.client_cpu_us = static_cast<double>((OwnCpuTime() - own).count()) / calls;
  result.server_cpu_us = static_cast<double>((server.CpuTime() - other).count()) / calls;
  result.calls_per_s = calls / seconds;
  const absl::Status drained = driver.Finish();
  if (!status.ok()) return status;
  if (!drained.ok()) return drained;
  return result;
}

}  // namespace daybook::tools
