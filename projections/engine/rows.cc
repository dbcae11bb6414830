#include "projections/engine/rows.h"

#include <algorithm>

#include "absl/container/btree_map.h"
#include "projections/engine/limits.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

using google::protobuf::MessageLite;

namespace {

// When memory is short, what a group may keep that is never idle (the due list, a busy customer).
constexpr size_t kMaxRowsOfBusyGroup = 4096;
// A group of at most so much is read whole: one seek instead of one for each row that is asked for.
constexpr size_t kWholeGroupRows = 256;
constexpr size_t kWholeGroupBytes = 32 * 1024;
// Empty messages kept for each row type; more are in use at once only in a large command.
constexpr size_t kMaxSpares = 64;
// New rows of a table after which it looks at the budget that it shares with others.
constexpr size_t kRowsBetweenCounts = 4096;
// What is left of a budget after it was used up.
constexpr double kKeptOfBudget = 0.75;

uint16_t TagOf(std::string_view row_key) {
  return static_cast<uint16_t>(static_cast<uint8_t>(row_key[0]) << 8 |
                               static_cast<uint8_t>(row_key[1]));
}

void Parse(std::string_view bytes, MessageLite* message) {
  CheckInvariant(message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
                 "a stored row does not parse");
}

}  // namespace

const RowSet* RowGroup::RowsOf(std::string_view row_key) const {
  const uint16_t tag = TagOf(row_key);
  for (const Typed& typed : types_) {
    if (typed.tag == tag) return &typed.rows;
  }
  return nullptr;
}

RowSet& RowGroup::RowsToAddTo(std::string_view row_key) const {
  const uint16_t tag = TagOf(row_key);
  auto it = std::find_if(types_.begin(), types_.end(),
                         [tag](const Typed& typed) { return typed.tag >= tag; });
  if (it == types_.end() || it->tag != tag) it = types_.insert(it, Typed{tag, {}});
  return it->rows;
}

ResidentRow* RowGroup::InMemory(std::string_view key) const {
  const RowSet* const rows = RowsOf(key);
  return rows == nullptr ? nullptr : rows->Find(key);
}

ResidentRow* RowGroup::Insert(std::string_view key) const {
  ++size_;
  if (table_ != nullptr) ++table_->resident_rows_;
  return RowsToAddTo(key).Insert(key);
}

ResidentRow* RowGroup::Locate(std::string_view key) const {
  if (ResidentRow* const row = InMemory(key)) return row;
  if (complete_) return nullptr;
  ResidentRow* const row = Insert(key);
  std::string bytes;
  if (source_->Load(key_, key, &bytes)) {
    row->bytes.append(bytes);
    row->exists = row->stored = true;
  }
  return row;
}

void RowGroup::Open(ResidentRow& row, const MessageLite& prototype) const {
  if (row.message != nullptr) return;
  if (table_ != nullptr) {
    auto& spares = table_->SparesOf(row.key()).messages;
    if (!spares.empty()) {
      row.message = std::move(spares.back());
      spares.pop_back();
    }
    if (open_.empty()) table_->open_groups_.push_back(const_cast<RowGroup*>(this));
  }
  if (row.message == nullptr) row.message.reset(prototype.New());
  open_.push_back(&row);
  if (!row.value().empty()) Parse(row.value(), row.message.get());
}

const MessageLite* RowGroup::FindRow(const std::string& key, const MessageLite& prototype) const {
  ResidentRow* const row = Locate(key);
  if (row == nullptr || !row->exists) return nullptr;
  Open(*row, prototype);
  return row->message.get();
}

MessageLite& RowGroup::MutableRow(const std::string& key, const MessageLite& prototype) {
  ResidentRow* row = Locate(key);
  if (row == nullptr) row = Insert(key);
  if (!row->exists && row->message != nullptr) row->message->Clear();
  row->exists = true;
  Open(*row, prototype);
  row->changed = true;
  MarkDirty(*row);
  return *row->message;
}

void RowGroup::EraseRow(const std::string& key) {
  ResidentRow* row = InMemory(key);
  if (row == nullptr) {
    if (complete_) return;
    row = Insert(key);
    row->stored = true;  // for all that is known
  }
  row->exists = row->changed = false;
  row->bytes.resize(row->key_size);
  MarkDirty(*row);
}

void RowGroup::MarkDirty(ResidentRow& row) {
  if (row.dirty) return;
  row.dirty = true;
  if (dirty_.empty() && table_ != nullptr) table_->dirty_groups_.push_back(this);
  dirty_.push_back(&row);
}

void RowGroup::LoadWhole() {
  size_t bytes_read = 0;
  complete_ = true;
  source_->Scan(key_, {}, {}, ScanOrder::kAscending,
                [&](std::string_view key, std::string_view bytes) {
                  bytes_read += bytes.size();
                  if (size_ >= kWholeGroupRows || bytes_read > kWholeGroupBytes)
                    return complete_ = false;
                  ResidentRow* const row = Insert(key);
                  row->bytes.append(bytes);
                  row->exists = row->stored = true;
                  return true;
                });
}

