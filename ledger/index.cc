#include "ledger/index.h"

namespace daybook::ledger {
namespace {

// How long after a failed write the next one is tried: a full disk does not empty itself faster.
constexpr std::chrono::seconds kRetryAfter{1};

// True if `key` is of the run that `prefix` begins; `first` is the sequence behind it.
bool SplitRunKey(std::string_view key, std::string_view prefix, Sequence* first) {
  if (key.size() != prefix.size() + 8 || key.substr(0, prefix.size()) != prefix) return false;
  uint64_t sequence = 0;
  for (const char byte : key.substr(prefix.size())) {
    sequence = (sequence << 8) | static_cast<uint8_t>(byte);
  }
  *first = Sequence(sequence);
  return true;
}

// Appends up to `limit` entries from `from` on, out of the rows whose keys are
// `make_key(sequence)`.
absl::Status ListRuns(const IndexTable& table, const std::string& key_of_from, Sequence from,
                      size_t limit, std::vector<IndexEntry>* out) {
  const std::string_view prefix(key_of_from.data(), key_of_from.size() - 8);
  std::vector<IndexEntry> run;
  bool damaged = false;
  Sequence next = from;
  const absl::Status status =
      table.ScanFromAtOrBefore(key_of_from, [&](std::string_view key, std::string_view value) {
        Sequence first;
        // The row before `from` may be somebody else's.
        if (!SplitRunKey(key, prefix, &first)) return key < key_of_from;
        run.clear();
        damaged = !ReadRun(first, value, &run);
        for (const IndexEntry& entry : run) {
          if (entry.sequence < next || out->size() == limit) continue;
          out->push_back(entry);
          next = entry.sequence.next();
        }
        return !damaged && out->size() < limit;
      });
  if (status.ok() && damaged) return absl::DataLossError("index: damaged row");
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Index>> Index::Open(const std::string& directory,
                                                   const LedgerId& ledger,
                                                   const IndexOptions& options,
                                                   std::string* discarded) {
  std::string ignored;
  if (discarded == nullptr) discarded = &ignored;
  if (options.in_memory) {
    return std::unique_ptr<Index>(new Index(IndexTable::InMemory(), ledger, options));
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto table = IndexTable::OpenRocksDb(directory, options.cache_bytes);
    absl::Status status = table.status();
    if (status.ok()) {
      std::string row;
      IndexCheckpoint checkpoint;
      status = (*table)->Get(kCheckpointKey, &row);
      const bool none = absl::IsNotFound(status);
      if (none) status = absl::OkStatus();
      if (status.ok() && !none && !DecodeCheckpoint(row, &checkpoint)) {
        status = absl::DataLossError("checkpoint is damaged or of another format");
      }
      if (status.ok() && !none && checkpoint.ledger != ledger) {
        status = absl::DataLossError("is of another ledger");
      }
      if (status.ok()) {
        std::unique_ptr<Index> index(new Index(*std::move(table), ledger, options));
        index->opened_at_ = std::move(checkpoint);
        return index;
      }
    }
    if (!absl::IsDataLoss(status)) return status;
    *discarded = std::string(status.message());
    table = absl::UnavailableError("closed");  // before its files go
    if (status = IndexTable::DestroyRocksDb(directory); !status.ok()) return status;
  }
  return absl::InternalError("index: cannot be made anew: " + *discarded);
}

Index::Index(std::unique_ptr<IndexTable> table, const LedgerId& ledger, const IndexOptions& options)
    : table_(std::move(table)),
      ledger_(ledger),
      options_(options),
      active_(std::make_unique<IndexTail>()),
      writer_([this] { WriteBehind(); }) {}

Index::~Index() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

size_t Index::TailBytes() const {
  return active_->bytes() + (frozen_ != nullptr ? frozen_->bytes() : 0);
}

absl::Status Index::WaitForRoom() {
  std::unique_lock lock(mutex_);
  while (TailBytes() >= options_.max_tail_bytes) {
    if (!write_status_.ok()) return write_status_;
    FreezeIfDue(true);
    changed_.wait(lock);
  }
  return absl::OkStatus();
}

void Index::Add(const IndexBatch& batch, const std::vector<RecordPlace>& places,
                const GroupPlace& group, const std::vector<NamedPartitionState>& states) {
  const std::lock_guard lock(mutex_);
  if (active_->empty()) {
    active_since_ = std::chrono::steady_clock::now();
    changed_.notify_all();  // from now on the writer has an age to watch
  }
  batch.MoveTo(places, active_.get());
  active_->SetCheckpoint(ledger_, group, states);
  FreezeIfDue(false);
}

void Index::FreezeIfDue(bool asked) {
  if (frozen_ != nullptr || active_->empty()) return;
  const bool full = active_->commit_count() >= options_.freeze_commits ||
                    active_->bytes() >= options_.freeze_bytes;
  const bool old = options_.freeze_age.count() > 0 &&
                   std::chrono::steady_clock::now() - active_since_ >= options_.freeze_age;
  if (!asked && !full && !old) return;
  frozen_ = std::shared_ptr<const IndexTail>(std::move(active_));
  active_ = std::make_unique<IndexTail>();
  changed_.notify_all();
}

void Index::WriteBehind() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    FreezeIfDue(flushes_asked_ > 0);
    if (frozen_ == nullptr) {
      if (options_.freeze_age.count() > 0 && !active_->empty()) {
        changed_.wait_until(lock, active_since_ + options_.freeze_age);
      } else {
        changed_.wait(lock);
      }
      continue;
    }
    std::shared_ptr<const IndexTail> tail = frozen_;
    lock.unlock();
    absl::Status status = tail->WriteTo(table_.get());
    if (status.ok()) status = table_->Persist();
    lock.lock();
    write_status_ = status;
    if (status.ok()) {
      persisted_ = tail->checkpoint().reached.group;
      frozen_ = nullptr;
    } else {
      ++failures_;
    }
    changed_.notify_all();
    if (status.ok()) {
      lock.unlock();
      tail = nullptr;  // takes milliseconds; nobody should wait for it
      lock.lock();
    } else {
      changed_.wait_for(lock, kRetryAfter, [this] { return stopping_; });
    }
  }
}

absl::Status Index::Flush() {
  std::unique_lock lock(mutex_);
  const IndexTail* const newest = active_->empty() ? frozen_.get() : active_.get();
  if (newest == nullptr) return absl::OkStatus();
  const GroupNumber target = newest->checkpoint().reached.group;
  const uint64_t failures_before = failures_;
  ++flushes_asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return persisted_ >= target || failures_ != failures_before; });
  --flushes_asked_;
  return persisted_ >= target ? absl::OkStatus() : write_status_;
}

