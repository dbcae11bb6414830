// Makes segment files ahead of their use: every byte written and synced before the file gets its
// name, so that a later sync carries no metadata and a full disk is met here and not in a group.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "ledger/file_system.h"
#include "ledger/segment.h"
#include "ledger/types.h"

namespace daybook::ledger {

// Makes segment `number`, durable under its name; one that is there already (because a sync of the
// directory failed) is replaced and must never have been used. Errors: ResourceExhausted, Internal;
// what was begun is removed.
absl::Status PrepareSegment(FileSystem* fs, const std::string& directory, const LedgerId& ledger_id,
                            const SegmentOptions& options, uint64_t number);

// Makes them in a thread of its own (or, without options.prepare_ahead, in the thread that waits).
// Thread-safe.
class SegmentPreparer {
 public:
  // `ready`: the highest number that exists. `fs` must outlive this.
  SegmentPreparer(FileSystem* fs, std::string directory, const LedgerId& ledger_id,
                  const SegmentOptions& options, uint64_t ready);
  // Ends after the segment that is being made.
  ~SegmentPreparer();
  SegmentPreparer(const SegmentPreparer&) = delete;
  SegmentPreparer& operator=(const SegmentPreparer&) = delete;

  // Asks for all segments up to `number`; returns at once. A failure is not remembered: Await tries
  // again.
  void Want(uint64_t number);
  // Returns when all segments up to `number` are there, or with the error of an attempt begun after
  // the call.
  absl::Status Await(uint64_t number);

 private:
  void Run();
  // Makes the next segment. Called with `lock` held, which is released meanwhile.
  absl::Status Attempt(std::unique_lock<std::mutex>& lock);

  FileSystem* const fs_;
  const std::string directory_;
  const LedgerId ledger_id_;
  const SegmentOptions options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t ready_;
  uint64_t wanted_ = 0;
  uint64_t attempts_begun_ = 0;
  uint64_t failed_attempt_ = 0;  // the last that failed, counted from 1
  absl::Status failure_;         // of that one
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::ledger
