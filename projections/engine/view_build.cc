#include "projections/engine/view_build.h"

#include <algorithm>

#include "fmt/format.h"
#include "projections/engine/limits.h"

namespace daybook::projections {

using ledger::GroupPlace;
using ledger::PartitionId;

namespace {

// Threads of a build; more than a few would take the machine from those it serves.
size_t Parts() { return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 4); }

}  // namespace

ViewBuild::ViewBuild(const Environment& environment, std::vector<Target> targets,
                     std::function<void(Result)> finished)
    : env_(environment), targets_(std::move(targets)), finished_(std::move(finished)) {
  started_micros_ = env_.clock->MonotonicMicros();
  thread_ = std::thread([this] { Run(); });
}

ViewBuild::~ViewBuild() {
  cancelled_.store(true);
  if (thread_.joinable()) thread_.join();
}

bool ViewBuild::Builds(const View* view) const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [view](const Target& target) { return target.view == view; });
}

ViewBuild::Progress ViewBuild::progress() const {
  Progress progress{commits_done_.load(), commits_total_.load(), -1};
  const int64_t elapsed = env_.clock->MonotonicMicros() - started_micros_;
  if (progress.done > 0 && elapsed > 0) {
    const uint64_t left = progress.total - std::min(progress.total, progress.done);
    progress.eta_seconds =
        static_cast<int64_t>(static_cast<double>(left) * static_cast<double>(elapsed) /
                             static_cast<double>(progress.done) / 1e6);
  }
  return progress;
}

uint64_t ViewBuild::CommitsInLedger() const {
  uint64_t commits = 0;
  for (const PartitionId partition : env_.partitions)
    commits += env_.ledger->LastDurable(partition).value();
  return commits;
}

