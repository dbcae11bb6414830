// The views' thread: the feed from the ledger, folding, writing behind. Builds are in
// view_host_builds.cc, waiting reads and what people ask in view_host_reads.cc.
#include "projections/engine/view_host.h"

#include <algorithm>

#include "fmt/format.h"
#include "projections/engine/fold_witness.h"
#include "projections/engine/limits.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

using ledger::CommitPtr;
using ledger::GroupPlace;
using ledger::PartitionId;
using ledger::Sequence;

ViewHost::ViewHost(const Environment& environment) : env_(environment) {
  const auto info = env_.ledger->info();
  partitions_.push_back(ledger::kRegistryPartition);
  for (uint32_t i = 1; i <= info.entity_partitions; ++i) partitions_.emplace_back(i);
}

ViewHost::~ViewHost() { Stop(); }

absl::Status ViewHost::Start() {
  if (auto status = LoadRegistry(); !status.ok()) return status;
  if (auto status = OpenViews(); !status.ok()) return status;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status ViewHost::LoadRegistry() {
  absl::Status problem;
  const absl::Status read = env_.ledger->ReadPartition(
      ledger::kRegistryPartition, Sequence(1), [&](const CommitPtr& commit) {
        auto decoded = DecodedCommit::Decode(commit->view(), env_.catalogue->events());
        if (!decoded.ok()) {
          problem = decoded.status();
          return false;
        }
        env_.registry->Apply(**decoded, commit->sequence());
        return true;
      });
  return read.ok() ? problem : read;
}

void ViewHost::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  build_.reset();
}

void ViewHost::OnDurable(const std::vector<CommitPtr>& commits, const GroupPlace& end) {
  // The registry first: who is answered after this sees the policy.
  for (const CommitPtr& commit : commits) {
    if (commit->partition() != ledger::kRegistryPartition) continue;
    auto decoded = DecodedCommit::Decode(commit->view(), env_.catalogue->events());
    if (decoded.ok()) env_.registry->Apply(**decoded, commit->sequence());
  }
  size_t bytes = 0;
  for (const CommitPtr& commit : commits)
    bytes += commit->view().record().size() + kBytesOfDecodedCommit;
  std::shared_ptr<const std::function<void()>> listener;
  {
    std::lock_guard lock(mutex_);
    listener = durable_listener_;
    if (feed_bytes_ + bytes > kMaxFeedBytes) {
      // Slower than the ledger: go back to reading it.
      feed_.clear();
      feed_bytes_ = 0;
      feed_overflowed_ = true;
    } else {
      feed_.push_back({commits, end, bytes});
      feed_bytes_ += bytes;
    }
  }
  wake_.notify_one();
  if (listener != nullptr) (*listener)();
}

void ViewHost::SetDurableListener(std::function<void()> listener) {
  std::lock_guard lock(mutex_);
  durable_listener_ = std::make_shared<const std::function<void()>>(std::move(listener));
}

void ViewHost::Run() {
  CatchUp();
  last_flush_micros_ = env_.clock->MonotonicMicros();
  for (;;) {
    std::deque<FeedItem> feed;
    std::vector<ViewBuild::Result> finished;
    std::vector<std::pair<std::string, DigestReady>> digests;
    bool overflowed, stopping;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(500), [this] {
        return stopping_ || !feed_.empty() || feed_overflowed_ || !finished_.empty() ||
               !digests_.empty();
      });
      feed.swap(feed_);
      feed_bytes_ = 0;
      overflowed = std::exchange(feed_overflowed_, false);
      finished.swap(finished_);
      digests.swap(digests_);
      stopping = stopping_;
    }
    if (overflowed) CatchUp();
    for (const FeedItem& item : feed) FoldItem(item);
    for (ViewBuild::Result& result : finished) Adopt(std::move(result));
    RunWaiters();
    FlushAll(false);
    for (auto& [name, done] : digests) {
      auto it = std::find_if(hosted_.begin(), hosted_.end(),
                             [&name = name](const Hosted& h) { return h.view->name() == name; });
      if (!it->problem.empty()) {
        done(absl::FailedPreconditionError(it->problem));
      } else if (it->fold == nullptr) {
        done(absl::UnavailableError("the view is being built"));
      } else if (const absl::Status written = FlushOne(*it); !written.ok()) {
        done(written);
      } else {
        done(it->fold);
      }
    }
    if (stopping) break;
  }
  FlushAll(true);
  // Who still waits will not get what it waits for.
  std::vector<Waiter> left;
  {
    std::lock_guard lock(mutex_);
    left.swap(waiters_);
  }
  for (Waiter& waiter : left) waiter.ready(absl::UnavailableError("the server is stopping"));
}

