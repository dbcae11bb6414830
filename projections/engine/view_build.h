// Builds views anew from the ledger, beside those that serve: folds in memory, several partitions
// at a time, writes sorted tables, and catches up. If memory gets short it spills once and goes on
// through the storage. After a crash a build that had spilled goes on from there; one that had not
// begins again.
//
// Threads: its own; Progress and Cancel from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/ledger.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/view_fold.h"

namespace daybook::projections {

class ViewBuild {
 public:
  struct Environment {
    const Catalogue* catalogue = nullptr;
    ledger::Ledger* ledger = nullptr;
    Secrets* secrets = nullptr;
    const Clock* clock = nullptr;
    FoldDatabase* database = nullptr;
    std::vector<ledger::PartitionId> partitions;
    std::function<FoldPosition(ledger::PartitionId, ledger::Sequence)> position;
  };
  struct Target {
    const View* view = nullptr;
    std::string storage_name;
  };
  // One view, built as far as `place`; or why not.
  struct Result {
    const View* view = nullptr;
    std::string storage_name;
    std::shared_ptr<ViewFold> fold;
    absl::Status status;
  };
  struct Progress {
    uint64_t done = 0;   // commits
    uint64_t total = 0;  // commits, as of the start
    int64_t eta_seconds = -1;
  };

  // `finished` is called once for every target, from the build's thread.
  ViewBuild(const Environment& environment, std::vector<Target> targets,
            std::function<void(Result)> finished);
  ~ViewBuild();  // cancels and waits

  bool Builds(const View* view) const;
  bool done() const { return done_.load(); }
  Progress progress() const;

 private:
  void Run();
  absl::Status Build();
  absl::Status FoldStride(const ledger::GroupPlace& end);
  absl::Status FoldPart(size_t part, size_t parts, const ledger::GroupPlace& end,
                        ledger::GroupPlace* reached);
  absl::Status Spill();
  absl::Status SpillFold(size_t i);
  size_t ResidentRows() const;
  absl::Status OpenFolds();
  uint64_t CommitsInLedger() const;

  const Environment env_;
  const std::vector<Target> targets_;
  const std::function<void(Result)> finished_;
  std::vector<std::shared_ptr<ViewFold>> folds_;
  ledger::GroupPlace place_;
  bool in_memory_ = true;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> done_{false};
  std::atomic<uint64_t> commits_done_{0};
  std::atomic<uint64_t> commits_total_{0};
  int64_t started_micros_ = 0;
  std::thread thread_;
};

}  // namespace daybook::projections