absl::Status ViewBuild::OpenFolds() {
  // Targets share one scan, so they go on together only if all had spilled at the same place.
  std::vector<std::unique_ptr<FoldStorage>> storages;
  std::vector<FoldState> states;
  for (const Target& target : targets_) {
    auto storage = env_.database->Open(target.storage_name);
    if (!storage.ok()) return storage.status();
    auto state = (*storage)->LoadState();
    if (!state.ok()) return state.status();
    storages.push_back(*std::move(storage));
    states.push_back(*std::move(state));
  }
  const bool resumes = std::all_of(states.begin(), states.end(), [&](const FoldState& state) {
    return state.place.group.value() > 0 && state.place == states[0].place;
  });
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (!resumes && states[i].place.group.value() > 0) {
      storages[i].reset();
      if (auto status = env_.database->Drop(targets_[i].storage_name); !status.ok()) return status;
      auto storage = env_.database->Open(targets_[i].storage_name);
      if (!storage.ok()) return storage.status();
      storages[i] = *std::move(storage);
      states[i] = FoldState();
    }
    folds_.push_back(std::make_shared<ViewFold>(targets_[i].view, env_.secrets,
                                                std::move(storages[i]), states[i], env_.partitions,
                                                !resumes));
  }
  in_memory_ = !resumes;
  place_ = resumes ? states[0].place : GroupPlace{};
  for (const PartitionId partition : env_.partitions)
    commits_done_ += folds_[0]->Position(partition).value();
  // From here on the next start knows that there is something to go on with.
  if (resumes) return absl::OkStatus();
  for (auto& fold : folds_) {
    auto status = fold->Flush(place_, true, env_.ledger->info().id, env_.position);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void ViewBuild::Run() {
  absl::Status status;
  try {
    status = Build();
  } catch (const InvariantBroken& broken) {
    status = absl::InternalError(broken.what());
  }
  for (size_t i = 0; i < targets_.size(); ++i) {
    Result result{targets_[i].view, targets_[i].storage_name, nullptr, status};
    if (status.ok()) result.fold = folds_[i];
    finished_(std::move(result));
  }
  folds_.clear();
  done_.store(true);
}

absl::Status ViewBuild::Build() {
  absl::Status status = OpenFolds();
  commits_total_.store(CommitsInLedger());
  while (status.ok()) {
    const GroupPlace end = env_.ledger->DurableEnd();
    // The host folds the last few groups itself when it takes the views over.
    const bool near_end = end.group.value() - place_.group.value() < kBuildHandsOverGroups;
    if (near_end && !in_memory_) break;
    status = FoldStride(end);
    if (!status.ok()) break;
    if (!in_memory_) {
      for (auto& fold : folds_) {
        if (status.ok()) status = fold->Flush(place_, true, env_.ledger->info().id, env_.position);
      }
    } else if (place_.group >= end.group || ResidentRows() > kMaxBuildRows) {
      status = Spill();
    }
  }
  return status;
}

size_t ViewBuild::ResidentRows() const {
  size_t rows = 0;
  for (const auto& fold : folds_) rows += fold->ResidentRows();
  return rows;
}

// Several threads scan the same part of the log, each folding its own partitions: decoding and
// folding cost far more than reading. All stop at the same group, after so many bytes, and memory
// can be looked at.
absl::Status ViewBuild::FoldStride(const GroupPlace& end) {
  const size_t parts = Parts();
  std::vector<absl::Status> results(parts);
  std::vector<GroupPlace> reached(parts, place_);
  std::vector<std::thread> threads;
  for (size_t part = 0; part < parts; ++part) {
    threads.emplace_back([this, part, parts, &end, &results, &reached] {
      results[part] = FoldPart(part, parts, end, &reached[part]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  CheckInvariant(std::all_of(reached.begin(), reached.end(),
                             [&](const GroupPlace& place) { return place == reached[0]; }),
                 "the threads of a build came to different places");
  place_ = reached[0];
  return absl::OkStatus();
}

absl::Status ViewBuild::FoldPart(size_t part, size_t parts, const GroupPlace& end,
                                 GroupPlace* reached) {
  uint64_t bytes = 0;
  absl::Status status;
  const absl::Status scanned = env_.ledger->Scan(place_, [&](const ledger::ScannedGroup& group) {
    if (cancelled_.load(std::memory_order_relaxed)) {
      status = absl::CancelledError("the build was stopped");
      return false;
    }
    if (bytes >= kBuildStrideBytes || group.place.group > end.group) return false;
    bytes += group.place.length;
    uint64_t done = 0;
    for (const ledger::CommitView& view : group.commits) {
      const auto& header = view.header();
      if (header.partition.value() % parts != part) continue;
      if (ledger::IsAccessPartition(header.partition)) continue;
      ++done;
      std::shared_ptr<const DecodedCommit> decoded;
      for (auto& fold : folds_) {
        try {
          if (!fold->WantsAny(view)) {
            fold->Skip(header.partition, header.sequence);
            continue;
          }
          if (decoded == nullptr) {
            auto made = DecodeForFolds(view, env_.catalogue->events(), *env_.secrets);
            if (!made.ok()) {
              status = made.status();
              return false;
            }
            decoded = *std::move(made);
          }
          fold->Apply(*decoded, header.partition, header.sequence);
        } catch (const InvariantBroken& broken) {
          status = absl::InternalError(fmt::format("{} cannot apply partition {} sequence {}: {}",
                                                   fold->view().name(), header.partition.value(),
                                                   header.sequence.value(), broken.what()));
          return false;
        }
      }
    }
    commits_done_.fetch_add(done, std::memory_order_relaxed);
    *reached = group.place;
    return group.place.group < end.group;
  });
  return status.ok() ? scanned : status;
}

// Several folds at a time: writing, and giving memory back, take as long as folding.
absl::Status ViewBuild::Spill() {
  std::atomic<size_t> next{0};
  std::vector<absl::Status> results(folds_.size());
  std::vector<std::thread> threads;
  for (size_t part = 0; part < Parts(); ++part) {
    threads.emplace_back([this, &next, &results] {
      for (size_t i = next++; i < folds_.size(); i = next++) results[i] = SpillFold(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  in_memory_ = false;
  return absl::OkStatus();
}

// From memory into one sorted table; from then on the fold reads and writes its storage like any
// other.
absl::Status ViewBuild::SpillFold(size_t i) {
  auto status = folds_[i]->WriteSorted(place_, true, env_.ledger->info().id, env_.position);
  if (!status.ok()) return status;
  auto storage = folds_[i]->ReleaseStorage();
  auto state = storage->LoadState();
  if (!state.ok()) return state.status();
  folds_[i] = std::make_shared<ViewFold>(targets_[i].view, env_.secrets, std::move(storage), *state,
                                         env_.partitions, false);
  return absl::OkStatus();
}

}  // namespace daybook::projections
