#include "ledger/file_key_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "ledger/check.h"

namespace daybook::ledger {
namespace {

constexpr uint32_t kDestroyed = UINT32_MAX;
constexpr uint32_t kSlotsPerRead = 8192;

std::string FileName(const std::string& directory) { return directory + "/vault"; }

uint64_t OffsetOf(uint32_t slot) { return kVaultHeaderBytes + uint64_t{kKeySlotBytes} * slot; }

uint32_t RoundUp(uint32_t slots, uint32_t step) { return (slots + step - 1) / step * step; }

KeySlot Tombstone(const KeyId& id) {
  KeySlot slot;
  slot.state = SlotState::kTombstone;
  slot.key.id = id;
  return slot;
}

absl::Status Damaged(uint32_t slot, std::string_view what) {
  return absl::DataLossError(fmt::format("vault: slot {} {}", slot, what));
}

}  // namespace

struct FileKeyStore::Findings {
  struct Hole {
    uint32_t slot;
    bool empty;
    KeyId id;
  };
  std::vector<Hole> holes;
  uint32_t last_batch = 0;
  uint32_t used = 0;  // one behind the last good slot
};

absl::Status FileKeyStore::MakeDirectory(FileSystem* fs, const std::string& directory) {
  if (fs->Exists(directory)) return absl::OkStatus();
  if (auto status = fs->MakeDirectory(directory); !status.ok()) return status;
  const std::string parent = std::filesystem::path(directory).parent_path().string();
  return fs->SyncDirectory(parent.empty() ? "." : parent);
}

absl::Status FileKeyStore::Create(FileSystem* fs, const std::string& directory,
                                  const LedgerId& ledger_id, const std::vector<StoredKey>& first,
                                  const FileKeyStoreOptions& options) {
  if (fs->Exists(FileName(directory))) {
    return absl::AlreadyExistsError("vault: there is one in " + directory);
  }
  std::string bytes = VaultHeader(ledger_id);
  for (const StoredKey& key : first) AppendKeySlot({SlotState::kLive, 0, key}, &bytes);
  bytes.resize(OffsetOf(RoundUp(static_cast<uint32_t>(first.size()), options.grow_slots)), '\0');

  const std::string unfinished = FileName(directory) + ".new";
  auto file = fs->Open(unfinished, true);
  if (!file.ok()) return file.status();
  if (auto status = (*file)->Truncate(0); !status.ok()) return status;
  if (auto status = (*file)->WriteAt(0, bytes); !status.ok()) return status;
  if (auto status = (*file)->Sync(); !status.ok()) return status;
  if (auto status = fs->Rename(unfinished, FileName(directory)); !status.ok()) return status;
  return fs->SyncDirectory(directory);
}

absl::StatusOr<std::unique_ptr<FileKeyStore>> FileKeyStore::Open(
    FileSystem* fs, const std::string& directory, const LedgerId& ledger_id,
    const FileKeyStoreOptions& options) {
  auto lock = fs->Lock(directory + "/LOCK");
  if (!lock.ok()) return lock.status();
  auto file = fs->Open(FileName(directory), false);
  if (!file.ok()) return file.status();
  std::string header;
  if (auto status = (*file)->ReadAt(0, kVaultHeaderBytes, &header); !status.ok()) return status;
  if (auto status = CheckVaultHeader(header, ledger_id); !status.ok()) return status;

  std::unique_ptr<FileKeyStore> store(
      new FileKeyStore(*std::move(lock), *std::move(file), options));
  Findings findings;
  if (auto status = store->Load(&findings); !status.ok()) return status;
  if (auto status = store->Judge(findings); !status.ok()) return status;
  if (auto status = store->WriteTailAgain(findings); !status.ok()) return status;
  if (auto status = store->WipeHoldingIo(); !status.ok()) return status;
  return store;
}

absl::Status FileKeyStore::Load(Findings* findings) {
  std::string bytes;
  for (uint32_t first = 0;; first += kSlotsPerRead) {
    if (auto status = file_->ReadAt(OffsetOf(first), kSlotsPerRead * kKeySlotBytes, &bytes);
        !status.ok()) {
      return status;
    }
    const bool last = bytes.size() < kSlotsPerRead * kKeySlotBytes;
    bytes.resize((bytes.size() + kKeySlotBytes - 1) / kKeySlotBytes * kKeySlotBytes, '\0');
    const auto count = static_cast<uint32_t>(bytes.size() / kKeySlotBytes);
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t number = first + i;
      KeySlot slot;
      const SlotVerdict verdict =
          ReadKeySlot(std::string_view(bytes).substr(i * kKeySlotBytes, kKeySlotBytes), &slot);
      if (verdict == SlotVerdict::kLater) {
        return absl::FailedPreconditionError(
            fmt::format("vault: slot {} was written by a later program", number));
      }
      if (verdict != SlotVerdict::kGood) {
        findings->holes.push_back({number, verdict == SlotVerdict::kEmpty, slot.key.id});
        continue;
      }
      if (auto status = Index(number, slot); !status.ok()) return status;
      findings->last_batch = std::max(findings->last_batch, slot.batch);
      findings->used = number + 1;
    }
    capacity_ = first + count;
    if (last) return absl::OkStatus();
  }
}

