#include <atomic>
#include <filesystem>
#include <mutex>
#include <shared_mutex>

#include "fmt/format.h"
#include "ledger/silent_log.h"
#include "projections/engine/fold_reader.h"
#include "projections/engine/fold_storage.h"
#include "projections/engine/refusal.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

using ledger::PartitionId;

namespace {

// From so many rows on a write is a table of its own. Below it the two syncs that a table costs are
// dearer than the way through log and memtable.
constexpr size_t kRowsWorthATable = 5000;
// Who only looks reads everything once: more would be kept for nobody.
constexpr size_t kReadOnlyCacheBytes = 32ull << 20;
constexpr size_t kReadOnlyRows = 100'000;

constexpr char kStateKey[] = "\0state";
rocksdb::Slice StateKey() { return {kStateKey, sizeof kStateKey - 1}; }
rocksdb::Slice AsSlice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view AsText(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = fmt::format("{}: {}", what, status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  return absl::InternalError(text);
}

rocksdb::ColumnFamilyOptions FamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 * 1024;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = 32ull << 20;
  options.compression = rocksdb::kLZ4Compression;
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  // Most look-ups are for rows that are just being made: a miss should not walk the skip list.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.1;
  return options;
}

class RocksSource : public RowSource {
 public:
  RocksSource(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, PartitionId partition,
              RowBudget* budget)
      : db_(db), family_(family), partition_(partition), budget_(budget) {}

  RowBudget* budget() const override { return budget_; }

  bool Load(std::string_view group, std::string_view row, std::string* bytes) const override {
    const std::string key = StorageKey(partition_, group, row);
    const auto status = db_->Get(rocksdb::ReadOptions(), family_, key, bytes);
    CheckInvariant(status.ok() || status.IsNotFound(), "a view's storage cannot be read");
    return status.ok();
  }

  void Scan(std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::string prefix = StorageKey(partition_, group, {});
    const std::string low = prefix + std::string(lower);
    std::string high = upper.empty() ? EndOfPrefix(prefix) : prefix + std::string(upper);
    const rocksdb::Slice low_bound(low), high_bound(high);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &low_bound;
    options.iterate_upper_bound = &high_bound;
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family_));
    const bool ascending = order == ScanOrder::kAscending;
    for (ascending ? it->SeekToFirst() : it->SeekToLast(); it->Valid();
         ascending ? it->Next() : it->Prev()) {
      if (!visit(AsText(it->key()).substr(prefix.size()), AsText(it->value()))) return;
    }
    CheckInvariant(it->status().ok(), "a view's storage cannot be read");
  }

  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view)>& visit) const override {
    const std::string prefix = StorageKey(partition_, {}, {});
    const std::string high = EndOfPrefix(prefix);
    const rocksdb::Slice high_bound(high);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &high_bound;
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, family_));
    it->Seek(prefix + std::string(from));
    while (it->Valid()) {
      std::string_view rest = AsText(it->key()).substr(prefix.size());
      const std::string group(rest.substr(0, GroupLength(rest)));
      // Rows of a group sort behind group + '\0', so the seek may land inside a group that is
      // before `from`.
      if (group >= from && !visit(group)) return;
      it->Seek(EndOfPrefix(prefix + group));
    }
    CheckInvariant(it->status().ok(), "a view's storage cannot be read");
  }

 private:
  rocksdb::DB* db_;
  rocksdb::ColumnFamilyHandle* family_;
  PartitionId partition_;
  RowBudget* budget_;
};

class BatchWriter : public RowWriter {
 public:
  BatchWriter(rocksdb::WriteBatch* batch, rocksdb::ColumnFamilyHandle* family)
      : batch_(batch), family_(family) {}
  void Put(PartitionId partition, std::string_view group, std::string_view row,
           std::string_view bytes) override {
    batch_->Put(family_, KeyOf(partition, group, row), AsSlice(bytes));
  }
  void Erase(PartitionId partition, std::string_view group, std::string_view row) override {
    batch_->Delete(family_, KeyOf(partition, group, row));
  }

 private:
  const std::string& KeyOf(PartitionId partition, std::string_view group, std::string_view row) {
    key_.clear();
    AppendStorageKey(partition, group, row, &key_);
    return key_;
  }

  rocksdb::WriteBatch* batch_;
  rocksdb::ColumnFamilyHandle* family_;
  std::string key_;
};

// Whoever reads or writes a column family holds it.
using Family = std::shared_ptr<rocksdb::ColumnFamilyHandle>;

// What outlives a storage object.
struct Shared {
  explicit Shared(size_t resident_rows) : budget(resident_rows) {}

  RowBudget budget;
  std::unique_ptr<rocksdb::DB> db;
  std::shared_ptr<rocksdb::Cache> cache;
  std::string directory;
  std::mutex mutex;
  std::map<std::string, Family> families;

