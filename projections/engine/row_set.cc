#include "projections/engine/row_set.h"

#include <algorithm>
#include <vector>

namespace daybook::projections {

RowSet::Probe RowSet::ProbeOf(std::string_view key) const {
  uint64_t head = 0;
  for (size_t i = shared_.size(); i < shared_.size() + sizeof head; ++i)
    head = head << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  return {head, key};
}

RowSet::const_iterator RowSet::LowerBound(std::string_view key) const {
  if (key.starts_with(shared_)) return slots_.lower_bound(ProbeOf(key));
  return key < shared_ ? slots_.begin() : slots_.end();
}

ResidentRow* RowSet::Find(std::string_view key) const {
  if (!key.starts_with(shared_)) return nullptr;
  const auto it = slots_.find(ProbeOf(key));
  return it == slots_.end() ? nullptr : it->row.get();
}

ResidentRow* RowSet::Insert(std::string_view key) {
  if (slots_.empty()) {
    shared_ = key;
  } else {
    const auto differs = std::mismatch(shared_.begin(), shared_.end(), key.begin(), key.end());
    const auto common = static_cast<size_t>(differs.first - shared_.begin());
    if (common < shared_.size()) Share(common);
  }
  auto row = std::make_unique<ResidentRow>();
  row->bytes = key;
  row->key_size = static_cast<uint32_t>(key.size());
  return slots_.insert(Slot{ProbeOf(key).head, std::move(row)}).first->row.get();
}

void RowSet::Erase(std::string_view key) { slots_.erase(slots_.find(ProbeOf(key))); }

// Makes the shared part shorter; the order of the rows stays. Keys have few bytes, so this happens
// seldom.
void RowSet::Share(size_t length) {
  std::vector<std::unique_ptr<ResidentRow>> rows;
  rows.reserve(slots_.size());
  while (!slots_.empty()) rows.push_back(std::move(slots_.extract(slots_.begin()).value().row));
  shared_.resize(length);
  for (auto& row : rows) {
    const uint64_t head = ProbeOf(row->key()).head;
    slots_.insert(slots_.end(), Slot{head, std::move(row)});
  }
}

}  // namespace daybook::projections