absl::Status FileKeyStore::Index(uint32_t number, const KeySlot& slot) {
  if (slot.batch > number) return Damaged(number, "was written before its batch began");
  if (slot.state == SlotState::kVoid) return absl::OkStatus();
  const auto [entry, is_new] = index_.try_emplace(slot.key.id, number);
  if (slot.state == SlotState::kTombstone) {
    if (!is_new && entry->second != kDestroyed)
      unwiped_.push_back({entry->second, number, slot.key.id});
    entry->second = kDestroyed;
    return absl::OkStatus();
  }
  return is_new ? absl::OkStatus() : Damaged(number, "has the id of an earlier one");
}

// A bad slot among the synced ones is damage, unless it is a key being overwritten whose tombstone
// is there.
absl::Status FileKeyStore::Judge(const Findings& findings) {
  for (const auto& hole : findings.holes) {
    if (hole.slot >= findings.last_batch) break;
    const auto entry = index_.find(hole.id);
    const bool being_wiped = !hole.empty && entry != index_.end() && entry->second == kDestroyed;
    if (!being_wiped) return Damaged(hole.slot, "is damaged though it was synced");
    unwiped_.push_back({hole.slot, hole.slot, hole.id});
  }
  durable_slots_ = findings.used;
  return absl::OkStatus();
}

// What was read of the last batch may be in the page cache only, so it is written and synced once
// more; holes in it become void, and the rest of the file zero, so that the next open cannot take
// them for damage.
absl::Status FileKeyStore::WriteTailAgain(const Findings& findings) {
  std::string tail;
  const uint32_t count = findings.used - findings.last_batch;
  if (auto status =
          file_->ReadAt(OffsetOf(findings.last_batch), size_t{count} * kKeySlotBytes, &tail);
      !status.ok()) {
    return status;
  }
  std::string empty;
  KeySlot void_slot;
  void_slot.batch = findings.last_batch;
  AppendKeySlot(void_slot, &empty);
  for (const auto& hole : findings.holes) {
    if (hole.slot < findings.last_batch || hole.slot >= findings.used) continue;
    tail.replace(size_t{hole.slot - findings.last_batch} * kKeySlotBytes, kKeySlotBytes, empty);
  }
  tail.resize(size_t{capacity_ - findings.last_batch} * kKeySlotBytes, '\0');
  if (auto status = WriteFile(OffsetOf(findings.last_batch), tail); !status.ok()) return status;
  return SyncFile();
}

KeyState FileKeyStore::StateOf(const KeyId& id) const {
  const std::lock_guard lock(mutex_);
  const auto entry = index_.find(id);
  if (entry == index_.end()) return KeyState::kMissing;
  return entry->second == kDestroyed ? KeyState::kDestroyed : KeyState::kLive;
}

absl::StatusOr<StoredKey> FileKeyStore::Get(const KeyId& id) const {
  // Held from the look-up to the end of the read, so that no slot is overwritten in between.
  const std::shared_lock reading(wipe_mutex_);
  uint32_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = index_.find(id);
    if (entry == index_.end()) return absl::NotFoundError("vault: no such key");
    number = entry->second;
    if (number == kDestroyed) return absl::FailedPreconditionError("vault: the key is destroyed");
    if (number >= durable_slots_) return pending_[number - durable_slots_].key;
  }
  std::string bytes;
  if (auto status = file_->ReadAt(OffsetOf(number), kKeySlotBytes, &bytes); !status.ok()) {
    return status;
  }
  KeySlot slot;
  if (bytes.size() != kKeySlotBytes || ReadKeySlot(bytes, &slot) != SlotVerdict::kGood ||
      slot.state != SlotState::kLive || slot.key.id != id) {
    return Damaged(number, "does not hold the key that it held before");
  }
  return slot.key;
}

