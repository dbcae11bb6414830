// All ingest streams, and the room that they share: so many items may be under way at once.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "server/ingest_stream.h"
#include "server/unary_call.h"

namespace daybook::server {

class IngestHub {
 public:
  // `host` outlives the hub, and so does the engine, which may finish batches until it stops.
  explicit IngestHub(const CallHost& host) : host_(host) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Begin(
      grpc::CallbackServerContext* context, const GuardedMethod& method);

  // True if another batch may be read; else the stream is told by Resume.
  bool HasRoom(const std::shared_ptr<IngestStream>& stream);
  void Taken(size_t items);
  void GivenBack(size_t items);
  void Remove(IngestStream* stream);

  // Ends all streams with a reason, each when its batches are acknowledged, and takes no new ones.
  void EndAll(const projections::Refusal& refusal);
  // Waits until there are none, or until `until`; then ends those that are left.
  void WaitAndAbandon(std::chrono::steady_clock::time_point until);

  const CallHost& host() const { return host_; }

 private:
  const CallHost& host_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<IngestStream>> streams_;
  std::deque<std::weak_ptr<IngestStream>> waiting_;
  size_t items_ = 0;
  bool ended_ = false;
  std::condition_variable removed_;
};

}  // namespace daybook::server
