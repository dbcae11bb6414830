// Batches through the ingest stream, several in flight.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/v1/ingest.pb.h"
#include "tools/bench/samples.h"
#include "tools/bench/server_process.h"

namespace daybook::tools {

// Batches made beforehand, as bytes, so that making them is not measured.
struct Batches {
  std::vector<grpc::ByteBuffer> bytes;
  uint64_t items = 0;
};

// Takes items from `next` until it gives none.
Batches MakeBatches(size_t batch_items, const std::function<bool(v1::IngestItem&)>& next);

struct BulkResult {
  uint64_t events = 0;
  double seconds = 0;
  double events_per_s = 0;
  double client_cpu_us = 0;  // an event
  double server_cpu_us = 0;  // an event
  Samples latencies;         // from the hand-over to the stream to the acknowledgement
};

// Errors: Internal if the stream ends early or an item is refused.
absl::StatusOr<BulkResult> RunBulk(const std::shared_ptr<grpc::Channel>& channel,
                                   const ServerProcess& server, const Batches& batches,
                                   size_t in_flight);

}  // namespace daybook::tools
