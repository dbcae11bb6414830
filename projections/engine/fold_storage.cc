#include "projections/engine/fold_storage.h"

#include <algorithm>
#include <mutex>

#include "absl/container/btree_map.h"
#include "absl/strings/escaping.h"
#include "ledger/sha256.h"
#include "projections/engine/refusal.h"
#include "projections/engine/rows.pb.h"

namespace daybook::projections {

using ledger::PartitionId;

void AppendStorageKey(PartitionId partition, std::string_view group, std::string_view row,
                      std::string* key) {
  key->push_back(1);
  for (int shift = 24; shift >= 0; shift -= 8)
    key->push_back(static_cast<char>(partition.value() >> shift));
  key->append(group).append(row);
}

std::string StorageKey(PartitionId partition, std::string_view group, std::string_view row) {
  std::string key;
  key.reserve(5 + group.size() + row.size());
  AppendStorageKey(partition, group, row, &key);
  return key;
}

void WriteChanges(PartitionId partition, RowTable& table, RowWriter& writer) {
  table.ForEachChange(
      [&](std::string_view group, std::string_view row, const std::string_view* bytes) {
        if (bytes == nullptr) {
          writer.Erase(partition, group, row);
        } else {
          writer.Put(partition, group, row, *bytes);
        }
      });
}

size_t GroupLength(std::string_view key) {
  // u8 length of tenant, tenant, u16 kind, u8 length of id, id.
  const size_t tenant = static_cast<uint8_t>(key.at(0));
  const size_t id = static_cast<uint8_t>(key.at(3 + tenant));
  return 4 + tenant + id;
}

namespace {
std::string Text(const auto& bytes) { return std::string(ledger::AsView(bytes)); }

template <typename Bytes>
void CopyBytes(const std::string& from, Bytes* to) {
  if (from.size() == to->size()) std::copy(from.begin(), from.end(), to->begin());
}
}  // namespace

std::string EncodeFoldState(const FoldState& state) {
  engine::FoldStateRow row;
  row.set_ledger_id(Text(state.ledger));
  row.set_group(state.place.group.value());
  row.set_segment(state.place.segment);
  row.set_offset(state.place.offset);
  row.set_length(state.place.length);
  row.set_chain(Text(state.place.chain));
  row.set_building(state.building);
  for (const auto& [partition, position] : state.positions) {
    auto* out = row.add_positions();
    out->set_partition(partition.value());
    out->set_epoch(position.epoch.value());
    out->set_sequence(position.sequence.value());
    out->set_record_hash(Text(position.hash));
  }
  return row.SerializeAsString();
}

absl::StatusOr<FoldState> DecodeFoldState(std::string_view bytes) {
  engine::FoldStateRow row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the state of a fold does not parse");
  }
  FoldState state;
  CopyBytes(row.ledger_id(), &state.ledger);
  state.place.group = ledger::GroupNumber(row.group());
  state.place.segment = row.segment();
  state.place.offset = row.offset();
  state.place.length = row.length();
  CopyBytes(row.chain(), &state.place.chain);
  state.building = row.building();
  for (const auto& position : row.positions()) {
    auto& out = state.positions[PartitionId(position.partition())];
    out.epoch = ledger::Epoch(position.epoch());
    out.sequence = ledger::Sequence(position.sequence());
    CopyBytes(position.record_hash(), &out.hash);
  }
  return state;
}

absl::StatusOr<FoldDigest> DigestOf(FoldStorage* storage) {
  ledger::Sha256 hash;
  hash.Start();
  FoldDigest digest;
  FoldState state;
  auto feed = [&hash](std::string_view part) {
    std::string length;
    AppendKey(part.size(), &length);
    hash.Add(length);
    hash.Add(part);
  };
  auto status = storage->ReadAll(
      [&](std::string_view key, std::string_view bytes) {
        feed(key);
        feed(bytes);
        ++digest.rows;
        return true;
      },
      &state);
  if (!status.ok()) return status;
  digest.digest = absl::BytesToHexString(std::string(ledger::AsView(hash.Finish())));
  digest.positions = state.positions;
  return digest;
}

namespace {

// Everything of one fold in a sorted map.
struct MemoryRows {
  std::mutex mutex;
  absl::btree_map<std::string, std::string> rows;
  std::string state;
};

class MemorySource : public RowSource {
 public:
  MemorySource(MemoryRows* rows, PartitionId partition, RowBudget* budget)
      : rows_(rows), partition_(partition), budget_(budget) {}

  RowBudget* budget() const override { return budget_; }

  bool Load(std::string_view group, std::string_view row, std::string* bytes) const override {
    std::lock_guard lock(rows_->mutex);
    auto it = rows_->rows.find(StorageKey(partition_, group, row));
    if (it == rows_->rows.end()) return false;
    *bytes = it->second;
    return true;
  }

