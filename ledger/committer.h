// The thread that makes batches durable: whatever waits becomes one group, one write and one sync.
// No timer waits for a group to fill; the sync in flight is the window in which the next group
// gathers.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "ledger/ledger.h"
#include "ledger/store.h"

namespace daybook::ledger {

class Committer {
 public:
  // Begins to take batches. `store` and `follower` must outlive this, and nobody else may write to
  // `store` meanwhile. `before_group` (may be empty) runs before each write, for what must be
  // durable first; its failure fails the group before anything is written.
  Committer(Store* store, Follower* follower, std::function<absl::Status()> before_group);
  // Stops.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Takes a batch. `done` comes from the committer's thread, once; after Stop from within this
  // call. Thread-safe.
  void Append(Batch batch);
  // Completes what was taken, then ends the thread. Idempotent.
  void Stop();
  // OK while batches are taken; else why they are refused. Thread-safe.
  absl::Status writable() const;
  // Lets the next batch find out whether there is room again; called now and then. Thread-safe.
  void ForgetNoRoom();

 private:
  struct Waiting {
    Batch batch;
    size_t bytes = 0;
    absl::Status status;  // OK: in the draft
  };

  void Run();
  // Writes one group out of taken_[first...]; returns the first that it did not take.
  size_t WriteGroup(size_t first);
  size_t FillDraft(size_t first);
  absl::Status WriteDraft(AppendOutcome* outcome);
  void SetStatus(const absl::Status& no_room, const absl::Status& broken);

  Store* const store_;
  Follower* const follower_;
  const std::function<absl::Status()> before_group_;
  std::vector<Waiting> taken_;  // of the thread

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::vector<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  bool stopping_ = false;
  absl::Status no_room_;   // of the last group
  absl::Status broken_;    // for ever, after a failed write
  std::mutex stop_mutex_;  // one Stop at a time
  std::thread thread_;
};

}  // namespace daybook::ledger
