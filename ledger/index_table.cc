#include "ledger/index_table.h"

#include <map>
#include <mutex>

namespace daybook::ledger {
namespace {

class MapTable final : public IndexTable {
 public:
  absl::Status Get(std::string_view key, std::string* value) const override {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.find(key);
    if (row == rows_.end()) return absl::NotFoundError("no such row");
    *value = row->second;
    return absl::OkStatus();
  }

  absl::Status ScanFromAtOrBefore(
      std::string_view key,
      absl::FunctionRef<bool(std::string_view, std::string_view)> visit) const override {
    const std::lock_guard lock(mutex_);
    auto row = rows_.upper_bound(key);
    if (row != rows_.begin()) --row;
    while (row != rows_.end() && visit(row->first, row->second)) ++row;
    return absl::OkStatus();
  }

  absl::Status Put(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    rows_.insert_or_assign(std::string(key), std::string(value));
    return absl::OkStatus();
  }

  absl::Status Persist() override { return absl::OkStatus(); }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> rows_;
};

}  // namespace

std::unique_ptr<IndexTable> IndexTable::InMemory() { return std::make_unique<MapTable>(); }

}  // namespace daybook::ledger