  // A dropped family stays readable until nobody holds its handle any more.
  Family Own(rocksdb::ColumnFamilyHandle* handle) {
    return Family(handle, [db = db.get()](rocksdb::ColumnFamilyHandle* gone) {
      db->DestroyColumnFamilyHandle(gone);
    });
  }

  ~Shared() {
    families.clear();
    if (db != nullptr) db->Close();
  }
};

// Rows in ascending order as one sorted table: no log, no memtable, no second writing of them.
class SortedTable {
 public:
  SortedTable(Shared* shared, rocksdb::ColumnFamilyHandle* family,
              rocksdb::CompressionType compression)
      : shared_(shared),
        family_(family),
        path_(fmt::format("{}/rows-{}.sst", shared->directory, family->GetID())),
        writer_(rocksdb::EnvOptions(), OptionsWith(shared, family, compression), family) {
    status_ = writer_.Open(path_);
  }
  ~SortedTable() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  void Put(const rocksdb::Slice& key, const rocksdb::Slice& value) {
    if (status_.ok()) status_ = writer_.Put(key, value);
  }
  void Delete(const rocksdb::Slice& key) {
    if (status_.ok()) status_ = writer_.Delete(key);
  }
  rocksdb::Status Ingest() {
    if (status_.ok()) status_ = writer_.Finish();
    if (!status_.ok()) return status_;
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    return shared_->db->IngestExternalFile(family_, {path_}, options);
  }

 private:
  static rocksdb::Options OptionsWith(Shared* shared, rocksdb::ColumnFamilyHandle* family,
                                      rocksdb::CompressionType compression) {
    rocksdb::Options options = shared->db->GetOptions(family);
    options.compression = compression;
    options.compression_per_level.clear();
    return options;
  }

  Shared* shared_;
  rocksdb::ColumnFamilyHandle* family_;
  const std::string path_;
  rocksdb::SstFileWriter writer_;
  rocksdb::Status status_;
};

// Copies a batch, made in ascending order, into a table.
class TableFiller : public rocksdb::WriteBatch::Handler {
 public:
  explicit TableFiller(SortedTable* table) : table_(table) {}
  rocksdb::Status PutCF(uint32_t, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    table_->Put(key, value);
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t, const rocksdb::Slice& key) override {
    table_->Delete(key);
    return rocksdb::Status::OK();
  }

 private:
  SortedTable* table_;
};

class RocksStorage : public FoldStorage {
 public:
  RocksStorage(std::shared_ptr<Shared> shared, Family family, std::string name)
      : shared_(std::move(shared)), held_(std::move(family)), name_(std::move(name)) {}

  const RowSource* Source(PartitionId partition) override {
    std::lock_guard lock(mutex_);
    auto& source = sources_[partition];
    if (source == nullptr)
      source =
          std::make_unique<RocksSource>(shared_->db.get(), family_, partition, &shared_->budget);
    return source.get();
  }

  absl::StatusOr<FoldState> LoadState() override {
    std::string bytes;
    const auto status = shared_->db->Get(rocksdb::ReadOptions(), family_, StateKey(), &bytes);
    if (status.IsNotFound()) return FoldState{};
    if (!status.ok()) return ToStatus(status, name_);
    return DecodeFoldState(bytes);
  }

  absl::Status Write(const std::function<void(RowWriter&)>& fill, const FoldState& state) override {
    if (failed_.exchange(false)) (void)shared_->db->Resume();  // there may be room again
    rocksdb::WriteBatch batch;
    batch.Put(family_, StateKey(), EncodeFoldState(state));
    BatchWriter writer(&batch, family_);
    fill(writer);
    // Not synced: a killed process loses nothing, and what a power cut takes is folded again from
    // the ledger.
    const rocksdb::Status status = static_cast<size_t>(batch.Count()) >= kRowsWorthATable
                                       ? WriteTable(batch)
                                       : shared_->db->Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) failed_ = true;
    return ToStatus(status, name_);
  }

  absl::Status WriteSorted(
      const std::function<void(const std::function<void(PartitionId, std::string_view,
                                                        std::string_view, std::string_view)>&)>&
          fill,
      const FoldState& state) override {
    SortedTable table(shared_.get(), family_, rocksdb::kLZ4Compression);
    table.Put(StateKey(), EncodeFoldState(state));
    std::string key;
    fill([&](PartitionId partition, std::string_view group, std::string_view row,
             std::string_view bytes) {
      key.clear();
      AppendStorageKey(partition, group, row, &key);
      table.Put(key, AsSlice(bytes));
    });
    return ToStatus(table.Ingest(), name_);
  }

  absl::Status ReadAll(const std::function<bool(std::string_view, std::string_view)>& visit,
                       FoldState* state) override {
    const rocksdb::Snapshot* snapshot = shared_->db->GetSnapshot();
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.fill_cache = false;
    std::unique_ptr<rocksdb::Iterator> it(shared_->db->NewIterator(options, family_));
    absl::Status result;
    for (it->SeekToFirst(); it->Valid() && result.ok(); it->Next()) {
      if (it->key() == StateKey()) {
        auto decoded = DecodeFoldState(AsText(it->value()));
        if (decoded.ok()) *state = *std::move(decoded);
        result = decoded.status();
      } else if (!visit(AsText(it->key()), AsText(it->value()))) {
        break;
      }
    }
    if (result.ok()) result = ToStatus(it->status(), name_);
    it.reset();
    shared_->db->ReleaseSnapshot(snapshot);
    return result;
  }

 private:
  // Young tables are rewritten soon: they are not compressed. Before 7.10 RocksDB may put level 0
  // in a wrong order if a table comes in while the memtable holds older and newer rows; it cannot
  // here, since every write has the state's key, so a memtable that holds anything is flushed
  // first.
  rocksdb::Status WriteTable(const rocksdb::WriteBatch& batch) {
    SortedTable table(shared_.get(), family_, rocksdb::kNoCompression);
    TableFiller filler(&table);
    const auto status = batch.Iterate(&filler);
    return status.ok() ? table.Ingest() : status;
  }

  std::shared_ptr<Shared> shared_;
  const Family held_;
  rocksdb::ColumnFamilyHandle* const family_ = held_.get();
  std::string name_;
  std::atomic<bool> failed_{false};  // the last write
  std::mutex mutex_;
  std::map<PartitionId, std::unique_ptr<RocksSource>> sources_;
};

