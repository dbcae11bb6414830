// The sorted rows under the index: RocksDB, or a map in memory for tests and for ledgers without a
// disk. Rows are pure functions of the log, so nothing here is logged: what a crash takes is read
// from the log again.
//
// One thread writes; any thread reads. A reader may see rows that are not persistent yet, or not.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook::ledger {

class IndexTable {
 public:
  virtual ~IndexTable() = default;

  // The value of a row. Errors: NotFound, DataLoss.
  virtual absl::Status Get(std::string_view key, std::string* value) const = 0;
  // Visits rows in order, from the last one whose key is not above `key` (if none: from the first)
  // until `visit` returns false or the rows end. Views are valid during the call. Errors: DataLoss.
  virtual absl::Status ScanFromAtOrBefore(
      std::string_view key,
      absl::FunctionRef<bool(std::string_view key, std::string_view value)> visit) const = 0;

  // Adds or replaces a row; cheapest in ascending order of keys. Rows may be held back until
  // Persist.
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  // Returns when all rows put since the last Persist are on disk; they reach it together or not at
  // all. Errors: ResourceExhausted, Internal; may be tried again after putting the rows again.
  virtual absl::Status Persist() = 0;

  // Rows in memory, gone with the object.
  static std::unique_ptr<IndexTable> InMemory();
  // Opens or makes a RocksDB database in `directory`; blocks, their indexes and filters are cached
  // in up to `cache_bytes`. Errors: DataLoss if what is there cannot be read (may be destroyed),
  // Internal.
  static absl::StatusOr<std::unique_ptr<IndexTable>> OpenRocksDb(const std::string& directory,
                                                                 size_t cache_bytes);
  // Opens what is there for looking only; writes fail. Errors: NotFound, DataLoss, Internal.
  static absl::StatusOr<std::unique_ptr<IndexTable>> OpenRocksDbReadOnly(
      const std::string& directory, size_t cache_bytes);
  // Removes such a database, whatever state it is in.
  static absl::Status DestroyRocksDb(const std::string& directory);
};

}  // namespace daybook::ledger
