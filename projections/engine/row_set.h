// The rows of one type that one group has in memory, in order of their keys.
//
// Threads: that of the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/btree_set.h"
#include "google/protobuf/message_lite.h"

namespace daybook::projections {

// A row in memory: its serialised bytes, and a message only while there may be references to it.
struct ResidentRow {
  std::string bytes;  // the key, then the serialised value
  std::unique_ptr<google::protobuf::MessageLite> message;
  uint32_t key_size = 0;
  bool exists = false;   // false: known not to be there, or erased
  bool stored = false;   // the source may have it
  bool dirty = false;    // since changes were taken last
  bool changed = false;  // `message` is newer than `bytes`

  std::string_view key() const { return std::string_view(bytes).substr(0, key_size); }
  std::string_view value() const { return std::string_view(bytes).substr(key_size); }
};

// Looking at a row costs several misses of the processor's cache, so each stands here with eight
// bytes of its key from where the keys begin to differ: they decide nearly every comparison.
class RowSet {
 private:
  struct Slot {
    uint64_t head;
    std::unique_ptr<ResidentRow> row;
    std::string_view key() const { return row->key(); }
  };
  struct Probe {
    uint64_t head;
    std::string_view text;
    std::string_view key() const { return text; }
  };
  struct Less {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.head != b.head ? a.head < b.head : a.key() < b.key();
    }
  };
  using Slots = absl::btree_set<Slot, Less>;

 public:
  using const_iterator = Slots::const_iterator;  // of slots: it->row is the row

  size_t size() const { return slots_.size(); }
  const_iterator begin() const { return slots_.begin(); }
  const_iterator end() const { return slots_.end(); }
  // The first row whose key is not less.
  const_iterator LowerBound(std::string_view key) const;
  // The row, or null. It stays where it is until it is erased.
  ResidentRow* Find(std::string_view key) const;
  // Adds a row that is not there yet.
  ResidentRow* Insert(std::string_view key);
  void Erase(std::string_view key);

 private:
  Probe ProbeOf(std::string_view key) const;
  void Share(size_t length);

  std::string shared_;  // what all keys begin with
  Slots slots_;
};

}  // namespace daybook::projections
