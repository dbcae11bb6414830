// Where folds keep their rows: one RocksDB column family per fold and version, or memory for tests.
// Rows and the positions they stand at are written together, so every state that a crash leaves is
// one that once was.
//
// Threads: writes of one storage from one thread at a time; sources may be read from any thread
// beside it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/segment.h"
#include "ledger/types.h"
#include "projections/engine/rows.h"

namespace daybook::projections {

// How far a fold is in one partition, and what it saw there.
struct FoldPosition {
  ledger::Epoch epoch{0};
  ledger::Sequence sequence;
  ledger::RecordHash hash{};  // of the commit at `sequence`; proves that it is the same ledger
  friend bool operator==(const FoldPosition&, const FoldPosition&) = default;
};
using FoldPositions = std::map<ledger::PartitionId, FoldPosition>;

// What stands beside a fold's rows.
struct FoldState {
  ledger::LedgerId ledger{};
  ledger::GroupPlace place;  // every group up to it is applied
  FoldPositions positions;
  bool building = false;
};

// Changed rows on their way to disk.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual void Put(ledger::PartitionId partition, std::string_view group, std::string_view row,
                   std::string_view bytes) = 0;
  virtual void Erase(ledger::PartitionId partition, std::string_view group,
                     std::string_view row) = 0;
};

// Puts everything that changed in a partition's table; see RowTable::ForEachChange.
void WriteChanges(ledger::PartitionId partition, RowTable& table, RowWriter& writer);

class FoldStorage {
 public:
  virtual ~FoldStorage() = default;
  // Rows of a partition; lives as long as the storage.
  virtual const RowSource* Source(ledger::PartitionId partition) = 0;
  // What was written last; empty positions for a new fold.
  virtual absl::StatusOr<FoldState> LoadState() = 0;
  // Writes what `fill` puts, in ascending order of (partition, group, row), and the state: all or
  // nothing.
  virtual absl::Status Write(const std::function<void(RowWriter&)>& fill,
                             const FoldState& state) = 0;
  // The first write of a build: rows in ascending order of (partition, group, row), faster than
  // Write. Only while the storage has no rows.
  virtual absl::Status WriteSorted(
      const std::function<
          void(const std::function<void(ledger::PartitionId, std::string_view group,
                                        std::string_view row, std::string_view bytes)>&)>& fill,
      const FoldState& state) = 0;
  // All rows as stored, in order, until `visit` is false, with the state of the same instant.
  virtual absl::Status ReadAll(
      const std::function<bool(std::string_view key, std::string_view bytes)>& visit,
      FoldState* state) = 0;
};

class FoldDatabase {
 public:
  virtual ~FoldDatabase() = default;
  // Folds with stored rows, by name, for instance "points@2".
  virtual std::vector<std::string> List() const = 0;
  // Opens a fold, made if it is not there.
  virtual absl::StatusOr<std::unique_ptr<FoldStorage>> Open(const std::string& name) = 0;
  // Deletes a fold; who has it open may go on reading it. OK if it is not there.
  virtual absl::Status Drop(const std::string& name) = 0;
};

// RocksDB in `directory`. `cache_bytes`: block cache shared by all folds; `resident_rows`: that
// their tables hold in memory, about.
absl::StatusOr<std::unique_ptr<FoldDatabase>> OpenFoldDatabase(const std::string& directory,
                                                               size_t cache_bytes,
                                                               size_t resident_rows);
// Nothing but memory; what was written survives closing and reopening a fold, not the object.
std::unique_ptr<FoldDatabase> MakeMemoryFoldDatabase(size_t resident_rows);

// SHA-256 over all rows (length-prefixed key and value, in order), as hexadecimal digits.
struct FoldDigest {
  std::string digest;
  uint64_t rows = 0;
  FoldPositions positions;
};
absl::StatusOr<FoldDigest> DigestOf(FoldStorage* storage);

// Key of a row in a storage: 1, partition (4 bytes, big-endian), group, row. 0 begins the state's
// own keys.
std::string StorageKey(ledger::PartitionId partition, std::string_view group, std::string_view row);
void AppendStorageKey(ledger::PartitionId partition, std::string_view group, std::string_view row,
                      std::string* key);
// Length of the group part at the beginning of `key` (after partition): group keys are entity keys,
// which are prefix-free.
size_t GroupLength(std::string_view key);

// The state as one row, for implementations.
std::string EncodeFoldState(const FoldState& state);
absl::StatusOr<FoldState> DecodeFoldState(std::string_view bytes);

}  // namespace daybook::projections
