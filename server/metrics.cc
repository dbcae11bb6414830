#include "server/metrics.h"

#include <algorithm>

namespace daybook::server {

void MethodMetrics::Count(int code, std::chrono::nanoseconds took) {
  const auto index = static_cast<size_t>(code) < kCodes ? static_cast<size_t>(code) : 2;
  calls_[index].fetch_add(1, std::memory_order_relaxed);
  const int64_t micros = took.count() / 1000;
  const auto bucket = std::lower_bound(kBucketMicros.begin(), kBucketMicros.end(), micros);
  buckets_[static_cast<size_t>(bucket - kBucketMicros.begin())].fetch_add(
      1, std::memory_order_relaxed);
  nanos_.fetch_add(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
}

double MethodMetrics::seconds() const {
  return static_cast<double>(nanos_.load(std::memory_order_relaxed)) * 1e-9;
}

}  // namespace daybook::server
