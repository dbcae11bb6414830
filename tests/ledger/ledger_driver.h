// Drives a ledger in tests as the engine does: knows what it owns, makes the next commits, waits
// for outcomes, and remembers everything it was told. Also a directory that goes away by itself.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace daybook::ledger {

// What a test commit is about.
struct TestCommit {
  EntityRef entity{"main", 2, "c1"};
  std::string request_id;
  std::string source;
  std::string source_event_id;
  std::string payload = "payload";
  size_t events = 1;
};

// The bytes of a commit with the given header fields.
CommitPtr MakeTestCommit(const LedgerId& ledger, RecordHeader header, const TestCommit& what);

class LedgerDriver : public OwnershipListener, public Follower {
 public:
  struct Answer {
    AppendOutcome outcome = AppendOutcome::kUnknown;
    absl::Status status;
  };

  explicit LedgerDriver(Ledger* ledger) : ledger_(ledger), info_(ledger->info()) {}

  // The next commit of the entity's partition; counts on.
  CommitPtr Next(const TestCommit& what);
  CommitPtr NextIn(PartitionId partition, const TestCommit& what);
  // After a batch came to nothing: goes on after what is durable.
  void Reset(PartitionId partition);

  // Gives a batch and waits for its outcome.
  Answer Append(std::vector<CommitPtr> commits);
  // The same for one commit, which must become durable.
  CommitPtr Record(const TestCommit& what);
  // Gives a batch; its outcome will be the next in the result of TakeAnswers.
  void Give(std::vector<CommitPtr> commits);
  std::vector<Answer> WaitForAnswers(size_t count);

  PartitionId PartitionFor(const EntityRef& entity) const {
    return PartitionOf(entity, info_.entity_partitions);
  }
  std::map<PartitionId, Ownership> owned() const;
  // All commits that OnDurable told, in order.
  std::vector<CommitPtr> told() const;
  GroupPlace told_end() const;

  void OnGained(const Ownership& ownership) override;
  void OnLost(PartitionId partition, const absl::Status& why) override;
  void OnDurable(const std::vector<CommitPtr>& commits, const GroupPlace& end) override;

 private:
  Ledger* const ledger_;
  const LedgerInfo info_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<PartitionId, Ownership> owned_;
  std::map<PartitionId, Sequence> last_;
  std::vector<CommitPtr> told_;
  GroupPlace told_end_;
  std::vector<Answer> answers_;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A copy of a directory as it stands, open or not: what a crash leaves.
void CopyDirectory(const std::string& from, const std::string& to);

}  // namespace daybook::ledger