void RowGroup::Seal() {
  for (ResidentRow* row : open_) {
    if (row->changed) {
      row->bytes.resize(row->key_size);
      row->message->AppendToString(&row->bytes);
      row->changed = false;
    }
    auto& spares = table_->SparesOf(row->key()).messages;
    if (spares.size() < kMaxSpares) {
      row->message->Clear();
      spares.push_back(std::move(row->message));
    } else {
      row->message.reset();
    }
  }
  open_.clear();
}

void RowGroup::ForEachChange(
    const std::function<void(std::string_view row, const std::string_view* bytes)>& visit) {
  std::sort(dirty_.begin(), dirty_.end(),
            [](const ResidentRow* a, const ResidentRow* b) { return a->key() < b->key(); });
  for (ResidentRow* row : dirty_) {
    if (row->exists) {
      const std::string_view value = row->value();
      visit(row->key(), &value);
      row->stored = true;  // perhaps, even if writing fails
    } else if (row->stored) {
      visit(row->key(), nullptr);
    }
  }
}

void RowGroup::ChangesWritten() {
  for (ResidentRow* row : dirty_) {
    row->dirty = false;
    row->stored = row->exists;
    if (!row->exists && complete_) {
      RowsToAddTo(row->key()).Erase(row->key());
      --size_;
      --table_->resident_rows_;
    }
  }
  dirty_.clear();
}

void RowGroup::ForEach(const std::function<void(const ResidentRow&)>& visit) const {
  for (const Typed& typed : types_) {
    for (const auto& slot : typed.rows) visit(*slot.row);
  }
}

bool RowGroup::HasRows() const {
  bool any = false;
  ForEach([&any](const ResidentRow& row) { any |= row.exists; });
  return any;
}

void RowGroup::Forget() {
  table_->resident_rows_ -= size_;
  size_ = 0;
  types_.clear();
  complete_ = false;
}

std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

