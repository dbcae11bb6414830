#include "projections/engine/rows.h"

#include <algorithm>

#include "projections/engine/refusal.h"

namespace daybook::projections {

using google::protobuf::MessageLite;

namespace {
// A group that is never idle (the due list, a busy customer) would otherwise keep every row it ever
// touched.
constexpr size_t kMaxResidentRowsOfGroup = 4096;
}  // namespace

RowGroup::Entry& RowGroup::Load(const std::string& key, const MessageLite& prototype) const {
  auto [it, inserted] = rows_.try_emplace(key);
  if (inserted) {
    if (table_ != nullptr) ++table_->resident_rows_;
    std::string bytes;
    if (on_disk_ && source_ != nullptr && source_->Load(key_, key, &bytes)) {
      it->second.row.reset(prototype.New());
      CheckInvariant(it->second.row->ParseFromString(bytes), "a stored row does not parse");
    }
  }
  return it->second;
}

const MessageLite* RowGroup::FindRow(const std::string& key, const MessageLite& prototype) const {
  return Load(key, prototype).row.get();
}

MessageLite& RowGroup::MutableRow(const std::string& key, const MessageLite& prototype) {
  Entry& entry = Load(key, prototype);
  if (entry.row == nullptr) entry.row.reset(prototype.New());
  MarkDirty(entry);
  return *entry.row;
}

void RowGroup::EraseRow(const std::string& key) {
  auto [it, inserted] = rows_.try_emplace(key);
  if (inserted && table_ != nullptr) ++table_->resident_rows_;
  it->second.row.reset();
  MarkDirty(it->second);
}

void RowGroup::MarkDirty(Entry& entry) {
  entry.dirty = true;
  if (!dirty_) {
    dirty_ = true;
    if (table_ != nullptr) table_->dirty_groups_.push_back(this);
  }
}

namespace {

// The smallest string greater than everything that begins with `prefix`; empty if there is none.
std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

// Merges memory (which wins) with the source, in key order, without bringing what is only visited
// into memory.
void RowGroup::ScanRows(
    const std::string& prefix, const std::string& from, ScanOrder order,
    const MessageLite& prototype,
    const std::function<bool(std::string_view, const MessageLite&)>& visit) const {
  const bool ascending = order == ScanOrder::kAscending;
  std::string lower = prefix;
  std::string upper = PrefixEnd(prefix);
  if (!from.empty()) {
    if (ascending) {
      lower = std::max(lower, from);
    } else {
      std::string bound = from + '\0';  // `from` itself is included
      if (upper.empty() || bound < upper) upper = bound;
    }
  }
  // What is in memory, in visiting order, without the rows known to be absent.
  auto begin = rows_.lower_bound(lower);
  auto end = upper.empty() ? rows_.end() : rows_.lower_bound(upper);
  auto forward = begin;
  auto backward = end;
  auto memory_done = [&] { return ascending ? forward == end : backward == begin; };
  auto memory_key = [&]() -> const std::string& {
    return ascending ? forward->first : std::prev(backward)->first;
  };
  auto memory_step = [&] { ascending ? void(++forward) : void(--backward); };
  auto memory_row = [&]() -> const MessageLite* {
    return ascending ? forward->second.row.get() : std::prev(backward)->second.row.get();
  };

  bool stopped = false;
  // Visits what stands in memory before `limit`, and at it (returns true then: memory hides the
  // source's row).
  auto drain_memory = [&](std::string_view limit, bool has_limit) {
    while (!stopped && !memory_done()) {
      if (has_limit) {
        const int order_of = memory_key().compare(limit);
        if (ascending ? order_of > 0 : order_of < 0) return false;
        const bool same = order_of == 0;
        if (const MessageLite* row = memory_row(); row != nullptr)
          stopped = !visit(memory_key(), *row);
        memory_step();
        if (same) return true;
      } else {
        if (const MessageLite* row = memory_row(); row != nullptr)
          stopped = !visit(memory_key(), *row);
        memory_step();
      }
    }
    return false;
  };
  if (on_disk_ && source_ != nullptr) {
    std::unique_ptr<MessageLite> row(prototype.New());
    source_->Scan(key_, lower, upper, order, [&](std::string_view key, std::string_view bytes) {
      if (drain_memory(key, true) || stopped) return !stopped;
      CheckInvariant(row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
                     "a stored row does not parse");
      stopped = !visit(key, *row);
      return !stopped;
    });
  }
  drain_memory({}, false);
}

RowGroup& RowTable::Group(std::string_view key) {
  auto it = groups_.find(key);
  if (it == groups_.end()) {
    auto group = std::make_unique<RowGroup>(std::string(key), source_);
    group->table_ = this;
    if (source_ != nullptr) {
      // One look tells for good whether the disk has anything of this group: most groups of a busy
      // day are new.
      group->on_disk_ = false;
      source_->Scan(key, {}, {}, ScanOrder::kAscending,
                    [&group](std::string_view, std::string_view) {
                      group->on_disk_ = true;
                      return false;
                    });
    }
    it = groups_.emplace(std::string(key), std::move(group)).first;
  }
  it->second->touched_ = true;
  return *it->second;
}

void RowTable::ScanGroups(std::string_view from,
                          const std::function<bool(std::string_view)>& visit) const {
  // Groups in memory that have a row; those unchanged come from the source in any case, and where
  // there is no source nothing is ever taken, so all are changed.
  std::vector<std::string_view> memory;
  for (const RowGroup* group : dirty_groups_) {
    const bool any = std::any_of(group->rows_.begin(), group->rows_.end(),
                                 [](const auto& entry) { return entry.second.row != nullptr; });
    if (any && group->key() >= from) memory.push_back(group->key());
  }
  std::sort(memory.begin(), memory.end());
  auto next = memory.begin();
  bool stopped = false;
  if (source_ != nullptr) {
    source_->ScanGroups(from, [&](std::string_view group) {
      while (!stopped && next != memory.end() && *next < group) stopped = !visit(*next++);
      if (next != memory.end() && *next == group) ++next;
      if (!stopped) stopped = !visit(group);
      return !stopped;
    });
  }
  while (!stopped && next != memory.end()) stopped = !visit(*next++);
}

void RowTable::TakeChanges(
    const std::function<void(std::string_view, std::string_view, const MessageLite*)>& take) {
  std::sort(dirty_groups_.begin(), dirty_groups_.end(),
            [](const RowGroup* a, const RowGroup* b) { return a->key() < b->key(); });
  for (RowGroup* group : dirty_groups_) {
    for (auto& [key, entry] : group->rows_) {
      if (!entry.dirty) continue;
      take(group->key(), key, entry.row.get());
      entry.dirty = false;
    }
    group->dirty_ = false;
    if (group->rows_.size() > kMaxResidentRowsOfGroup) {
      resident_rows_ -= group->rows_.size();
      group->rows_.clear();
      group->on_disk_ = true;
    }  // else memory still holds all that is on disk, and a new row costs no look at it
  }
  dirty_groups_.clear();
}

void RowTable::ForEachSorted(const std::function<void(std::string_view, std::string_view,
                                                      const MessageLite&)>& visit) const {
  std::vector<const RowGroup*> sorted;
  sorted.reserve(groups_.size());
  for (const auto& [key, group] : groups_) sorted.push_back(group.get());
  std::sort(sorted.begin(), sorted.end(),
            [](const RowGroup* a, const RowGroup* b) { return a->key() < b->key(); });
  for (const RowGroup* group : sorted) {
    for (const auto& [key, entry] : group->rows_) {
      if (entry.row != nullptr) visit(group->key(), key, *entry.row);
    }
  }
}

void RowTable::Evict(size_t target) {
  for (auto it = groups_.begin(); it != groups_.end() && resident_rows_ > target;) {
    RowGroup& group = *it->second;
    if (group.dirty_ || group.touched_) {
      group.touched_ = false;
      ++it;
      continue;
    }
    resident_rows_ -= group.rows_.size();
    groups_.erase(it++);
  }
}

void RowTable::Clear() {
  groups_.clear();
  dirty_groups_.clear();
  resident_rows_ = 0;
}

bool GroupSource::Load(std::string_view /*group*/, std::string_view row, std::string* bytes) const {
  const std::string key(row);
  auto it = base_->rows_.find(key);
  if (it != base_->rows_.end()) {
    if (it->second.row == nullptr) return false;
    *bytes = it->second.row->SerializeAsString();
    return true;
  }
  return base_->on_disk_ && base_->source_ != nullptr &&
         base_->source_->Load(base_->key_, row, bytes);
}

void GroupSource::Scan(std::string_view /*group*/, std::string_view lower, std::string_view upper,
                       ScanOrder order,
                       const std::function<bool(std::string_view, std::string_view)>& visit) const {
  // Only dry runs come here: a sorted copy of what both have is simple and fast enough.
  absl::btree_map<std::string, std::string> rows;
  if (base_->on_disk_ && base_->source_ != nullptr) {
    base_->source_->Scan(base_->key_, lower, upper, ScanOrder::kAscending,
                         [&rows](std::string_view key, std::string_view bytes) {
                           rows.emplace(key, bytes);
                           return true;
                         });
  }
  for (const auto& [key, entry] : base_->rows_) {
    if (key < lower || (!upper.empty() && key >= upper)) continue;
    if (entry.row == nullptr) {
      rows.erase(key);
    } else {
      rows[key] = entry.row->SerializeAsString();
    }
  }
  if (order == ScanOrder::kAscending) {
    for (const auto& [key, bytes] : rows) {
      if (!visit(key, bytes)) return;
    }
  } else {
    for (auto it = rows.rbegin(); it != rows.rend(); ++it) {
      if (!visit(it->first, it->second)) return;
    }
  }
}

void GroupSource::ScanGroups(std::string_view from,
                             const std::function<bool(std::string_view)>& visit) const {
  if (base_->key_ >= from) visit(base_->key_);
}

void AppendKey(uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

// The sign bit is turned so that instants before 1970 sort first.
void AppendKey(ledger::Timestamp instant, std::string* out) {
  AppendKey(static_cast<uint64_t>(instant.micros) ^ (1ull << 63), out);
}

std::string KeyOf(uint64_t number) {
  std::string out;
  AppendKey(number, &out);
  return out;
}

std::string KeyOf(ledger::Timestamp instant) {
  std::string out;
  AppendKey(instant, &out);
  return out;
}

uint64_t NumberFromKey(std::string_view key) {
  CheckInvariant(key.size() >= 8, "a key part of 8 bytes is shorter");
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i)
    number = number << 8 | static_cast<uint8_t>(key[static_cast<size_t>(i)]);
  return number;
}

ledger::Timestamp InstantFromKey(std::string_view key) {
  return {static_cast<int64_t>(NumberFromKey(key) ^ (1ull << 63))};
}

}  // namespace daybook::projections