absl::Status FileKeyStore::Add(const StoredKey& key) {
  const std::lock_guard lock(mutex_);
  const auto number = static_cast<uint32_t>(durable_slots_ + pending_.size());
  const auto [entry, is_new] = index_.try_emplace(key.id, number);
  if (!is_new) {
    return entry->second == kDestroyed
               ? absl::FailedPreconditionError("vault: the key is destroyed")
               : absl::AlreadyExistsError("vault: there is such a key");
  }
  pending_.push_back({SlotState::kLive, 0, key});
  dirty_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status FileKeyStore::Sync() {
  if (!dirty_.load(std::memory_order_acquire)) return absl::OkStatus();
  const std::lock_guard io(io_mutex_);
  return FlushHoldingIo();
}

absl::Status FileKeyStore::Destroy(const std::vector<KeyId>& ids) {
  {
    const std::lock_guard lock(mutex_);
    for (const KeyId& id : ids) {
      const auto [entry, is_new] = index_.try_emplace(id, kDestroyed);
      if (!is_new && entry->second == kDestroyed) continue;
      const auto tombstone = static_cast<uint32_t>(durable_slots_ + pending_.size());
      if (!is_new) unwiped_.push_back({entry->second, tombstone, id});
      entry->second = kDestroyed;
      pending_.push_back(Tombstone(id));
      dirty_.store(true, std::memory_order_release);
    }
  }
  const std::lock_guard io(io_mutex_);
  if (auto status = FlushHoldingIo(); !status.ok()) return status;
  return WipeHoldingIo();
}

absl::Status FileKeyStore::FlushHoldingIo() {
  std::vector<KeySlot> batch;
  uint32_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    batch = pending_;
    first = durable_slots_;
  }
  if (batch.empty()) return broken_;
  const auto end = static_cast<uint32_t>(first + batch.size());
  const uint32_t capacity =
      end <= capacity_ ? capacity_ : RoundUp(end, std::max<uint32_t>(1, options_.grow_slots));
  std::string bytes;
  for (KeySlot& slot : batch) {
    slot.batch = first;
    AppendKeySlot(slot, &bytes);
  }
  if (capacity > capacity_) bytes.resize(size_t{capacity - first} * kKeySlotBytes, '\0');
  if (auto status = WriteFile(OffsetOf(first), bytes); !status.ok()) return status;
  if (auto status = SyncFile(); !status.ok()) return status;
  capacity_ = capacity;

  const std::lock_guard lock(mutex_);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(batch.size()));
  durable_slots_ = end;
  dirty_.store(!pending_.empty(), std::memory_order_release);
  return absl::OkStatus();
}

absl::Status FileKeyStore::WipeHoldingIo() {
  std::vector<Unwiped> todo;
  {
    const std::lock_guard lock(mutex_);
    // A torn overwriting must find its tombstone at the next open; later ones are for the calls
    // that added them.
    std::copy_if(unwiped_.begin(), unwiped_.end(), std::back_inserter(todo),
                 [this](const Unwiped& u) { return u.tombstone < durable_slots_; });
  }
  if (todo.empty()) return broken_;
  {
    const std::unique_lock overwriting(wipe_mutex_);
    for (const Unwiped& unwiped : todo) {
      std::string bytes;
      AppendKeySlot(Tombstone(unwiped.id), &bytes);
      if (auto status = WriteFile(OffsetOf(unwiped.slot), bytes); !status.ok()) return status;
    }
  }
  if (auto status = SyncFile(); !status.ok()) return status;

  const std::lock_guard lock(mutex_);
  std::erase_if(unwiped_, [&](const Unwiped& u) {
    return std::any_of(todo.begin(), todo.end(),
                       [&](const Unwiped& done) { return done.slot == u.slot; });
  });
  return absl::OkStatus();
}

absl::Status FileKeyStore::WriteFile(uint64_t offset, std::string_view bytes) {
  if (!broken_.ok()) return broken_;
  absl::Status status = file_->WriteAt(offset, bytes);
  // Without room the same bytes can be written to the same place later; after any other failure
  // nobody knows.
  if (!status.ok() && !absl::IsResourceExhausted(status)) broken_ = status;
  return status;
}

absl::Status FileKeyStore::SyncFile() {
  if (!broken_.ok()) return broken_;
  absl::Status status = file_->Sync();
  if (!status.ok()) broken_ = status;
  return status;
}

}  // namespace daybook::ledger
