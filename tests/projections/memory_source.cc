#include "tests/projections/memory_source.h"

#include "fmt/format.h"

namespace daybook::projections::testing {

void MemorySource::Flush(RowTable* table) {
  table->ForEachChange(
      [this](std::string_view group, std::string_view row, const std::string_view* bytes) {
        auto& rows = groups_[std::string(group)];
        if (bytes != nullptr) {
          rows[std::string(row)] = *bytes;
        } else {
          rows.erase(std::string(row));
        }
        if (rows.empty()) groups_.erase(std::string(group));
      });
  table->ChangesWritten();
}

bool MemorySource::Load(std::string_view group, std::string_view row, std::string* bytes) const {
  const auto rows = groups_.find(group);
  if (rows == groups_.end()) return false;
  const auto found = rows->second.find(row);
  if (found == rows->second.end()) return false;
  *bytes = found->second;
  return true;
}

void MemorySource::Scan(
    std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto rows = groups_.find(group);
  if (rows == groups_.end()) return;
  const auto begin = rows->second.lower_bound(lower);
  const auto end = upper.empty() ? rows->second.end() : rows->second.lower_bound(upper);
  if (order == ScanOrder::kAscending) {
    for (auto it = begin; it != end; ++it) {
      if (!visit(it->first, it->second)) return;
    }
  } else {
    for (auto it = end; it != begin;) {
      --it;
      if (!visit(it->first, it->second)) return;
    }
  }
}

void MemorySource::ScanGroups(std::string_view from,
                              const std::function<bool(std::string_view)>& visit) const {
  for (auto it = groups_.lower_bound(from); it != groups_.end(); ++it) {
    if (!visit(it->first)) return;
  }
}

std::string MemorySource::Dump() const {
  const auto append_hex = [](std::string_view bytes, std::string* out) {
    for (const char c : bytes)
      fmt::format_to(std::back_inserter(*out), "{:02x}", static_cast<uint8_t>(c));
  };
  std::string out;
  for (const auto& [group, rows] : groups_) {
    for (const auto& [key, bytes] : rows) {
      append_hex(group, &out);
      out += ' ';
      append_hex(key, &out);
      out += ' ';
      append_hex(bytes, &out);
      out += '\n';
    }
  }
  return out;
}

size_t MemorySource::row_count() const {
  size_t count = 0;
  for (const auto& [group, rows] : groups_) count += rows.size();
  return count;
}

}  // namespace daybook::projections::testing
