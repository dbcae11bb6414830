// A few threads for what would hold up a gRPC thread: reads of history, digests, pages of events.
//
// Thread-safe. What was taken before Stop is run.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace daybook::server {

class Background {
 public:
  Background(size_t threads, size_t max_waiting);
  ~Background() { Stop(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // False if too many wait, or after Stop: then `work` is not run.
  bool Post(std::function<void()> work);
  // Runs what waits, then ends the threads. Idempotent.
  void Stop();

 private:
  void Run();

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace daybook::server