absl::StatusOr<std::optional<RequestPlace>> Index::FindRequest(const RequestKey& key) const {
  {
    const std::lock_guard lock(mutex_);
    if (auto found = active_->FindRequest(key)) return found;
    if (frozen_ != nullptr) {
      if (auto found = frozen_->FindRequest(key)) return found;
    }
  }
  std::string row;
  const absl::Status status = table_->Get(RequestRowKey(key), &row);
  if (absl::IsNotFound(status)) return std::nullopt;
  if (!status.ok()) return status;
  RequestPlace place;
  if (!DecodeRequestPlace(row, &place)) return absl::DataLossError("index: damaged row");
  return place;
}

absl::StatusOr<std::vector<IndexEntry>> Index::ListPartition(PartitionId partition, Sequence from,
                                                             size_t limit) const {
  std::vector<IndexEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    if (frozen_ != nullptr) frozen_->ListPartition(partition, from, limit, &entries);
    const Sequence next = entries.empty() ? from : entries.back().sequence.next();
    active_->ListPartition(partition, next, limit - entries.size(), &entries);
  }
  if (!entries.empty()) return entries;
  const absl::Status status =
      ListRuns(*table_, PartitionRowKey(partition, from), from, limit, &entries);
  if (!status.ok()) return status;
  return entries;
}

absl::StatusOr<std::vector<IndexEntry>> Index::ListEntity(std::string_view entity_key,
                                                          Sequence after, size_t limit) const {
  std::vector<IndexEntry> newest;
  {
    const std::lock_guard lock(mutex_);
    if (frozen_ != nullptr) frozen_->ListEntity(entity_key, after, limit, &newest);
    active_->ListEntity(entity_key, after, limit - newest.size(), &newest);
  }
  std::vector<IndexEntry> entries;
  const Sequence from = after.next();
  const absl::Status status =
      ListRuns(*table_, EntityRowKey(entity_key, from), from, limit, &entries);
  if (!status.ok()) return status;
  // Meanwhile the table may have got what was taken from the tail.
  while (!newest.empty() && !entries.empty() &&
         entries.back().sequence >= newest.front().sequence) {
    entries.pop_back();
  }
  for (const IndexEntry& entry : newest) {
    if (entries.size() == limit) break;
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace daybook::ledger
