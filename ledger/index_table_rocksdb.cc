// The index's rows in RocksDB. Everything that we know of RocksDB's options for this load stands
// here.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>

#include "ledger/index_table.h"
#include "ledger/silent_log.h"

namespace daybook::ledger {
namespace {

// Large enough that a batch's overhead does not matter, small enough to stay in a cache.
constexpr size_t kBatchBytes = 256 * 1024;
// More than any frozen tail makes: the memtable must only be flushed by Persist, whole, so that
// rows and checkpoint reach the disk together or not at all.
constexpr size_t kWriteBufferBytes = 1024 * 1024 * 1024;

absl::Status FromRocksDb(const rocksdb::Status& status, const char* doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = std::string("index: ") + doing + ": " + status.ToString();
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return absl::InternalError(text);
}

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::Options DatabaseOptions(size_t cache_bytes) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.max_background_jobs = 2;
  options.avoid_flush_during_shutdown =
      true;  // half a tail is worth nothing: it is read from the log again
  options.compression = rocksdb::kNoCompression;  // rows are mostly hashes and small numbers
  options.level0_file_num_compaction_trigger = 8;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 * 1024 * 1024;
  options.stats_dump_period_sec = 0;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  // Every new command asks for an id that is not there.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.optimize_filters_for_memory = true;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksDbTable final : public IndexTable {
 public:
  explicit RocksDbTable(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {
    unlogged_.disableWAL = true;
    // What is only in the memtable is also in the index's tail, where it was looked for before.
    persisted_.read_tier = rocksdb::kPersistedTier;
  }

  absl::Status Get(std::string_view key, std::string* value) const override {
    return FromRocksDb(db_->Get(persisted_, SliceOf(key), value), "read");
  }

  absl::Status ScanFromAtOrBefore(
      std::string_view key,
      absl::FunctionRef<bool(std::string_view, std::string_view)> visit) const override {
    const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
    row->SeekForPrev(SliceOf(key));
    if (!row->Valid() && row->status().ok()) row->SeekToFirst();
    while (row->Valid() && visit(row->key().ToStringView(), row->value().ToStringView())) {
      row->Next();
    }
    return FromRocksDb(row->status(), "scan");
  }

  absl::Status Put(std::string_view key, std::string_view value) override {
    const rocksdb::Status status = batch_.Put(SliceOf(key), SliceOf(value));
    if (!status.ok()) return FromRocksDb(status, "put");
    return batch_.GetDataSize() < kBatchBytes ? absl::OkStatus() : WriteBatch();
  }

  absl::Status Persist() override {
    if (absl::Status status = WriteBatch(); !status.ok()) return status;
    rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
    if (!status.ok()) {
      // A flush that failed for want of room stops the database until it is told to go on.
      if (db_->Resume().ok()) status = db_->Flush(rocksdb::FlushOptions());
    }
    return FromRocksDb(status, "flush");
  }

 private:
  absl::Status WriteBatch() {
    const rocksdb::Status status = db_->Write(unlogged_, &batch_);
    batch_.Clear();
    return FromRocksDb(status, "write");
  }

  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions unlogged_;
  rocksdb::ReadOptions persisted_;
  rocksdb::WriteBatch batch_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<IndexTable>> IndexTable::OpenRocksDb(const std::string& directory,
                                                                    size_t cache_bytes) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(cache_bytes), directory, &db);
  // A missing file is damage like any other here.
  if (status.IsCorruption() || status.IsInvalidArgument() || status.IsPathNotFound()) {
    return absl::DataLossError("index: open: " + status.ToString());
  }
  if (!status.ok()) return FromRocksDb(status, "open");
  return std::make_unique<RocksDbTable>(std::unique_ptr<rocksdb::DB>(db));
}

absl::StatusOr<std::unique_ptr<IndexTable>> IndexTable::OpenRocksDbReadOnly(
    const std::string& directory, size_t cache_bytes) {
  if (!std::filesystem::exists(directory + "/CURRENT")) {
    return absl::NotFoundError("index: " + directory + " holds none");
  }
  rocksdb::Options options = DatabaseOptions(cache_bytes);
  options.create_if_missing = false;
  options.info_log = std::make_shared<SilentLog>();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory, &db);
  if (!status.ok()) return absl::DataLossError("index: open: " + status.ToString());
  return std::make_unique<RocksDbTable>(std::unique_ptr<rocksdb::DB>(db));
}

absl::Status IndexTable::DestroyRocksDb(const std::string& directory) {
  return FromRocksDb(rocksdb::DestroyDB(directory, rocksdb::Options()), "destroy");
}

}  // namespace daybook::ledger