class RocksDatabase : public FoldDatabase {
 public:
  explicit RocksDatabase(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::vector<std::string> List() const override {
    std::lock_guard lock(shared_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, family] : shared_->families) {
      if (name != rocksdb::kDefaultColumnFamilyName) names.push_back(name);
    }
    return names;
  }

  absl::StatusOr<std::unique_ptr<FoldStorage>> Open(const std::string& name) override {
    std::lock_guard lock(shared_->mutex);
    auto& family = shared_->families[name];
    if (family == nullptr) {
      rocksdb::ColumnFamilyHandle* handle = nullptr;
      const auto status =
          shared_->db->CreateColumnFamily(FamilyOptions(shared_->cache), name, &handle);
      if (!status.ok()) {
        shared_->families.erase(name);
        return ToStatus(status, name);
      }
      family = shared_->Own(handle);
    }
    return std::make_unique<RocksStorage>(shared_, family, name);
  }

  absl::Status Drop(const std::string& name) override {
    std::lock_guard lock(shared_->mutex);
    auto it = shared_->families.find(name);
    if (it == shared_->families.end()) return absl::OkStatus();
    const auto status = shared_->db->DropColumnFamily(it->second.get());
    shared_->families.erase(it);
    return ToStatus(status, name);
  }

 private:
  std::shared_ptr<Shared> shared_;
};

absl::StatusOr<std::unique_ptr<FoldDatabase>> OpenWith(const rocksdb::DBOptions& options,
                                                       const std::string& directory,
                                                       size_t cache_bytes, size_t resident_rows,
                                                       bool read_only) {
  auto shared = std::make_shared<Shared>(resident_rows);
  shared->directory = directory;
  shared->cache = rocksdb::NewLRUCache(cache_bytes);
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, directory, &names).ok())
    names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) families.emplace_back(name, FamilyOptions(shared->cache));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status =
      read_only ? rocksdb::DB::OpenForReadOnly(options, directory, families, &handles, &db)
                : rocksdb::DB::Open(options, directory, families, &handles, &db);
  if (!status.ok()) return ToStatus(status, directory);
  shared->db.reset(db);
  for (size_t i = 0; i < names.size(); ++i) shared->families[names[i]] = shared->Own(handles[i]);
  return std::make_unique<RocksDatabase>(std::move(shared));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FoldDatabase>> OpenFoldDatabase(const std::string& directory,
                                                               size_t cache_bytes,
                                                               size_t resident_rows) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 3;
  options.max_total_wal_size = 256ull << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  auto opened = OpenWith(options, directory, cache_bytes, resident_rows, /*read_only=*/false);
  // What is damaged is no loss: everything in it comes from the ledger.
  if (!absl::IsDataLoss(opened.status())) return opened;
  spdlog::warn("views and decision state are damaged, and are built anew: {}",
               std::string(opened.status().message()));
  std::filesystem::remove_all(directory, error);
  std::filesystem::create_directories(directory, error);
  return OpenWith(options, directory, cache_bytes, resident_rows, /*read_only=*/false);
}

absl::StatusOr<std::unique_ptr<FoldDatabase>> OpenFoldDatabaseReadOnly(
    const std::string& directory) {
  if (!std::filesystem::exists(directory + "/CURRENT")) {
    return absl::NotFoundError(directory + " holds no views");
  }
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<ledger::SilentLog>();
  return OpenWith(options, directory, kReadOnlyCacheBytes, kReadOnlyRows, /*read_only=*/true);
}

}  // namespace daybook::projections
