// Keeps all views current: follows the ledger, folds every durable commit into every view, writes
// them behind, lets reads wait until a view is far enough, and takes over views that were built
// anew beside the old ones.
//
// Threads: one of its own folds; OnDurable comes from the ledger; everything else from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/ledger.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/registry.h"
#include "projections/engine/view_build.h"
#include "projections/engine/view_fold.h"

namespace daybook::projections {

// What a view does, for people.
enum class ViewMode { kServing, kBuilding, kRebuilding, kStopped };
struct ViewStatus {
  std::string name;
  uint32_t version = 0;
  ViewMode mode = ViewMode::kServing;
  std::vector<std::pair<ledger::PartitionId, ledger::Sequence>> positions;
  uint64_t lag_commits = 0;
  uint64_t build_done = 0;
  uint64_t build_total = 0;
  int64_t build_eta_seconds = -1;
  std::string problem;
};

// Sequences that a read wants to see.
using ReadTargets = std::vector<std::pair<ledger::PartitionId, ledger::Sequence>>;

class ViewHost : public ledger::Follower {
 public:
  struct Environment {
    const Catalogue* catalogue = nullptr;
    ledger::Ledger* ledger = nullptr;
    Registry* registry = nullptr;
    Secrets* secrets = nullptr;
    const Clock* clock = nullptr;
    FoldDatabase* database = nullptr;
  };
  explicit ViewHost(const Environment& environment);
  ~ViewHost() override;

  // Opens the views, begins to build those that are missing or of another ledger, and starts to
  // fold. Before it returns the registry knows everything that is in the ledger.
  absl::Status Start();
  // Writes everything and ends. Idempotent.
  void Stop();

  void OnDurable(const std::vector<ledger::CommitPtr>& commits,
                 const ledger::GroupPlace& end) override;
  // Called after every durable group, from the ledger's thread: must not block. Whoever set it
  // lives until the ledger has stopped.
  void SetDurableListener(std::function<void()> listener);

  // Runs `ready` once every view has applied `targets`, or once `view` (if not empty) has and the
  // others do not matter: at once on the caller's thread if it is so already. `ready` gets a
  // problem if the view has stopped before.
  void WhenApplied(const std::string& view, const ReadTargets& targets,
                   std::function<void(absl::Status)> ready);
  // The fold that serves now; null while the first one is being built.
  std::shared_ptr<ViewFold> Serving(std::string_view view) const;

  // Begins to build views anew; empty: all. Errors: NotFound, FailedPrecondition (a build is under
  // way).
  absl::Status Rebuild(const std::string& view);
  std::vector<ViewStatus> Status() const;
  // Writes the view and digests what is on disk. Errors: NotFound, Unavailable (no fold serves
  // yet).
  absl::StatusOr<FoldDigest> Digest(const std::string& view);
  // Names of views that stopped, with the reason.
  std::vector<std::pair<std::string, std::string>> Problems() const;

 private:
  struct Hosted {
    const View* view = nullptr;
    std::shared_ptr<ViewFold> fold;  // null while the first build runs
    std::string storage_name;
    std::string problem;        // why it stopped
    std::string build_problem;  // why it was not built anew, though it serves
    bool rebuilding = false;
  };
  struct Waiter {
    std::string view;
    ReadTargets targets;
    std::function<void(absl::Status)> ready;
  };
  // Gets the fold, written as far as it is applied.
  using DigestReady = std::function<void(absl::StatusOr<std::shared_ptr<ViewFold>>)>;
  struct FeedItem {
    std::vector<ledger::CommitPtr> commits;
    ledger::GroupPlace end;
    size_t bytes = 0;
  };

  absl::Status OpenViews();
  absl::Status LoadRegistry();
  void Run();
  void FoldItem(const FeedItem& item);
  void CatchUp();
  void FoldCommit(Hosted& hosted, const ledger::CommitView& view, const DecodedCommit& decoded);
  void Problem(Hosted& hosted, const std::string& what);
  void FlushAll(bool force);
  absl::Status FlushOne(Hosted& hosted);
  void Adopt(ViewBuild::Result result);
  void TakeOver(Hosted& hosted, const std::string& old_name);
  void RunWaiters();
  bool Satisfied(const Waiter& waiter, absl::Status* status) const;
  void StartBuild(const std::vector<const View*>& views);

  const Environment env_;
  std::vector<ledger::PartitionId> partitions_;
  std::vector<Hosted> hosted_;  // guarded by mutex_; only the own thread changes `fold`
  ledger::GroupPlace place_;    // everything up to it is folded; own thread
  int64_t last_flush_micros_ = 0;
  size_t commits_since_flush_ = 0;  // since dirty groups were counted last

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<FeedItem> feed_;
  size_t feed_bytes_ = 0;
  bool feed_overflowed_ = false;
  std::vector<Waiter> waiters_;
  std::shared_ptr<const std::function<void()>> durable_listener_;
  std::vector<ViewBuild::Result> finished_;
  std::vector<std::pair<std::string, DigestReady>> digests_;
  std::unique_ptr<ViewBuild> build_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::projections
