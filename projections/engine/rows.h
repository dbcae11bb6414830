// Keyed rows, the state of every fold: protobuf messages under short keys, gathered in groups. A
// group is what one entity has (decision state, most views) or what stands under one key of an
// index view. In memory a row is its serialised bytes; it is a message only while somebody may hold
// a reference to it. A group is read from disk whole when it is small, else row by row.
//
// Threads: a table and its groups belong to one thread at a time (the processor's worker, or
// whoever holds the view's lock). References to rows are valid until the table is sealed: at the
// end of a command, of a commit's fold, of a read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message_lite.h"
#include "ledger/types.h"
#include "projections/engine/row_set.h"
#include "projections/engine/string_map.h"

namespace daybook::projections {

// The number of a row type, the first two bytes of its keys. Specialised beside each domain's rows;
// frozen for a version of a view. 0x00.. is the engine's, then a hundred for each domain as in
// EventType.
template <typename Row>
struct RowTag;  // static constexpr uint16_t value

enum class ScanOrder { kAscending, kDescending };

// Rows that all tables over one database hold in memory together.
struct RowBudget {
  explicit RowBudget(size_t rows) : limit(rows) {}
  const size_t limit;
  std::atomic<size_t> used{0};
};

// Where rows come from that are not in memory.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // What tables over this source count against; null: they keep all.
  virtual RowBudget* budget() const { return nullptr; }
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
  RowGroup(std::string key, const RowSource* source)
      : key_(std::move(key)), source_(source), complete_(source == nullptr) {}
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
  // the first in that order), until `visit` returns false. `visit` must not use the group.
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

  // The rows of one type.
  struct Typed {
    uint16_t tag;
    RowSet rows;
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
  // The row in memory, read from the source if need be; null if there is none anywhere.
  ResidentRow* Locate(std::string_view key) const;
  ResidentRow* InMemory(std::string_view key) const;
  ResidentRow* Insert(std::string_view key) const;
  void Open(ResidentRow& row, const google::protobuf::MessageLite& prototype) const;
  void MarkDirty(ResidentRow& row);
  void LoadWhole();
  void Seal();
  void ForEachChange(
      const std::function<void(std::string_view row, const std::string_view* bytes)>& visit);
  void ChangesWritten();
  void ForEach(const std::function<void(const ResidentRow&)>& visit) const;
  bool HasRows() const;
  void Forget();
  const RowSet* RowsOf(std::string_view row_key) const;
  RowSet& RowsToAddTo(std::string_view row_key) const;

  std::string key_;
  const RowSource* source_;
  class RowTable* table_ = nullptr;  // told when the group becomes dirty
  // What is in memory. Mutable: finding a row reads it into memory.
  mutable std::vector<Typed> types_;  // in order of their tags
  mutable size_t size_ = 0;
  mutable std::vector<ResidentRow*> open_;  // that have a message
  std::vector<ResidentRow*> dirty_;
  bool complete_;         // the source has nothing that memory has not
  bool touched_ = false;  // since the last sweep of the cache
};

// The groups of one fold in one partition.
class RowTable {
 public:
  explicit RowTable(const RowSource* source)
      : source_(source), budget_(source == nullptr ? nullptr : source->budget()) {}
  ~RowTable() { Clear(); }
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  // Never null; valid until Seal, Evict or Clear.
  RowGroup& Group(std::string_view key);
  // Keys of groups that have rows, ≥ `from`, ascending, from memory and disk, until `visit` returns
  // false.
  void ScanGroups(std::string_view from,
                  const std::function<bool(std::string_view group)>& visit) const;

  // Ends the life of all references: rows are kept as bytes from here on. Looks at the budget now
  // and then, so that reads do not fill the memory.
  void Seal();
  // Hands out every changed row (null: erased) in order of group and row.
  void ForEachChange(const std::function<void(std::string_view group, std::string_view row,
                                              const std::string_view* bytes)>& visit);
  // The source has, from now on, what ForEachChange handed out last. Not called if writing failed:
  // then all of it is handed out again.
  void ChangesWritten();
  // Every row in memory in order of group and row. What a build in memory writes as its sorted
  // table.
  void ForEachSorted(const std::function<void(std::string_view group, std::string_view row,
                                              std::string_view bytes)>& visit);
  size_t dirty_groups() const { return dirty_groups_.size(); }
  // Rows and groups in memory.
  size_t resident_rows() const { return resident_rows_; }
  // If the budget is used up, drops unchanged groups that were not touched since the last call,
  // until this table has come down by as much as all would have to.
  void Evict();
  // Forgets everything in memory, also what was changed: the next reader sees what the source has.
  void Clear();

 private:
  friend class RowGroup;
  using MessagePtr = std::unique_ptr<google::protobuf::MessageLite>;
  // Empty messages of one row type, for use again.
  struct Spares {
    uint16_t tag;
    std::vector<MessagePtr> messages;
  };
  Spares& SparesOf(std::string_view row_key);
  void Count();

  const RowSource* source_;
  StringMap<std::unique_ptr<RowGroup>> groups_;
  std::vector<RowGroup*> dirty_groups_;
  std::vector<RowGroup*> open_groups_;
  std::vector<Spares> spares_;
  size_t resident_rows_ = 0;
  RowBudget* budget_;
  size_t counted_ = 0;  // resident rows that the budget knows of
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
  static std::string ValueOf(const ResidentRow& row);
  const RowGroup* base_;
};

// The smallest string greater than everything that begins with `prefix`; empty if there is none.
std::string EndOfPrefix(std::string prefix);

// Key parts that sort as their numbers do.
std::string KeyOf(uint64_t number);            // 8 bytes, big-endian
std::string KeyOf(ledger::Timestamp instant);  // 8 bytes, big-endian, earlier first
void AppendKey(uint64_t number, std::string* out);
void AppendKey(ledger::Timestamp instant, std::string* out);
uint64_t NumberFromKey(std::string_view key);            // of the first 8 bytes
ledger::Timestamp InstantFromKey(std::string_view key);  // of the first 8 bytes

}  // namespace daybook::projections
