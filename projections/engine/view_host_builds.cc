// Which views stand on disk, and those that are built anew beside them.
#include "projections/engine/view_host.h"

#include <algorithm>

#include "fmt/format.h"
#include "projections/engine/fold_witness.h"
#include "projections/engine/limits.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

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

absl::Status ViewHost::OpenViews() {
  std::vector<const View*> to_build;  // that are missing, or whose build was interrupted
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
      if (!state.ok() || (state->place.group.value() == 0 && !state->building)) continue;
      if (!StandsOn(*state, *env_.ledger)) {
        spdlog::warn("view {} is of another ledger or epoch: dropped, and built anew", name);
        continue;
      }
      if (state->building) {
        keep.push_back(name);
        hosted.rebuilding = true;
        continue;
      }
      if (best && *best > *build) continue;
      best = build;
      hosted.storage_name = name;
      hosted.fold = std::make_shared<ViewFold>(view, env_.secrets, *std::move(storage), *state,
                                               partitions_, false);
    }
    hosted.rebuilding |= hosted.fold == nullptr;
    if (hosted.rebuilding) to_build.push_back(view);
    if (hosted.fold != nullptr) {
      keep.push_back(hosted.storage_name);
      if (hosted.fold->place().group < place_.group) place_ = hosted.fold->place();
    }
    hosted_.push_back(std::move(hosted));
  }
  for (const std::string& name : names) {
    if (!IsViewStorage(name) || std::find(keep.begin(), keep.end(), name) != keep.end()) continue;
    if (auto status = env_.database->Drop(name); !status.ok()) return status;
  }
  if (!to_build.empty()) StartBuild(to_build);
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
    hosted.build_problem.clear();
  }
  if (views.empty()) return absl::NotFoundError("there is no such view");
  build_.reset();
  StartBuild(views);
  return absl::OkStatus();
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
            if (ledger::IsAccessPartition(view.header().partition)) continue;
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
    if (result.status.ok()) {
      old_name = std::exchange(hosted.storage_name, result.storage_name);
      hosted.fold = result.fold;
      hosted.problem.clear();
    } else if (!absl::IsCancelled(result.status)) {
      // What serves goes on serving.
      (hosted.fold == nullptr ? hosted.problem : hosted.build_problem) =
          std::string(result.status.message());
    }
  }
  if (result.status.ok()) {
    TakeOver(hosted, old_name);
  } else if (!absl::IsCancelled(result.status)) {
    spdlog::error("building view {} failed: {}", result.view->name(),
                  std::string(result.status.message()));
  }
  // Only now may the next build look for a name: the old storage is gone.
  std::lock_guard lock(mutex_);
  hosted.rebuilding = false;
}

// Writes what now serves, and gives up what served before.
void ViewHost::TakeOver(Hosted& hosted, const std::string& old_name) {
  if (const absl::Status written = FlushOne(hosted); !written.ok()) {
    // The old one is not dropped: the next start goes on from it, or builds this one again.
    spdlog::warn("view {} cannot be written: {}", hosted.view->name(),
                 std::string(written.message()));
    return;
  }
  if (!old_name.empty()) (void)env_.database->Drop(old_name);
  spdlog::info("view {} was built anew", hosted.view->name());
}

}  // namespace daybook::projections
