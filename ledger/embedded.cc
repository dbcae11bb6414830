#include "ledger/embedded.h"

#include "ledger/control_records.h"
#include "ledger/embedded_files.h"

namespace daybook::ledger {

absl::StatusOr<std::unique_ptr<EmbeddedLedger>> EmbeddedLedger::Open(const EmbeddedOptions& given,
                                                                     StoreReport* report) {
  EmbeddedOptions options = given;
  if (!options.now) options.now = SystemTime;
  StoreReport ignored;
  if (report == nullptr) report = &ignored;
  FileSystem* const fs = options.file_system;
  const EmbeddedFiles files(options.directory);
  if (!fs->Exists(files.identity)) {
    return absl::NotFoundError(options.directory + " holds no ledger");
  }
  auto lock = fs->Lock(files.lock);
  if (!lock.ok()) return lock.status();
  const auto identity = ReadIdentity(fs, files.identity);
  if (!identity.ok()) return identity.status();
  auto witness = WitnessFile::Open(fs, files.witness, identity->id);
  if (!witness.ok()) return witness.status();

  StoreOptions store_options;
  store_options.file_system = fs;
  store_options.segment_directory = files.segments;
  store_options.index_directory = files.index;
  store_options.ledger = identity->id;
  store_options.entity_partitions = identity->entity_partitions;
  store_options.access_partitions = identity->access_partitions;
  store_options.segments = options.segments;
  store_options.index = options.index;
  store_options.witnesses = options.witnesses;
  if (const auto& seen = (*witness)->newest(); seen.has_value()) {
    GroupPlace place;
    place.group = seen->group;
    place.chain = seen->chain;
    store_options.witnesses.push_back(place);
  }
  auto store = Store::Open(store_options, report);
  if (!store.ok()) return store.status();
  return std::unique_ptr<EmbeddedLedger>(new EmbeddedLedger(
      options, *identity, *std::move(lock), *std::move(witness), *std::move(store)));
}

EmbeddedLedger::EmbeddedLedger(const EmbeddedOptions& options, const LedgerIdentity& identity,
                               std::unique_ptr<File> lock, std::unique_ptr<WitnessFile> witness,
                               std::unique_ptr<Store> store)
    : options_(options),
      identity_(identity),
      lock_(std::move(lock)),
      witness_(std::move(witness)),
      store_(std::move(store)) {}

EmbeddedLedger::~EmbeddedLedger() { Stop(); }

absl::Status EmbeddedLedger::Claim(const WriterId& writer) {
  GroupDraft& draft = store_->draft();
  const Timestamp now = options_.now();
  for (const NamedPartitionState& named : store_->rules().states()) {
    const absl::Status status = draft.AddControl(
        named.partition, EncodeClaim(named.partition, identity_.id, named.state, writer, now));
    if (!status.ok()) {
      draft.TakeBack();
      draft.Clear();
      return status;
    }
  }
  GroupPlace place;
  const absl::Status status = store_->AppendDraft(&place);
  draft.Clear();
  return status;
}

absl::Status EmbeddedLedger::Start(OwnershipListener* listener, Follower* follower) {
  {
    const std::lock_guard lock(mutex_);
    if (stage_ != Stage::kOpen) return absl::FailedPreconditionError("a ledger is started once");
    stage_ = Stage::kStarting;
  }
  const WriterId writer = options_.random->Draw<16>();
  if (absl::Status status = Claim(writer); !status.ok()) {
    const std::lock_guard lock(mutex_);
    stage_ = Stage::kOpen;
    return status;
  }
  follower->OnDurable({}, store_->DurableEnd());
  std::vector<Ownership> gained;
  for (const NamedPartitionState& named : store_->rules().states()) {
    gained.push_back({named.partition, named.state.term, writer, named.state.last,
                      named.state.last_recorded_at});
  }
  {
    const std::lock_guard lock(mutex_);
    committer_ = std::make_unique<Committer>(store_.get(), follower, options_.before_group);
    running_.store(committer_.get(), std::memory_order_release);
    housekeeper_ = std::thread([this] { KeepHouse(); });
    stage_ = Stage::kRunning;
  }
  for (const Ownership& ownership : gained) listener->OnGained(ownership);
  return absl::OkStatus();
}

void EmbeddedLedger::Stop() {
  {
    std::unique_lock lock(mutex_);
    // Whoever comes second waits for the first to finish.
    changed_.wait(lock,
                  [this] { return stage_ != Stage::kStarting && stage_ != Stage::kStopping; });
    if (stage_ != Stage::kRunning) {
      stage_ = Stage::kStopped;
      return;
    }
    stage_ = Stage::kStopping;
  }
  changed_.notify_all();
  committer_->Stop();
  housekeeper_.join();
  // Both only make the next start quicker and surer: what they cannot write is found in the log.
  store_->FlushIndex().IgnoreError();
  WriteWitness();
  {
    const std::lock_guard lock(mutex_);
    stage_ = Stage::kStopped;
  }
  changed_.notify_all();
}

void EmbeddedLedger::KeepHouse() {
  std::unique_lock lock(mutex_);
  while (stage_ != Stage::kStopping) {
    if (options_.witness_interval.count() == 0) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, options_.witness_interval);
    lock.unlock();
    committer_->ForgetNoRoom();
    WriteWitness();
    lock.lock();
  }
}

