// What the server counts while it works: calls by method and code, and how long they took. Reading
// the counters and everything that others count is metrics_page's.
//
// Thread-safe; counting takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

namespace daybook::server {

// Of one method.
class MethodMetrics {
 public:
  static constexpr size_t kCodes = 17;
  // Upper bounds of the buckets in microseconds; one more bucket holds the rest.
  static constexpr std::array<int64_t, 14> kBucketMicros = {
      100,    250,    500,     1000,    2500,      5000,      10'000,
      25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};

  explicit MethodMetrics(std::string method) : method_(std::move(method)) {}

  void Count(int code, std::chrono::nanoseconds took);

  // "daybook.v1.SalesService/RecordOrder".
  const std::string& method() const { return method_; }
  uint64_t calls(size_t code) const { return calls_[code].load(std::memory_order_relaxed); }
  uint64_t bucket(size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  double seconds() const;

 private:
  const std::string method_;
  std::array<std::atomic<uint64_t>, kCodes> calls_{};
  std::array<std::atomic<uint64_t>, kBucketMicros.size() + 1> buckets_{};
  std::atomic<uint64_t> nanos_{0};
};

class Metrics {
 public:
  // Before the server serves; the reference stays good.
  MethodMetrics& AddMethod(std::string method) { return methods_.emplace_back(std::move(method)); }
  const std::deque<MethodMetrics>& methods() const { return methods_; }

  std::atomic<int64_t> calls_in_flight{0};
  std::atomic<int64_t> subscriptions{0};
  std::atomic<int64_t> ingest_streams{0};
  std::atomic<uint64_t> ingest_items{0};
  std::atomic<uint64_t> ingest_refused_items{0};
  std::atomic<uint64_t> ingest_repeated_items{0};
  std::atomic<uint64_t> ingest_batches{0};
  std::atomic<uint64_t> subscription_messages{0};

 private:
  std::deque<MethodMetrics> methods_;
};

}  // namespace daybook::server
