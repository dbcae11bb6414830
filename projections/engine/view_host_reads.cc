// Reads that wait for a view, and what people ask of views.
#include "projections/engine/view_host.h"

#include <algorithm>

#include "projections/engine/limits.h"

namespace daybook::projections {

using ledger::PartitionId;
using ledger::Sequence;

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
      status = stopping_ ? absl::UnavailableError("the server is stopping")
                         : absl::ResourceExhaustedError("too many reads wait for their view");
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

std::vector<ViewStatus> ViewHost::Status() const {
  std::lock_guard lock(mutex_);
  std::vector<ViewStatus> all;
  for (const Hosted& hosted : hosted_) {
    ViewStatus status;
    status.name = std::string(hosted.view->name());
    status.version = hosted.view->version();
    status.problem = hosted.problem.empty() ? hosted.build_problem : hosted.problem;
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
    std::optional<absl::StatusOr<std::shared_ptr<ViewFold>>> fold;
  };
  auto answer = std::make_shared<Answer>();
  {
    std::lock_guard lock(mutex_);
    const bool known = std::any_of(hosted_.begin(), hosted_.end(),
                                   [&](const Hosted& h) { return h.view->name() == view; });
    if (!known) return absl::NotFoundError("there is no such view");
    if (stopping_) return absl::UnavailableError("the server is stopping");
    digests_.emplace_back(view, [answer](absl::StatusOr<std::shared_ptr<ViewFold>> fold) {
      std::lock_guard guard(answer->mutex);
      answer->fold = std::move(fold);
      answer->ready.notify_one();
    });
  }
  wake_.notify_one();
  std::unique_lock lock(answer->mutex);
  answer->ready.wait(lock, [&] { return answer->fold.has_value(); });
  if (!answer->fold->ok()) return answer->fold->status();
  // Read here, so that the views go on meanwhile.
  return DigestOf((**answer->fold)->storage());
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
