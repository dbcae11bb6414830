// The embedded key store: one file of fixed slots, appended to in synced batches and overwritten
// where a key is destroyed.
//
// A destruction first appends tombstones and syncs them, then overwrites the keys: a crash in
// between is completed by the next Open. Overwriting is as good as the file system below it: one
// that copies on write, or a flash disk, may keep old blocks for a while; what is in them is still
// wrapped by the tenant key, which the master key wraps.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ledger/file_system.h"
#include "ledger/key_slot.h"
#include "ledger/key_store.h"

namespace daybook::ledger {

struct FileKeyStoreOptions {
  // The file grows by this many zeroed slots (1 MiB), so that most syncs change no metadata.
  uint32_t grow_slots = 8192;
};

class FileKeyStore : public KeyStore {
 public:
  // Makes the directory, durably, if it is not there.
  static absl::Status MakeDirectory(FileSystem* fs, const std::string& directory);
  // Makes in it, all or nothing, a store that holds `first`. Errors: AlreadyExists, those of the
  // file system.
  static absl::Status Create(FileSystem* fs, const std::string& directory,
                             const LedgerId& ledger_id, const std::vector<StoredKey>& first,
                             const FileKeyStoreOptions& options = {});

  // Opens and locks a store, drops a torn append, completes interrupted destructions and syncs.
  // `fs` must outlive it. Errors: NotFound, FailedPrecondition (locked, or another ledger's),
  // DataLoss naming the slot.
  static absl::StatusOr<std::unique_ptr<FileKeyStore>> Open(
      FileSystem* fs, const std::string& directory, const LedgerId& ledger_id,
      const FileKeyStoreOptions& options = {});

  KeyState StateOf(const KeyId& id) const override;
  absl::StatusOr<StoredKey> Get(const KeyId& id) const override;
  absl::Status Add(const StoredKey& key) override;
  absl::Status Sync() override;
  absl::Status Destroy(const std::vector<KeyId>& ids) override;

 private:
  // A slot whose key is destroyed but may still stand in the file.
  struct Unwiped {
    uint32_t slot;
    uint32_t tombstone;  // slot of the appended tombstone: the key is overwritten only when that is
                         // durable
    KeyId id;
  };
  // What Open found besides good slots.
  struct Findings;

  FileKeyStore(std::unique_ptr<File> lock, std::unique_ptr<File> file,
               const FileKeyStoreOptions& options)
      : options_(options), lock_(std::move(lock)), file_(std::move(file)) {}

  absl::Status Load(Findings* findings);
  absl::Status Index(uint32_t number, const KeySlot& slot);
  absl::Status Judge(const Findings& findings);
  absl::Status WriteTailAgain(const Findings& findings);
  absl::Status FlushHoldingIo();
  absl::Status WipeHoldingIo();
  absl::Status SyncFile();
  absl::Status WriteFile(uint64_t offset, std::string_view bytes);

  const FileKeyStoreOptions options_;
  const std::unique_ptr<File> lock_;
  const std::unique_ptr<File> file_;

  // Order: io_mutex_, wipe_mutex_, mutex_.
  std::mutex io_mutex_;    // writes to the file
  absl::Status broken_;    // under io_mutex_: why nothing is written any more
  uint32_t capacity_ = 0;  // under io_mutex_: slots that the file has room for
  mutable std::shared_mutex
      wipe_mutex_;  // shared: reads of durable slots; exclusive: overwriting them

  mutable std::mutex mutex_;
  absl::flat_hash_map<KeyId, uint32_t> index_;  // slot, or kDestroyed
  uint32_t durable_slots_ = 0;
  std::vector<KeySlot> pending_;  // slots durable_slots_, durable_slots_ + 1, ...
  std::vector<Unwiped> unwiped_;
  std::atomic<bool> dirty_{false};  // pending_ is not empty
};

}  // namespace daybook::ledger
