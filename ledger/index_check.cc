#include "ledger/index_check.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "ledger/coding.h"

namespace daybook::ledger {
namespace {

constexpr size_t kCacheBytes = 8 * 1024 * 1024;
// Commits whose rows are held in memory at once.
constexpr size_t kTailCommits = 100'000;

std::string Describe(char kind, uint64_t bucket) {
  switch (kind) {
    case 'p':
      return fmt::format("places of commits of partition {}", bucket);
    case 'e':
      return fmt::format("commits of entities, of those in segment {}", bucket);
    default:
      return fmt::format("request ids of partition {}", bucket);
  }
}

}  // namespace

// A table that only takes rows, and keeps sums of what they say: by kind of row and, within it, by
// partition or segment, so that a difference has a place.
class IndexCheck::RowSums final : public IndexTable {
 public:
  struct Sum {
    uint64_t count = 0, low = 0, high = 0;
    friend bool operator==(const Sum&, const Sum&) = default;
  };
  using Sums = std::map<std::pair<char, uint64_t>, Sum>;

  const Sums& sums() const { return sums_; }

  absl::Status Put(std::string_view key, std::string_view value) override {
    if (key.empty() || key == kCheckpointKey) return absl::OkStatus();
    if (key[0] == 'r') return PutRequest(key, value);
    if ((key[0] != 'p' && key[0] != 'e') || key.size() < 1 + 8) return Damaged();
    uint64_t first = 0;
    for (const char byte : key.substr(key.size() - 8)) first = first << 8 | uint8_t(byte);
    std::vector<IndexEntry> run;
    if (!ReadRun(Sequence(first), value, &run)) return Damaged();
    const std::string_view owner = key.substr(0, key.size() - 8);
    for (const IndexEntry& entry : run) {
      std::string bytes(owner);
      AppendLittle(entry.sequence.value(), &bytes);
      AppendLittle(entry.place.segment, &bytes);
      AppendLittle(entry.place.offset, &bytes);
      AppendLittle(entry.place.length, &bytes);
      Add(key[0], key[0] == 'p' ? PartitionIn(owner) : entry.place.segment, bytes);
    }
    return absl::OkStatus();
  }

  absl::Status Persist() override { return absl::OkStatus(); }
  absl::Status Get(std::string_view, std::string*) const override {
    return absl::UnimplementedError("sums hold no rows");
  }
  absl::Status ScanFromAtOrBefore(
      std::string_view,
      absl::FunctionRef<bool(std::string_view, std::string_view)>) const override {
    return absl::UnimplementedError("sums hold no rows");
  }

 private:
  static absl::Status Damaged() { return absl::DataLossError("index: damaged row"); }

  static uint64_t PartitionIn(std::string_view owner) {
    uint64_t partition = 0;
    for (const char byte : owner.substr(1)) partition = partition << 8 | uint8_t(byte);
    return partition;
  }

  absl::Status PutRequest(std::string_view key, std::string_view value) {
    RequestPlace place;
    if (!DecodeRequestPlace(value, &place)) return Damaged();
    Add('r', place.partition.value(), std::string(key).append(value));
    return absl::OkStatus();
  }

  void Add(char kind, uint64_t bucket, std::string_view bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    Sum& sum = sums_[{kind, bucket}];
    ++sum.count;
    sum.low += hash.low64;
    sum.high += hash.high64;
  }

  Sums sums_;
};

absl::StatusOr<std::unique_ptr<IndexCheck>> IndexCheck::Open(const std::string& directory,
                                                             const LedgerId& ledger) {
  auto table = IndexTable::OpenRocksDbReadOnly(directory, kCacheBytes);
  if (!table.ok()) return table.status();
  std::string row;
  IndexCheckpoint checkpoint;
  const absl::Status found = (*table)->Get(kCheckpointKey, &row);
  if (!found.ok() && !absl::IsNotFound(found)) return found;
  if (found.ok() && !DecodeCheckpoint(row, &checkpoint)) {
    return absl::DataLossError("index: its checkpoint is damaged or of another format");
  }
  if (found.ok() && checkpoint.ledger != ledger) {
    return absl::DataLossError("index: it is of another ledger");
  }
  return std::unique_ptr<IndexCheck>(new IndexCheck(*std::move(table), std::move(checkpoint)));
}

IndexCheck::IndexCheck(std::unique_ptr<IndexTable> table, IndexCheckpoint checkpoint)
    : table_(std::move(table)),
      checkpoint_(std::move(checkpoint)),
      tail_(std::make_unique<IndexTail>()),
      of_log_(std::make_unique<RowSums>()) {}

IndexCheck::~IndexCheck() = default;

absl::Status IndexCheck::Add(const CommitView& commit, const RecordPlace& place) {
  // Behind damage commits are missing: a tail takes what follows without a gap.
  Sequence& last = last_[commit.header().partition];
  const bool gap = last != Sequence(0) && last.next() != commit.header().sequence;
  last = commit.header().sequence;
  if (gap) {
    if (absl::Status flushed = FlushTail(); !flushed.ok()) return flushed;
  }
  batch_.Clear();
  if (absl::Status added = batch_.Add(commit, 0); !added.ok()) return added;
  batch_.MoveTo({place}, tail_.get());
  return tail_->commit_count() < kTailCommits ? absl::OkStatus() : FlushTail();
}

absl::Status IndexCheck::FlushTail() {
  const absl::Status written = tail_->WriteTo(of_log_.get());
  tail_ = std::make_unique<IndexTail>();
  return written;
}

absl::StatusOr<std::vector<std::string>> IndexCheck::Finish() {
  if (absl::Status flushed = FlushTail(); !flushed.ok()) return flushed;
  RowSums of_table;
  absl::Status damaged;
  const absl::Status scanned =
      table_->ScanFromAtOrBefore("", [&](std::string_view key, std::string_view value) {
        damaged = of_table.Put(key, value);
        return damaged.ok();
      });
  if (!damaged.ok()) return damaged;
  if (!scanned.ok()) return absl::DataLossError(scanned.message());
  std::vector<std::string> faults;
  RowSums::Sums all = of_log_->sums();
  all.insert(of_table.sums().begin(), of_table.sums().end());
  const auto find = [](const RowSums& sums, const std::pair<char, uint64_t>& key) {
    const auto found = sums.sums().find(key);
    return found == sums.sums().end() ? RowSums::Sum{} : found->second;
  };
  for (const auto& [key, ignored] : all) {
    const RowSums::Sum log = find(*of_log_, key);
    const RowSums::Sum table = find(of_table, key);
    if (log == table) continue;
    faults.push_back(fmt::format("{}: the log has {}, the index {}{}",
                                 Describe(key.first, key.second), log.count, table.count,
                                 log.count == table.count ? ", and they are not the same" : ""));
  }
  return faults;
}

}  // namespace daybook::ledger
