// The vocabulary of the ledger: distinct types for numbers that must not be mixed up, and the name
// of what events are about. Everything above the ledger uses these.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace daybook::ledger {

// An integer that converts to nothing by accident. `Tag` makes each use a type of its own.
template <typename Tag, typename Rep>
class StrongInt {
 public:
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr StrongInt next() const { return StrongInt(static_cast<Rep>(value_ + 1)); }
  friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
  template <typename H>
  friend H AbslHashValue(H state, StrongInt v) {
    return H::combine(std::move(state), v.value_);
  }

 private:
  Rep value_ = 0;
};

// Gapless number of a commit in its partition, from 1; 0 means "none yet".
using Sequence = StrongInt<struct SequenceTag, uint64_t>;
// Number of an ownership period of a partition, from 1.
using Term = StrongInt<struct TermTag, uint64_t>;
// Number of a continuation of the whole ledger, from 1.
using Epoch = StrongInt<struct EpochTag, uint32_t>;
// 0 is the registry, 1..N hold entities, 65536 and up hold access records.
using PartitionId = StrongInt<struct PartitionTag, uint32_t>;
// Number of a group in the segment log, from 1, gapless over all segments.
using GroupNumber = StrongInt<struct GroupTag, uint64_t>;

inline constexpr PartitionId kRegistryPartition{0};
inline constexpr PartitionId kFirstAccessPartition{65536};
inline constexpr bool IsAccessPartition(PartitionId partition) {
  return partition >= kFirstAccessPartition;
}

// An instant: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct Timestamp {
  int64_t micros = 0;
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};
inline constexpr Timestamp kDistantPast{INT64_MIN};
inline constexpr Timestamp kDistantFuture{INT64_MAX};

using Bytes16 = std::array<uint8_t, 16>;
using Bytes32 = std::array<uint8_t, 32>;

// 16 random bytes drawn once when a ledger is made.
using LedgerId = Bytes16;
// 16 random bytes drawn by each process at start.
using WriterId = Bytes16;
// UUIDv7; see EventIdMaker.
using EventId = Bytes16;
// SHA-256 leaf hash of a record (FORMAT.md, "Record hash").
using RecordHash = Bytes32;

inline std::string_view AsView(const Bytes16& b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline std::string_view AsView(const Bytes32& b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// What events are about: {kind, id} inside a tenant. `kind` is daybook.event.v1.EntityKind.
struct EntityRef {
  std::string tenant;
  uint16_t kind = 0;
  std::string id;

  friend bool operator==(const EntityRef&, const EntityRef&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const EntityRef& e) {
    return H::combine(std::move(state), e.tenant, e.kind, e.id);
  }
};

// The bytes by which an entity is hashed and keyed: u8 length of tenant, tenant, u16 kind
// big-endian, u8 length of id, id. Prefix-free, and entities of one tenant stand together when
// sorted.
std::string EntityKey(const EntityRef& entity);
void AppendEntityKey(std::string_view tenant, uint16_t kind, std::string_view id, std::string* out);

// The partition of an entity: 1 + XXH64(EntityKey, seed 0) mod entity_partitions ("xxh64-v1",
// frozen, golden vectors in tests). Kind TENANT lives in the registry; kind SLICE in the partition
// that its id begins with ("7/...").
PartitionId PartitionOf(const EntityRef& entity, uint32_t entity_partitions);

}  // namespace daybook::ledger