// Merges memory (which wins) with the source, in key order, without bringing what is only visited
// into memory.
void RowGroup::ScanRows(
    const std::string& prefix, const std::string& from, ScanOrder order,
    const MessageLite& prototype,
    const std::function<bool(std::string_view, const MessageLite&)>& visit) const {
  const bool ascending = order == ScanOrder::kAscending;
  std::string lower = prefix;
  std::string upper = EndOfPrefix(prefix);
  if (!from.empty()) {
    if (ascending) {
      lower = std::max(lower, from);
    } else {
      std::string bound = from + '\0';  // `from` itself is included
      if (upper.empty() || bound < upper) upper = bound;
    }
  }
  // What is in memory, in visiting order, without the rows known to be absent.
  static const RowSet kNone;
  const RowSet* const typed = RowsOf(prefix);
  const RowSet& rows = typed == nullptr ? kNone : *typed;
  auto begin = rows.LowerBound(lower);
  auto end = upper.empty() ? rows.end() : rows.LowerBound(upper);
  auto forward = begin;
  auto backward = end;
  auto memory_done = [&] { return ascending ? forward == end : backward == begin; };
  auto memory_row = [&]() -> const ResidentRow& {
    return ascending ? *forward->row : *std::prev(backward)->row;
  };
  auto memory_step = [&] { ascending ? void(++forward) : void(--backward); };

  bool stopped = false;
  std::unique_ptr<MessageLite> scratch;
  auto visit_bytes = [&](std::string_view key, std::string_view bytes) {
    if (scratch == nullptr) scratch.reset(prototype.New());
    Parse(bytes, scratch.get());
    stopped = !visit(key, *scratch);
  };
  auto visit_memory = [&] {
    const ResidentRow& row = memory_row();
    if (row.exists && row.message != nullptr) stopped = !visit(row.key(), *row.message);
    if (row.exists && row.message == nullptr) visit_bytes(row.key(), row.value());
    memory_step();
  };
  // Visits what stands in memory before `limit`, and at it (returns true then: memory hides the
  // source's row).
  auto drain_memory = [&](std::string_view limit, bool has_limit) {
    while (!stopped && !memory_done()) {
      const int order_of = has_limit ? memory_row().key().compare(limit) : 0;
      if (ascending ? order_of > 0 : order_of < 0) return false;
      visit_memory();
      if (has_limit && order_of == 0) return true;
    }
    return false;
  };
  if (!complete_) {
    source_->Scan(key_, lower, upper, order, [&](std::string_view key, std::string_view bytes) {
      if (!drain_memory(key, true) && !stopped) visit_bytes(key, bytes);
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
    if (source_ != nullptr) group->LoadWhole();
    it = groups_.emplace(std::string(key), std::move(group)).first;
    ++resident_rows_;  // a group without rows takes memory too
  }
  it->second->touched_ = true;
  return *it->second;
}

RowTable::Spares& RowTable::SparesOf(std::string_view row_key) {
  const uint16_t tag = TagOf(row_key);
  for (Spares& spares : spares_) {
    if (spares.tag == tag) return spares;
  }
  return spares_.emplace_back(Spares{tag, {}});
}

void RowTable::ScanGroups(std::string_view from,
                          const std::function<bool(std::string_view)>& visit) const {
  // Groups in memory that have a row; those unchanged come from the source in any case, and where
  // there is no source nothing is ever taken, so all are changed.
  std::vector<std::string_view> memory;
  for (const RowGroup* group : dirty_groups_) {
    if (group->HasRows() && group->key() >= from) memory.push_back(group->key());
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

void RowTable::Seal() {
  for (RowGroup* group : open_groups_) group->Seal();
  open_groups_.clear();
  if (resident_rows_ > counted_ + kRowsBetweenCounts) Evict();
}

void RowTable::Count() {
  if (budget_ != nullptr) budget_->used += resident_rows_ - counted_;  // wraps around when less
  counted_ = resident_rows_;
}

void RowTable::ForEachChange(
    const std::function<void(std::string_view, std::string_view, const std::string_view*)>& visit) {
  Seal();
  std::sort(dirty_groups_.begin(), dirty_groups_.end(),
            [](const RowGroup* a, const RowGroup* b) { return a->key() < b->key(); });
  for (RowGroup* group : dirty_groups_) {
    group->ForEachChange([&](std::string_view row, const std::string_view* bytes) {
      visit(group->key(), row, bytes);
    });
  }
}

void RowTable::ChangesWritten() {
  for (RowGroup* group : dirty_groups_) group->ChangesWritten();
  dirty_groups_.clear();
}

void RowTable::ForEachSorted(
    const std::function<void(std::string_view, std::string_view, std::string_view)>& visit) {
  Seal();
  std::vector<const RowGroup*> sorted;
  sorted.reserve(groups_.size());
  for (const auto& [key, group] : groups_) sorted.push_back(group.get());
  std::sort(sorted.begin(), sorted.end(),
            [](const RowGroup* a, const RowGroup* b) { return a->key() < b->key(); });
  for (const RowGroup* group : sorted) {
    group->ForEach([&](const ResidentRow& row) {
      if (row.exists) visit(group->key(), row.key(), row.value());
    });
  }
}

void RowTable::Evict() {
  Count();
  if (budget_ == nullptr) return;
  const size_t used = budget_->used;
  if (used <= budget_->limit) return;
  // Well below, so that groups have time to be touched again until the next time.
  const auto target =
      static_cast<size_t>(static_cast<double>(resident_rows_) * kKeptOfBudget *
                          static_cast<double>(budget_->limit) / static_cast<double>(used));
  for (auto it = groups_.begin(); it != groups_.end() && resident_rows_ > target;) {
    RowGroup& group = *it->second;
    if (!group.dirty_.empty() || group.touched_) {
      group.touched_ = false;
      if (group.dirty_.empty() && group.size_ > kMaxRowsOfBusyGroup) group.Forget();
      ++it;
      continue;
    }
    resident_rows_ -= group.size_ + 1;
    groups_.erase(it++);
  }
  Count();
}

void RowTable::Clear() {
  dirty_groups_.clear();
  open_groups_.clear();
  groups_.clear();
  resident_rows_ = 0;
  Count();
}

bool GroupSource::Load(std::string_view /*group*/, std::string_view row, std::string* bytes) const {
  const ResidentRow* const found = base_->Locate(row);
  if (found == nullptr || !found->exists) return false;
  *bytes = ValueOf(*found);
  return true;
}

std::string GroupSource::ValueOf(const ResidentRow& row) {
  return row.changed ? row.message->SerializeAsString() : std::string(row.value());
}

void GroupSource::Scan(std::string_view /*group*/, std::string_view lower, std::string_view upper,
                       ScanOrder order,
                       const std::function<bool(std::string_view, std::string_view)>& visit) const {
  // Only dry runs come here: a sorted copy of what both have is simple and fast enough.
  absl::btree_map<std::string, std::string> rows;
  if (!base_->complete_) {
    base_->source_->Scan(base_->key_, lower, upper, ScanOrder::kAscending,
                         [&rows](std::string_view key, std::string_view bytes) {
                           rows.emplace(key, bytes);
                           return true;
                         });
  }
  base_->ForEach([&](const ResidentRow& row) {
    const std::string key(row.key());
    if (key < lower || (!upper.empty() && key >= upper)) return;
    if (row.exists) {
      rows[key] = ValueOf(row);
    } else {
      rows.erase(key);
    }
  });
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