void EmbeddedLedger::WriteWitness() {
  const GroupPlace end = store_->DurableEnd();
  if (end.group == witnessed_) return;
  // A witness that cannot be written testifies to nothing; the log is as durable as before.
  witness_->Store({store_->CurrentEpoch(), end.group, end.chain}).IgnoreError();
  witnessed_ = end.group;
}

void EmbeddedLedger::Append(Batch batch) {
  Committer* const committer = running_.load(std::memory_order_acquire);
  if (committer != nullptr) {
    committer->Append(std::move(batch));
  } else {
    batch.done(AppendOutcome::kNotWritten, writable());
  }
}

absl::Status EmbeddedLedger::writable() const {
  const Committer* const committer = running_.load(std::memory_order_acquire);
  if (committer == nullptr) return absl::UnavailableError("the ledger has not been started");
  return committer->writable();
}

LedgerInfo EmbeddedLedger::info() const {
  return {identity_.id, store_->CurrentEpoch(), identity_.entity_partitions,
          identity_.access_partitions};
}

Sequence EmbeddedLedger::LastDurable(PartitionId partition) const {
  return store_->LastDurable(partition);
}

Timestamp EmbeddedLedger::LastRecordedAt(PartitionId partition) const {
  return store_->LastRecordedAt(partition);
}

Term EmbeddedLedger::CurrentTerm(PartitionId partition) const {
  return store_->CurrentTerm(partition);
}

GroupPlace EmbeddedLedger::DurableEnd() const { return store_->DurableEnd(); }

absl::StatusOr<Sequence> EmbeddedLedger::LatestEnd(PartitionId partition) {
  return store_->LastDurable(partition);
}

uint64_t EmbeddedLedger::StoredBytes() const { return store_->StoredBytes(); }

absl::StatusOr<CommitPtr> EmbeddedLedger::Read(PartitionId partition, Sequence sequence) const {
  return store_->Read(partition, sequence);
}

absl::Status EmbeddedLedger::ReadPartition(
    PartitionId partition, Sequence from,
    const std::function<bool(const CommitPtr&)>& visit) const {
  return store_->ReadPartition(partition, from, visit);
}

absl::Status EmbeddedLedger::ReadEntity(const EntityRef& entity, Sequence after,
                                        const std::function<bool(const CommitPtr&)>& visit) const {
  return store_->ReadEntity(entity, after, visit);
}

absl::Status EmbeddedLedger::Scan(const GroupPlace& after,
                                  const std::function<bool(const ScannedGroup&)>& visit) const {
  return store_->Scan(after, visit);
}

absl::StatusOr<std::optional<RequestPlace>> EmbeddedLedger::FindRequest(
    const EntityRef& entity, std::string_view request_id) const {
  return store_->FindRequest(entity, request_id);
}

absl::StatusOr<std::optional<RequestPlace>> EmbeddedLedger::FindSource(
    const EntityRef& entity, std::string_view source, std::string_view source_event_id) const {
  return store_->FindSource(entity, source, source_event_id);
}

}  // namespace daybook::ledger