  void Scan(std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::string prefix = StorageKey(partition_, group, {});
    std::vector<std::pair<std::string, std::string>> found;
    {
      std::lock_guard lock(rows_->mutex);
      for (auto it = rows_->rows.lower_bound(prefix + std::string(lower));
           it != rows_->rows.end() && it->first.starts_with(prefix); ++it) {
        std::string row = it->first.substr(prefix.size());
        if (!upper.empty() && row >= upper) break;
        found.emplace_back(std::move(row), it->second);
      }
    }
    if (order == ScanOrder::kDescending) std::reverse(found.begin(), found.end());
    for (const auto& [row, bytes] : found) {
      if (!visit(row, bytes)) return;
    }
  }

  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view)>& visit) const override {
    const std::string prefix = StorageKey(partition_, {}, {});
    std::vector<std::string> groups;
    {
      std::lock_guard lock(rows_->mutex);
      for (auto it = rows_->rows.lower_bound(prefix + std::string(from));
           it != rows_->rows.end() && it->first.starts_with(prefix); ++it) {
        std::string_view rest = std::string_view(it->first).substr(prefix.size());
        rest = rest.substr(0, GroupLength(rest));
        if (rest < from) continue;  // rows of a group sort behind group + '\0'
        if (groups.empty() || groups.back() != rest) groups.emplace_back(rest);
      }
    }
    for (const auto& group : groups) {
      if (!visit(group)) return;
    }
  }

 private:
  MemoryRows* rows_;
  PartitionId partition_;
  RowBudget* budget_;
};

class MemoryStorage : public FoldStorage, RowWriter {
 public:
  MemoryStorage(std::shared_ptr<MemoryRows> rows, RowBudget* budget)
      : rows_(std::move(rows)), budget_(budget) {}

  const RowSource* Source(PartitionId partition) override {
    std::lock_guard lock(rows_->mutex);
    auto& source = sources_[partition];
    if (source == nullptr) source = std::make_unique<MemorySource>(rows_.get(), partition, budget_);
    return source.get();
  }
  absl::StatusOr<FoldState> LoadState() override {
    std::lock_guard lock(rows_->mutex);
    if (rows_->state.empty()) return FoldState{};
    return DecodeFoldState(rows_->state);
  }
  absl::Status Write(const std::function<void(RowWriter&)>& fill, const FoldState& state) override {
    std::lock_guard lock(rows_->mutex);
    fill(*this);
    rows_->state = EncodeFoldState(state);
    return absl::OkStatus();
  }
  absl::Status WriteSorted(
      const std::function<void(const std::function<void(PartitionId, std::string_view,
                                                        std::string_view, std::string_view)>&)>&
          fill,
      const FoldState& state) override {
    std::lock_guard lock(rows_->mutex);
    fill([this](PartitionId partition, std::string_view group, std::string_view row,
                std::string_view bytes) {
      rows_->rows.emplace_hint(rows_->rows.end(), StorageKey(partition, group, row), bytes);
    });
    rows_->state = EncodeFoldState(state);
    return absl::OkStatus();
  }
  absl::Status ReadAll(const std::function<bool(std::string_view, std::string_view)>& visit,
                       FoldState* state) override {
    std::lock_guard lock(rows_->mutex);
    for (const auto& [key, bytes] : rows_->rows) {
      if (!visit(key, bytes)) break;
    }
    if (!rows_->state.empty()) *state = *DecodeFoldState(rows_->state);
    return absl::OkStatus();
  }

 private:
  void Put(PartitionId partition, std::string_view group, std::string_view row,
           std::string_view bytes) override {
    rows_->rows[StorageKey(partition, group, row)] = bytes;
  }
  void Erase(PartitionId partition, std::string_view group, std::string_view row) override {
    rows_->rows.erase(StorageKey(partition, group, row));
  }

  std::shared_ptr<MemoryRows> rows_;
  RowBudget* budget_;
  std::map<PartitionId, std::unique_ptr<MemorySource>> sources_;
};

class MemoryDatabase : public FoldDatabase {
 public:
  explicit MemoryDatabase(size_t resident_rows) : budget_(resident_rows) {}

  std::vector<std::string> List() const override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, rows] : folds_) names.push_back(name);
    return names;
  }
  absl::StatusOr<std::unique_ptr<FoldStorage>> Open(const std::string& name) override {
    std::lock_guard lock(mutex_);
    auto& rows = folds_[name];
    if (rows == nullptr) rows = std::make_shared<MemoryRows>();
    return std::make_unique<MemoryStorage>(rows, &budget_);
  }
  absl::Status Drop(const std::string& name) override {
    std::lock_guard lock(mutex_);
    folds_.erase(name);
    return absl::OkStatus();
  }

 private:
  RowBudget budget_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryRows>> folds_;
};

}  // namespace

std::unique_ptr<FoldDatabase> MakeMemoryFoldDatabase(size_t resident_rows) {
  return std::make_unique<MemoryDatabase>(resident_rows);
}

}  // namespace daybook::projections
