// The measurements, each over servers of its own. Every one prints nothing and gives its sections.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/bench/report.h"
#include "tools/bench/server_process.h"

namespace daybook::tools {

struct BenchOptions {
  std::string server_program;
  // Where data directories come into being: the disk that is measured.
  std::string parent = "/tmp";
  std::vector<std::string> server_arguments;
  uint64_t orders = 200'000;    // of each bulk row
  uint64_t customers = 10'000;  // of unary calls
  double seconds = 2;           // of each slice
  int rounds = 3;

  std::chrono::milliseconds slice() const {
    return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  }
};

// A server over an empty data directory, with the programme published.
struct FreshServer {
  std::unique_ptr<TemporaryDirectory> directory;
  std::unique_ptr<ServerProcess> process;

  static absl::StatusOr<FreshServer> Start(const BenchOptions& options);
};

// Unary commands and queries, each against the empty call: slices of both take turns, and the
// ratio is the median of the rounds' ratios.
absl::StatusOr<std::vector<Section>> MeasureUnary(const BenchOptions& options);

// One call at a time against the empty call and the disk.
absl::StatusOr<std::vector<Section>> MeasureOneAtATime(const BenchOptions& options);

// Ingest, then what it left: bytes, memory, rebuild of all views, restarts.
absl::StatusOr<std::vector<Section>> MeasureBulk(const BenchOptions& options);

}  // namespace daybook::tools
