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

namespace {

// "points@2.7": view, version of the fold, number of the build.
std::string StorageName(const View& view, uint64_t build) {
  return fmt::format("{}@{}.{}", view.name(), view.version(), build);
}

// The build's number if `name` is a storage of this view and version.
std::optional<uint64_t> BuildOf(const std::string& name, const View& view) {
  const std::string prefix = fmt::format("{}@{}.", view.name(), view.version());
  if (!name.starts_with(prefix)) return std::nullopt;
  return std::stoull(name.substr(prefix.size()));
}

bool IsViewStorage(const std::string& name) { return name.find('@') != std::string::npos; }

}  // namespace

ViewHost::ViewHost(const Environment& environment) : env_(environment) {
  const auto info = env_.ledger->info();
  partitions_.push_back(ledger::kRegistryPartition);
  for (uint32_t i = 1; i <= info.entity_partitions; ++i) partitions_.emplace_back(i);
  for (const PartitionId partition : partitions_) applied_[partition].store(0);
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

absl::Status ViewHost::OpenViews() {
  std::vector<const View*> missing;
  const std::vector<std::string> names = env_.database->List();
  std::vector<std::string> keep;
  place_ = env_.ledger->DurableEnd();
  for (const View* view : env_.catalogue->views()) {
    Hosted hosted;
    hosted.view = view;
    std::optional<uint64_t> best;
    for (const std::string& name : names) {
      const auto build = BuildOf(name, *view);
      if (!build) continue;
      auto storage = env_.database->Open(name);
      if (!storage.ok()) return storage.status();
      auto state = (*storage)->LoadState();
      if (!state.ok() || state->place.group.value() == 0) continue;
      if (!StandsOn(*state, *env_.ledger)) {
        spdlog::warn("view {} is of another ledger or epoch: dropped, and built anew", name);
        continue;
      }
      if (state->building) {
        keep.push_back(name);  // its build goes on
        continue;
      }
      if (best && *best > *build) continue;
      best = build;
      hosted.storage_name = name;
      hosted.fold = std::make_shared<ViewFold>(view, env_.secrets, *std::move(storage), *state,
                                               partitions_, false);
    }
    if (hosted.fold == nullptr) {
      missing.push_back(view);
    } else {
      keep.push_back(hosted.storage_name);
      if (hosted.fold->place().group < place_.group) place_ = hosted.fold->place();
    }
    hosted_.push_back(std::move(hosted));
  }
  for (const std::string& name : names) {
    if (!IsViewStorage(name) || std::find(keep.begin(), keep.end(), name) != keep.end()) continue;
    if (auto status = env_.database->Drop(name); !status.ok()) return status;
  }
  if (!missing.empty()) StartBuild(missing);
  return absl::OkStatus();
}

void ViewHost::StartBuild(const std::vector<const View*>& views) {
  std::vector<ViewBuild::Target> targets;
  const std::vector<std::string> names = env_.database->List();
  for (const View* view : views) {
    // A build that was interrupted goes on under its name; a new one takes the next number.
    uint64_t next = 1;
    std::string name;
    for (const std::string& existing : names) {
      if (const auto build = BuildOf(existing, *view)) {
        next = std::max(next, *build + 1);
        const bool serves = std::any_of(hosted_.begin(), hosted_.end(), [&](const Hosted& hosted) {
          return hosted.storage_name == existing;
        });
        if (!serves) name = existing;
      }
    }
    targets.push_back({view, name.empty() ? StorageName(*view, next) : name});
  }
  ViewBuild::Environment environment{
      env_.catalogue, env_.ledger, env_.secrets, env_.clock, env_.database, partitions_, {}};
  environment.position = [this](PartitionId partition, Sequence sequence) {
    return PositionIn(*env_.ledger, partition, sequence);
  };
  build_ = std::make_unique<ViewBuild>(environment, std::move(targets),
                                       [this](ViewBuild::Result result) {
                                         {
                                           std::lock_guard lock(mutex_);
                                           finished_.push_back(std::move(result));
                                         }
                                         wake_.notify_one();
                                       });
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
  for (const CommitPtr& commit : commits) bytes += commit->view().record().size();
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
    std::vector<std::pair<std::string, std::function<void(absl::StatusOr<FoldDigest>)>>> digests;
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
      if (it->fold == nullptr) {
        done(absl::UnavailableError("the view is being built"));
        continue;
      }
      FlushOne(*it);
      done(DigestOf(it->fold->storage()));
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
    applied_[commit->partition()].store(commit->sequence().value(), std::memory_order_release);
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
      auto decoded = DecodeForFolds(view, env_.catalogue->events(), *env_.secrets);
      if (!decoded.ok()) {
        problem = decoded.status();
        return false;
      }
      for (Hosted& hosted : hosted_) FoldCommit(hosted, view, **decoded);
      applied_[view.header().partition].store(view.header().sequence.value(),
                                              std::memory_order_release);
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
  // Views that were current all along have positions without a commit to scan.
  for (const PartitionId partition : partitions_) {
    if (problem.ok() && applied_[partition].load() == 0)
      applied_[partition].store(env_.ledger->LastDurable(partition).value());
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
  std::lock_guard lock(mutex_);
  if (!hosted.problem.empty()) return;
  hosted.problem = what;
  spdlog::error("view {} has stopped: {}", hosted.view->name(), what);
}

void ViewHost::FlushAll(bool force) {
  const int64_t now = env_.clock->MonotonicMicros();
  const bool by_time = now - last_flush_micros_ > kFlushMicros;
  if (!force && !by_time && commits_since_flush_ < kFlushGroups / 4) return;
  commits_since_flush_ = 0;
  for (Hosted& hosted : hosted_) {
    if (hosted.fold == nullptr || !hosted.problem.empty()) continue;
    const size_t dirty = hosted.fold->DirtyGroups();
    if (dirty >= kFlushGroups || (dirty > 0 && (force || by_time))) FlushOne(hosted);
  }
  if (by_time || force) last_flush_micros_ = now;
}

void ViewHost::FlushOne(Hosted& hosted) {
  try {
    (void)hosted.fold->Flush(place_, false, env_.ledger->info().id,
                             [this](PartitionId partition, Sequence sequence) {
                               return PositionIn(*env_.ledger, partition, sequence);
                             });
  } catch (const InvariantBroken& broken) {
    Problem(hosted, broken.what());
  }
}

void ViewHost::Adopt(ViewBuild::Result result) {
  auto it = std::find_if(hosted_.begin(), hosted_.end(),
                         [&](const Hosted& hosted) { return hosted.view == result.view; });
  Hosted& hosted = *it;
  if (result.status.ok()) {
    // What became durable since the build looked last; the feed goes on after place_.
    std::shared_ptr<ViewFold> fold = result.fold;
    const absl::Status scanned =
        env_.ledger->Scan(fold->place(), [&](const ledger::ScannedGroup& group) {
          if (group.place.group > place_.group) return false;
          for (const ledger::CommitView& view : group.commits) {
            auto decoded = DecodeForFolds(view, env_.catalogue->events(), *env_.secrets);
            if (!decoded.ok()) {
              result.status = decoded.status();
              return false;
            }
            try {
              fold->Apply(**decoded, view.header().partition, view.header().sequence);
            } catch (const InvariantBroken& broken) {
              result.status = absl::InternalError(broken.what());
              return false;
            }
          }
          return true;
        });
    if (result.status.ok()) result.status = scanned;
  }
  std::string old_name;
  {
    std::lock_guard lock(mutex_);
    hosted.rebuilding = false;
    if (result.status.ok()) {
      old_name = std::exchange(hosted.storage_name, result.storage_name);
      hosted.fold = result.fold;
      hosted.problem.clear();
    } else if (!absl::IsCancelled(result.status)) {
      hosted.problem = std::string(result.status.message());
    }
  }
  if (!result.status.ok()) {
    spdlog::error("building view {} failed: {}", result.view->name(),
                  std::string(result.status.message()));
    return;
  }
  FlushOne(hosted);
  if (!old_name.empty()) (void)env_.database->Drop(old_name);
  spdlog::info("view {} was built anew", result.view->name());
}

void ViewHost::WhenApplied(const std::string& view, const ReadTargets& targets,
                           std::function<void(absl::Status)> ready) {
  Waiter waiter{view, targets, std::move(ready)};
  absl::Status status;
  {
    std::lock_guard lock(mutex_);
    if (!Satisfied(waiter, &status)) {
      if (waiters_.size() < kMaxWaitingReads && !stopping_) {
        waiters_.push_back(std::move(waiter));
        return;
      }
      status = absl::ResourceExhaustedError("too many reads wait for their view");
    }
  }
  waiter.ready(status);
}

// True if there is nothing to wait for: the view is far enough, or never will be (`status` says
// why).
bool ViewHost::Satisfied(const Waiter& waiter, absl::Status* status) const {
  for (const Hosted& hosted : hosted_) {
    if (!waiter.view.empty() && hosted.view->name() != waiter.view) continue;
    if (hosted.fold == nullptr) {
      if (!hosted.problem.empty()) {
        *status = absl::FailedPreconditionError(hosted.problem);
        return true;
      }
      if (!waiter.view.empty()) return false;
      continue;
    }
    for (const auto& [partition, sequence] : waiter.targets) {
      if (hosted.fold->Position(partition) >= sequence) continue;
      if (hosted.problem.empty()) return false;
      if (!waiter.view.empty()) {
        *status = absl::FailedPreconditionError(hosted.problem);
        return true;
      }
    }
  }
  return true;
}

void ViewHost::RunWaiters() {
  std::vector<std::pair<Waiter, absl::Status>> ready;
  {
    std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      absl::Status status;
      if (Satisfied(*it, &status)) {
        ready.emplace_back(std::move(*it), status);
        *it = std::move(waiters_.back());
        waiters_.pop_back();
      } else {
        ++it;
      }
    }
  }
  for (auto& [waiter, status] : ready) waiter.ready(status);
}

std::shared_ptr<ViewFold> ViewHost::Serving(std::string_view view) const {
  std::lock_guard lock(mutex_);
  for (const Hosted& hosted : hosted_) {
    if (hosted.view->name() == view) return hosted.fold;
  }
  return nullptr;
}

Sequence ViewHost::Applied(PartitionId partition) const {
  auto it = applied_.find(partition);
  return it == applied_.end() ? Sequence() : Sequence(it->second.load(std::memory_order_acquire));
}

absl::Status ViewHost::Rebuild(const std::string& view) {
  std::lock_guard lock(mutex_);
  // A build whose views are all taken over has called back for the last time: its thread is about
  // to end.
  const bool busy = std::any_of(hosted_.begin(), hosted_.end(), [](const Hosted& hosted) {
    return hosted.rebuilding || (hosted.fold == nullptr && hosted.problem.empty());
  });
  if (busy) return absl::FailedPreconditionError("views are being built already");
  std::vector<const View*> views;
  for (Hosted& hosted : hosted_) {
    if (!view.empty() && hosted.view->name() != view) continue;
    views.push_back(hosted.view);
    hosted.rebuilding = true;
  }
  if (views.empty()) return absl::NotFoundError("there is no such view");
  build_.reset();
  StartBuild(views);
  return absl::OkStatus();
}

std::vector<ViewStatus> ViewHost::Status() const {
  std::lock_guard lock(mutex_);
  std::vector<ViewStatus> all;
  for (const Hosted& hosted : hosted_) {
    ViewStatus status;
    status.name = std::string(hosted.view->name());
    status.version = hosted.view->version();
    status.problem = hosted.problem;
    status.mode = !hosted.problem.empty()  ? ViewMode::kStopped
                  : hosted.fold == nullptr ? ViewMode::kBuilding
                  : hosted.rebuilding      ? ViewMode::kRebuilding
                                           : ViewMode::kServing;
    for (const PartitionId partition : partitions_) {
      const Sequence at = hosted.fold == nullptr ? Sequence() : hosted.fold->Position(partition);
      const Sequence end = env_.ledger->LastDurable(partition);
      if (end.value() > at.value()) status.lag_commits += end.value() - at.value();
      if (at.value() > 0) status.positions.emplace_back(partition, at);
    }
    if (build_ != nullptr && !build_->done() && build_->Builds(hosted.view)) {
      const auto progress = build_->progress();
      status.build_done = progress.done;
      status.build_total = progress.total;
      status.build_eta_seconds = progress.eta_seconds;
    }
    all.push_back(std::move(status));
  }
  return all;
}

absl::StatusOr<FoldDigest> ViewHost::Digest(const std::string& view) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<absl::StatusOr<FoldDigest>> digest;
  };
  auto answer = std::make_shared<Answer>();
  {
    std::lock_guard lock(mutex_);
    const bool known = std::any_of(hosted_.begin(), hosted_.end(),
                                   [&](const Hosted& h) { return h.view->name() == view; });
    if (!known) return absl::NotFoundError("there is no such view");
    if (stopping_) return absl::UnavailableError("the server is stopping");
    digests_.emplace_back(view, [answer](absl::StatusOr<FoldDigest> digest) {
      std::lock_guard guard(answer->mutex);
      answer->digest = std::move(digest);
      answer->ready.notify_one();
    });
  }
  wake_.notify_one();
  std::unique_lock lock(answer->mutex);
  answer->ready.wait(lock, [&] { return answer->digest.has_value(); });
  return *answer->digest;
}

std::vector<std::pair<std::string, std::string>> ViewHost::Problems() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> problems;
  for (const Hosted& hosted : hosted_) {
    if (!hosted.problem.empty()) problems.emplace_back(hosted.view->name(), hosted.problem);
  }
  return problems;
}

}  // namespace daybook::projections
