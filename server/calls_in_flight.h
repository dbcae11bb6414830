// The calls that are under way: bounds how long each may take, and ends what is left when the
// server stops.
//
// Thread-safe. A call is in the list from Add to Remove and is told to end at most once; telling
// happens under no lock of the list.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "projections/engine/refusal.h"

namespace daybook::server {

// A call that can be ended from outside.
class OpenCall {
 public:
  virtual ~OpenCall() = default;
  // Keeps the object alive beside its owners until Release.
  virtual void Retain() = 0;
  virtual void Release() = 0;
  // Answers the caller now if nobody has yet.
  virtual void End(const projections::Refusal& refusal) = 0;

 private:
  friend class CallsInFlight;
  OpenCall* next_ = nullptr;
  OpenCall* previous_ = nullptr;
  size_t shard_ = 0;
  std::chrono::steady_clock::time_point end_by_{};
};

class CallsInFlight {
 public:
  CallsInFlight();
  // There must be no call left.
  ~CallsInFlight();
  CallsInFlight(const CallsInFlight&) = delete;
  CallsInFlight& operator=(const CallsInFlight&) = delete;

  // False once Refuse was called: the call must be answered with SHUTTING_DOWN and is not added.
  bool Add(OpenCall* call, std::chrono::steady_clock::time_point end_by);
  void Remove(OpenCall* call);

  // Takes no calls any more.
  void Refuse();
  bool refusing() const { return refusing_.load(std::memory_order_relaxed); }
  // Waits until there are none, or until `until`; true if there are none.
  bool WaitUntilNone(std::chrono::steady_clock::time_point until);
  // Waits until no call has been refused for `quiet`, or until `until`: clients have understood.
  void WaitUntilQuiet(std::chrono::milliseconds quiet, std::chrono::steady_clock::time_point until);
  // Ends all that are left.
  void EndAll(const projections::Refusal& refusal);
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Shard {
    std::mutex mutex;
    OpenCall* first = nullptr;
  };
  static constexpr size_t kShards = 8;

  void Sweep();
  template <typename Which>
  void EndThose(const Which& which, const projections::Refusal& refusal);

  std::array<Shard, kShards> shards_;
  std::atomic<size_t> next_shard_{0};
  std::atomic<size_t> size_{0};
  std::atomic<bool> refusing_{false};
  std::atomic<bool> waiting_{false};
  std::atomic<std::chrono::steady_clock::time_point> last_refused_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread sweeper_;
};

}  // namespace daybook::server
