// A client that keeps a number of unary calls in flight, from one thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"
#include "tools/bench/samples.h"
#include "tools/bench/server_process.h"

namespace daybook::tools {

// One kind of call: its path and a request, another one each time it is asked. Answers are not
// parsed, so that what is measured is the server and not this client.
struct CallKind {
  std::string name;
  std::string method;  // "/daybook.v1.LedgerService/Ping"
  std::function<grpc::ByteBuffer()> next_request;
};

// A request as it goes over the wire.
grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);

struct LoadResult {
  double calls_per_s = 0;
  double client_cpu_us = 0;  // a call
  double server_cpu_us = 0;  // a call
  Samples latencies;
};

struct LoadOptions {
  size_t in_flight = 1;
  std::chrono::milliseconds warm_up{200};
  std::chrono::milliseconds duration{1000};
};

// Errors: Internal with the first answer that was not OK.
absl::StatusOr<LoadResult> RunLoad(const std::shared_ptr<grpc::Channel>& channel,
                                   const ServerProcess& server, const CallKind& kind,
                                   const LoadOptions& options);

}  // namespace daybook::tools
