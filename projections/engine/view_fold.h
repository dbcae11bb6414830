// One build of one view: its rows by partition, in front of one storage, and how far it is.
//
// Threads: each partition's part is guarded by its own lock (WithRows, Apply); Flush is called by
// the thread that applies.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "projections/engine/event.h"
#include "projections/engine/fold_storage.h"
#include "projections/engine/secrets.h"
#include "projections/engine/view.h"

namespace daybook::projections {

// Applies one event to a view's rows in `table`: gives a view that wants it clear what it wants,
// and hides the rest.
void ApplyToView(const View& view, const Event& event, Secrets& secrets, RowTable& table);

class ViewFold {
 public:
  // `partitions`: all that the ledger has. With `in_memory` nothing is read from the storage, which
  // has no rows yet.
  ViewFold(const View* view, Secrets* secrets, std::unique_ptr<FoldStorage> storage,
           FoldState state, const std::vector<ledger::PartitionId>& partitions, bool in_memory);

  const View& view() const { return *view_; }
  // Applies a commit if it is the next of its partition; older ones are skipped. Throws
  // InvariantBroken.
  void Apply(const DecodedCommit& commit, ledger::PartitionId partition, ledger::Sequence sequence);
  // Marks a commit that holds nothing for this view as applied.
  void Skip(ledger::PartitionId partition, ledger::Sequence sequence);
  bool WantsAny(const ledger::CommitView& commit) const;

  ledger::Sequence Position(ledger::PartitionId partition) const;
  // Runs `read` on the rows of a partition while nothing is applied to them.
  void WithRows(ledger::PartitionId partition, const std::function<void(RowTable&)>& read);

  // Changed groups, and rows in memory, over all partitions.
  size_t DirtyGroups() const;
  size_t ResidentRows() const;
  // Writes what has changed; everything up to `place` is applied. `position` gives the record hash
  // of a sequence. If it fails nothing is lost: the next flush writes it.
  absl::Status Flush(
      const ledger::GroupPlace& place, bool building, const ledger::LedgerId& ledger,
      const std::function<FoldPosition(ledger::PartitionId, ledger::Sequence)>& position);
  // The same for a fold in memory, as one sorted table; the rows stay in memory until the object
  // goes.
  absl::Status WriteSorted(
      const ledger::GroupPlace& place, bool building, const ledger::LedgerId& ledger,
      const std::function<FoldPosition(ledger::PartitionId, ledger::Sequence)>& position);
  // Back to what is stored: after a commit that could be applied only in part.
  void Revert();
  // Gives the storage on to another object.
  std::unique_ptr<FoldStorage> ReleaseStorage() { return std::move(storage_); }
  FoldStorage* storage() { return storage_.get(); }
  const ledger::GroupPlace& place() const { return place_; }

 private:
  struct Part {
    explicit Part(const RowSource* source) : table(source) {}
    std::mutex mutex;
    RowTable table;
    std::atomic<uint64_t> position{0};
    std::atomic<uint64_t> stored{0};  // that the storage stands at
  };
  FoldState StateNow(
      const ledger::GroupPlace& place, bool building, const ledger::LedgerId& ledger,
      const std::function<FoldPosition(ledger::PartitionId, ledger::Sequence)>& position) const;

  const View* view_;
  Secrets* secrets_;
  std::unique_ptr<FoldStorage> storage_;
  ledger::GroupPlace place_;
  absl::btree_map<ledger::PartitionId, std::unique_ptr<Part>> parts_;
};

}  // namespace daybook::projections