void ViewHost::FoldItem(const FeedItem& item) {
  if (item.end.group <= place_.group) return;
  if (item.end.group.value() != place_.group.value() + 1)
    CatchUp();  // what was between was dropped from the feed
  if (item.end.group <= place_.group) return;
  for (const CommitPtr& commit : item.commits) {
    if (ledger::IsAccessPartition(commit->partition())) continue;  // no view folds them
    auto decoded = std::static_pointer_cast<const DecodedCommit>(commit->attachment());
    if (decoded == nullptr) {
      auto made = DecodeForFolds(commit->view(), env_.catalogue->events(), *env_.secrets);
      if (!made.ok()) {
        for (Hosted& hosted : hosted_) Problem(hosted, std::string(made.status().message()));
        return;
      }
      decoded = *std::move(made);
    }
    for (Hosted& hosted : hosted_) FoldCommit(hosted, commit->view(), *decoded);
  }
  commits_since_flush_ += item.commits.size();
  place_ = item.end;
}

// Reads the ledger from where the views are to its end.
void ViewHost::CatchUp() {
  absl::Status problem;
  size_t commits = 0;
  const absl::Status scanned = env_.ledger->Scan(place_, [&](const ledger::ScannedGroup& group) {
    for (const ledger::CommitView& view : group.commits) {
      if (ledger::IsAccessPartition(view.header().partition)) continue;
      auto decoded = DecodeForFolds(view, env_.catalogue->events(), *env_.secrets);
      if (!decoded.ok()) {
        problem = decoded.status();
        return false;
      }
      for (Hosted& hosted : hosted_) FoldCommit(hosted, view, **decoded);
    }
    place_ = group.place;
    if ((commits += group.commits.size()) > kFlushGroups) {
      commits = 0;
      FlushAll(true);
    }
    return true;
  });
  if (!scanned.ok()) problem = scanned;
  if (!problem.ok()) {
    for (Hosted& hosted : hosted_) Problem(hosted, std::string(problem.message()));
  }
}

void ViewHost::FoldCommit(Hosted& hosted, const ledger::CommitView& view,
                          const DecodedCommit& decoded) {
  if (hosted.fold == nullptr || !hosted.problem.empty()) return;
  const auto& header = view.header();
  try {
    if (hosted.fold->WantsAny(view)) {
      hosted.fold->Apply(decoded, header.partition, header.sequence);
    } else {
      hosted.fold->Skip(header.partition, header.sequence);
    }
  } catch (const InvariantBroken& broken) {
    Problem(hosted, fmt::format("partition {} sequence {}: {}", header.partition.value(),
                                header.sequence.value(), broken.what()));
  }
}

void ViewHost::Problem(Hosted& hosted, const std::string& what) {
  {
    std::lock_guard lock(mutex_);
    if (!hosted.problem.empty()) return;
    hosted.problem = what;
  }
  spdlog::error("view {} has stopped: {}", hosted.view->name(), what);
  // Nobody reads, and nothing writes, a commit that was applied in part.
  if (hosted.fold != nullptr) hosted.fold->Revert();
}

void ViewHost::FlushAll(bool force) {
  const int64_t now = env_.clock->MonotonicMicros();
  const bool by_time = now - last_flush_micros_ > kFlushMicros;
  if (!force && !by_time && commits_since_flush_ < kFlushGroups / 4) return;
  commits_since_flush_ = 0;
  for (Hosted& hosted : hosted_) {
    if (hosted.fold == nullptr || !hosted.problem.empty()) continue;
    const size_t dirty = hosted.fold->DirtyGroups();
    // A view that nothing was for must not be read from its old place at the next start.
    const uint64_t behind = place_.group.value() - hosted.fold->place().group.value();
    if (dirty >= kFlushGroups || (dirty > 0 && (force || by_time)) || (behind > 0 && force) ||
        behind > kFlushGroups) {
      if (const absl::Status written = FlushOne(hosted); !written.ok()) {
        spdlog::warn("view {} cannot be written, and goes on in memory: {}", hosted.view->name(),
                     std::string(written.message()));
      }
    }
  }
  if (by_time || force) last_flush_micros_ = now;
}

absl::Status ViewHost::FlushOne(Hosted& hosted) {
  return hosted.fold->Flush(place_, false, env_.ledger->info().id,
                            [this](PartitionId partition, Sequence sequence) {
                              return PositionIn(*env_.ledger, partition, sequence);
                            });
}

}  // namespace daybook::projections
