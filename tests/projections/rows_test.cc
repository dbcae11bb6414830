// Rows in memory and on disk against a plain map, under random sequences of everything that is done
// with them.
#include "projections/engine/rows.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "projections/engine/decision_state.h"
#include "projections/engine/fold_storage.h"
#include "projections/engine/rows.pb.h"

namespace daybook::projections {
namespace {

using engine::DeadlineRow;
using engine::DueRow;

constexpr ledger::PartitionId kPartition(1);
constexpr size_t kBudget = 60;  // so few that rows come and go all the time

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "daybook-rows-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What the rows should be: group, row type and key, value.
using Expected = std::map<std::string, std::map<std::pair<bool, std::string>, int64_t>>;

class Rows {
 public:
  Rows(FoldDatabase* database, uint32_t seed) : database_(database), random_(seed) { Reopen(); }

  void Run(size_t steps) {
    for (size_t i = 0; i < steps; ++i) Step();
    Flush();
    Reopen();
    CompareAll();
  }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  // Few hundred groups, of which some are large: read whole or row by row.
  std::string AnyGroup() {
    const size_t number = Below(4) == 0 ? 0 : Below(200);
    return ledger::EntityKey({"main", 1, "C" + std::to_string(number)});
  }
  // Keys of many lengths with much in common, also where one begins with the other.
  std::string AnyKey() {
    static const std::vector<std::string> kBegins = {
        "", "bonus", {"bonus\0", 6}, "bonus-extra/", "z"};
    std::string key = kBegins[Below(kBegins.size())];
    if (Below(8) != 0) key += std::to_string(Below(Below(3) == 0 ? 10 : 2000));
    return key;
  }

  void Step() {
    const std::string group = AnyGroup();
    const std::string key = AnyKey();
    const bool due = Below(2) == 0;
    RowGroup& rows = table_->Group(group);
    switch (Below(12)) {
      case 0:
        if (due) {
          rows.Erase<DueRow>(key);
        } else {
          rows.Erase<DeadlineRow>(key);
        }
        Forget(group, {due, key});
        return;
      case 1:
        CompareScan(rows, group, due, key);
        return;
      case 2:
        table_->Seal();
        return;
      case 3:
        if (Below(20) == 0) Flush();
        return;
      case 4:
        if (Below(60) == 0) Burst();
        return;
      case 5:
        if (Below(40) == 0) {
          table_->Clear();  // as after a failure: what was written last counts
          now_ = written_;
        }
        return;
      case 6:
        if (Below(40) == 0) {
          Flush();
          Reopen();
        }
        return;
      case 7:
      case 8:
        Compare(rows, group, due, key);
        return;
      default:
        Set(group, due, key, static_cast<int64_t>(Below(1'000'000)));
    }
  }

  void Set(const std::string& group, bool due, const std::string& key, int64_t value) {
    RowGroup& rows = table_->Group(group);
    if (due) {
      rows.Mutable<DueRow>(key).set_entity_id(std::to_string(value));
    } else {
      rows.Mutable<DeadlineRow>(key).set_due_us(value);
    }
    now_[group][{due, key}] = value;
  }
  // So many rows that a write of them is a table of its own.
  void Burst() {
    for (size_t i = 0; i < 6000; ++i)
      Set(AnyGroup(), i % 2 == 0, AnyKey(), static_cast<int64_t>(i));
  }
  void Forget(const std::string& group, const std::pair<bool, std::string>& key) {
    now_[group].erase(key);
    if (now_[group].empty()) now_.erase(group);
  }

  static int64_t ValueOf(const DueRow& row) { return std::stoll(row.entity_id()); }
  static int64_t ValueOf(const DeadlineRow& row) { return row.due_us(); }

