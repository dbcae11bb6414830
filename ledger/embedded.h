// The ledger in one process: a store in a directory of its own, made durable by one committer
// thread. The default.
//
//   DIRECTORY/ledger.id   what the ledger is           DIRECTORY/segments/   the log
//   DIRECTORY/LOCK        keeps a second process out   DIRECTORY/index/      RocksDB; may be
//   deleted while stopped DIRECTORY/witness     the end of the log, as seen a second ago
//
// Thread-safe, as Ledger says. Destroying it stops it; followers and listeners must live until
// then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/committer.h"
#include "ledger/crypto.h"
#include "ledger/file_system.h"
#include "ledger/identity.h"
#include "ledger/ledger.h"
#include "ledger/store.h"
#include "ledger/witness.h"

namespace daybook::ledger {

struct EmbeddedOptions {
  std::string directory;
  FileSystem* file_system = FileSystem::Posix();  // not owned; the index does not go through it
  RandomSource* random = RandomSource::System();  // not owned; draws ledger ids and writers
  std::function<Timestamp()> now;  // of genesis and claims; the system's clock if empty
  SegmentOptions segments;
  IndexOptions index;
  // Only for Create: fixed for the life of the ledger.
  uint32_t entity_partitions = 32;
  uint32_t access_partitions = 0;
  // Runs before each group is written, on the committer's thread: makes durable what the group
  // relies on (the vault). A failure fails the group before anything is written.
  std::function<absl::Status()> before_group;
  // How often the end of the log is written to the witness file; zero: only at a clean stop.
  std::chrono::milliseconds witness_interval{1000};
  // Places that views, heads or peers have seen durable; an end before one of them is a loss.
  std::vector<GroupPlace> witnesses;
};

class EmbeddedLedger final : public Ledger {
 public:
  // Makes a new ledger with all its partitions. Interrupted, it can simply be called again. Errors:
  // AlreadyExists; FailedPrecondition if the directory holds segments without a ledger.id.
  static absl::Status Create(const EmbeddedOptions& options);

  // Opens a ledger for reading; Start then begins to write. `report` may be null. Errors: NotFound
  // if there is none; FailedPrecondition if another process has it or a later program wrote it;
  // DataLoss if acknowledged commits are missing or damaged, naming place and figures.
  static absl::StatusOr<std::unique_ptr<EmbeddedLedger>> Open(const EmbeddedOptions& options,
                                                              StoreReport* report);
  ~EmbeddedLedger() override;

  LedgerInfo info() const override;
  // Opens a new term in every partition, by one group of claims.
  absl::Status Start(OwnershipListener* listener, Follower* follower) override;
  void Stop() override;
  void Append(Batch batch) override;
  absl::Status writable() const override;

  Sequence LastDurable(PartitionId partition) const override;
  Timestamp LastRecordedAt(PartitionId partition) const override;
  Term CurrentTerm(PartitionId partition) const override;
  GroupPlace DurableEnd() const override;
  absl::StatusOr<Sequence> LatestEnd(PartitionId partition) override;
  uint64_t StoredBytes() const override;
  absl::StatusOr<CommitPtr> Read(PartitionId partition, Sequence sequence) const override;
  absl::Status ReadPartition(PartitionId partition, Sequence from,
                             const std::function<bool(const CommitPtr&)>& visit) const override;
  absl::Status ReadEntity(const EntityRef& entity, Sequence after,
                          const std::function<bool(const CommitPtr&)>& visit) const override;
  absl::Status Scan(const GroupPlace& after,
                    const std::function<bool(const ScannedGroup&)>& visit) const override;
  absl::StatusOr<std::optional<RequestPlace>> FindRequest(
      const EntityRef& entity, std::string_view request_id) const override;
  absl::StatusOr<std::optional<RequestPlace>> FindSource(
      const EntityRef& entity, std::string_view source,
      std::string_view source_event_id) const override;

 private:
  EmbeddedLedger(const EmbeddedOptions& options, const LedgerIdentity& identity,
                 std::unique_ptr<File> lock, std::unique_ptr<WitnessFile> witness,
                 std::unique_ptr<Store> store);
  absl::Status Claim(const WriterId& writer);
  void KeepHouse();
  void WriteWitness();

  const EmbeddedOptions options_;
  const LedgerIdentity identity_;
  const std::unique_ptr<File> lock_;
  const std::unique_ptr<WitnessFile> witness_;
  const std::unique_ptr<Store> store_;

  enum class Stage { kOpen, kStarting, kRunning, kStopping, kStopped };
  std::mutex mutex_;
  std::condition_variable changed_;
  Stage stage_ = Stage::kOpen;            // guarded by mutex_
  std::unique_ptr<Committer> committer_;  // none before Start
  std::atomic<Committer*> running_{nullptr};
  GroupNumber witnessed_;  // of the housekeeper, and of Stop after it
  std::thread housekeeper_;
};

}  // namespace daybook::ledger
