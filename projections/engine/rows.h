// Keyed rows, the state of every fold: protobuf messages under short keys, gathered in groups. A
// group is what one entity has (decision state, most views) or what stands under one key of an
// index view. Rows are read from disk when asked for and kept in memory while they are changed and
// for a while after.
//
// Threads: a table and its groups belong to one thread at a time (the processor's worker, or
// whoever holds the view's lock). References to rows are valid until the next call that may change
// or evict the same group.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "google/protobuf/message_lite.h"
#include "ledger/types.h"
#include "projections/engine/string_map.h"

namespace daybook::projections {

// The number of a row type, the first two bytes of its keys. Specialised beside each domain's rows;
// frozen for a version of a view. 0x00.. is the engine's, then a hundred for each domain as in
// EventType.
template <typename Row>
struct RowTag;  // static constexpr uint16_t value

enum class ScanOrder { kAscending, kDescending };

// Where rows come from that are not in memory.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // Serialised row, or false.
  virtual bool Load(std::string_view group, std::string_view row, std::string* bytes) const = 0;
  // Calls `visit` for the group's rows with lower ≤ key < upper (empty upper: no bound), in order,
  // until it is false.
  virtual void Scan(
      std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
      const std::function<bool(std::string_view row, std::string_view bytes)>& visit) const = 0;
  // Calls `visit` for each group ≥ `from` that has rows, ascending, until it is false.
  virtual void ScanGroups(std::string_view from,
                          const std::function<bool(std::string_view group)>& visit) const = 0;
};

// The rows of one group.
class RowGroup {
 public:
  // `source` may be null (nothing but memory) and must outlive the group.
  RowGroup(std::string key, const RowSource* source) : key_(std::move(key)), source_(source) {}
  RowGroup(const RowGroup&) = delete;
  RowGroup& operator=(const RowGroup&) = delete;

  const std::string& key() const { return key_; }

  // The row, or null. `key` distinguishes rows of one type; empty for the only one.
  template <typename Row>
  const Row* Find(std::string_view key = {}) const {
    return static_cast<const Row*>(FindRow(RowKey<Row>(key), Row::default_instance()));
  }
  // The row, made with default values if it is not there.
  template <typename Row>
  Row& Mutable(std::string_view key = {}) {
    return static_cast<Row&>(MutableRow(RowKey<Row>(key), Row::default_instance()));
  }
  template <typename Row>
  void Erase(std::string_view key = {}) {
    EraseRow(RowKey<Row>(key));
  }
  // Rows of one type whose keys begin with `prefix`, from `from` on (inclusive, a full key; empty:
  // the first in that order), until `visit` returns false. `visit` must not change the group.
  template <typename Row>
  void Scan(std::string_view prefix, std::string_view from, ScanOrder order,
            const std::function<bool(std::string_view key, const Row& row)>& visit) const {
    ScanRows(RowKey<Row>(prefix), from.empty() ? std::string() : RowKey<Row>(from), order,
             Row::default_instance(),
             [&visit](std::string_view key, const google::protobuf::MessageLite& row) {
               return visit(key.substr(2), static_cast<const Row&>(row));
             });
  }
  template <typename Row>
  void Scan(std::string_view prefix,
            const std::function<bool(std::string_view key, const Row& row)>& visit) const {
    Scan<Row>(prefix, {}, ScanOrder::kAscending, visit);
  }

  template <typename Row>
  static std::string RowKey(std::string_view key) {
    std::string out;
    out.reserve(2 + key.size());
    out.push_back(static_cast<char>(RowTag<Row>::value >> 8));
    out.push_back(static_cast<char>(RowTag<Row>::value & 0xff));
    out.append(key);
    return out;
  }

 private:
  friend class RowTable;
  friend class GroupSource;
  struct Entry {
    std::unique_ptr<google::protobuf::MessageLite> row;  // null: known not to be there, or erased
    bool dirty = false;
  };

  const google::protobuf::MessageLite* FindRow(
      const std::string& key, const google::protobuf::MessageLite& prototype) const;
  google::protobuf::MessageLite& MutableRow(const std::string& key,
                                            const google::protobuf::MessageLite& prototype);
  void EraseRow(const std::string& key);
  void ScanRows(const std::string& prefix, const std::string& from, ScanOrder order,
                const google::protobuf::MessageLite& prototype,
                const std::function<bool(std::string_view, const google::protobuf::MessageLite&)>&
                    visit) const;
  Entry& Load(const std::string& key, const google::protobuf::MessageLite& prototype) const;
  void MarkDirty(Entry& entry);

  std::string key_;
  const RowSource* source_;
  class RowTable* table_ = nullptr;  // told when the group becomes dirty
  // Everything of the group that is in memory. Mutable: finding a row reads it into memory.
  mutable absl::btree_map<std::string, Entry> rows_;
  bool on_disk_ = true;  // false: `source_` is known to have nothing of this group
  bool dirty_ = false;
  bool touched_ = false;  // since the last sweep of the cache
};

// The groups of one fold in one partition.
class RowTable {
 public:
  explicit RowTable(const RowSource* source) : source_(source) {}
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  // Never null; valid until Evict or Clear.
  RowGroup& Group(std::string_view key);
  // Keys of groups that have rows, ≥ `from`, ascending, from memory and disk, until `visit` returns
  // false.
  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view group)>& visit) const;

  // Hands out every changed row (null: erased) in order of group and row, and calls all of it
  // unchanged from now on. The caller makes it visible in the source before anything else is asked of the table.
  void TakeChanges(const std::function<void(std::string_view group, std::string_view row,
                                            const google::protobuf::MessageLite*)>& take);
  // Every row in memory in order of group and row. What a build in memory writes as its sorted
  // table.
  void ForEachSorted(const std::function<void(std::string_view group, std::string_view row,
                                              const google::protobuf::MessageLite&)>& visit) const;
  size_t dirty_groups() const { return dirty_groups_.size(); }
  // Rows in memory, and dropping unchanged groups not touched since the last call until at most
  // `target` remain.
  size_t resident_rows() const { return resident_rows_; }
  void Evict(size_t target);
  // Forgets everything in memory, also what was changed: the next reader sees what the source has.
  void Clear();

 private:
  friend class RowGroup;
  const RowSource* source_;
  StringMap<std::unique_ptr<RowGroup>> groups_;
  std::vector<RowGroup*> dirty_groups_;
  size_t resident_rows_ = 0;
};

// Rows of another group, for trying a command without keeping what it does.
class GroupSource : public RowSource {
 public:
  explicit GroupSource(const RowGroup* base) : base_(base) {}
  bool Load(std::string_view group, std::string_view row, std::string* bytes) const override;
  void Scan(std::string_view group, std::string_view lower, std::string_view upper, ScanOrder order,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view)>& visit) const override;

 private:
  const RowGroup* base_;
};

// Key parts that sort as their numbers do.
std::string KeyOf(uint64_t number);            // 8 bytes, big-endian
std::string KeyOf(ledger::Timestamp instant);  // 8 bytes, big-endian, earlier first
void AppendKey(uint64_t number, std::string* out);
void AppendKey(ledger::Timestamp instant, std::string* out);
uint64_t NumberFromKey(std::string_view key);            // of the first 8 bytes
ledger::Timestamp InstantFromKey(std::string_view key);  // of the first 8 bytes

}  // namespace daybook::projections