  template <typename Row>
  static std::optional<int64_t> Found(const RowGroup& rows, const std::string& key) {
    const Row* row = rows.Find<Row>(key);
    return row == nullptr ? std::nullopt : std::optional(ValueOf(*row));
  }
  void Compare(const RowGroup& rows, const std::string& group, bool due, const std::string& key) {
    std::optional<int64_t> expected;
    if (const auto it = now_[group].find({due, key}); it != now_[group].end())
      expected = it->second;
    CHECK((due ? Found<DueRow>(rows, key) : Found<DeadlineRow>(rows, key)) == expected);
    if (now_[group].empty()) now_.erase(group);
  }

  using Listed = std::vector<std::pair<std::string, int64_t>>;
  template <typename Row>
  static Listed Scanned(const RowGroup& rows, const std::string& prefix, const std::string& from,
                        ScanOrder order, size_t most) {
    Listed listed;
    rows.Scan<Row>(prefix, from, order, [&](std::string_view key, const Row& row) {
      listed.emplace_back(key, ValueOf(row));
      return listed.size() < most;
    });
    return listed;
  }
  void CompareScan(const RowGroup& rows, const std::string& group, bool due,
                   const std::string& from_or_prefix) {
    const bool ascending = Below(2) == 0;
    const bool by_prefix = Below(2) == 0;
    const std::string prefix = by_prefix ? from_or_prefix : "";
    const std::string from = by_prefix ? "" : from_or_prefix;
    const size_t most = 1 + Below(50);
    const ScanOrder order = ascending ? ScanOrder::kAscending : ScanOrder::kDescending;
    Listed expected;
    for (const auto& [key, value] : now_[group]) {
      if (key.first != due || !key.second.starts_with(prefix)) continue;
      if (!from.empty() && (ascending ? key.second < from : key.second > from)) continue;
      expected.emplace_back(key.second, value);
    }
    if (now_[group].empty()) now_.erase(group);
    if (!ascending) std::reverse(expected.begin(), expected.end());
    if (expected.size() > most) expected.resize(most);
    CHECK((due ? Scanned<DueRow>(rows, prefix, from, order, most)
               : Scanned<DeadlineRow>(rows, prefix, from, order, most)) == expected);
  }

  void Flush() {
    const absl::Status written = storage_->Write(
        [this](RowWriter& writer) { WriteChanges(kPartition, *table_, writer); }, FoldState());
    REQUIRE(written.ok());
    // Sometimes as after a write that failed: all of it has to be written again.
    written_ = now_;
    if (Below(4) == 0) return;
    table_->ChangesWritten();
    table_->Evict();
  }
  void Reopen() {
    table_.reset();
    storage_.reset();
    auto storage = database_->Open("rows@1.1");
    REQUIRE(storage.ok());
    storage_ = *std::move(storage);
    table_.emplace(storage_->Source(kPartition));
  }
  void CompareAll() {
    std::vector<std::string> groups;
    table_->ScanGroups("", [&](std::string_view group) {
      groups.emplace_back(group);
      return true;
    });
    std::vector<std::string> expected_groups;
    for (const auto& [group, rows] : now_) {
      expected_groups.push_back(group);
      for (const auto& [key, value] : rows)
        Compare(table_->Group(group), group, key.first, key.second);
      table_->Seal();
    }
    CHECK(groups == expected_groups);
  }

  FoldDatabase* database_;
  std::mt19937 random_;
  std::unique_ptr<FoldStorage> storage_;
  std::optional<RowTable> table_;
  Expected now_;
  Expected written_;
};

}  // namespace

TEST_CASE("rows are what was put, whatever was flushed, evicted, dropped and reopened") {
  const auto seed = GENERATE(range(1u, 5u));
  CAPTURE(seed);
  SECTION("in memory") {
    const auto database = MakeMemoryFoldDatabase(kBudget);
    Rows(database.get(), seed).Run(8'000);
  }
  SECTION("in RocksDB") {
    const TemporaryDirectory directory;
    auto database = OpenFoldDatabase(directory.path(), 8u << 20, kBudget);
    REQUIRE(database.ok());
    Rows(database->get(), seed).Run(8'000);
  }
}

}  // namespace daybook::projections
