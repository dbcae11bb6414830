// The rows of the index: how keys sort and what values hold. All of it can be made again from the
// log, so nothing here is frozen: kIndexFormat changes with it, and an index of another format is
// thrown away.
//
//   'e' entity key, big-endian sequence      a run of commits of the entity: {sequence, place}...
//   'm'                                      the checkpoint: how far the index has come
//   'p' partition, sequence (big-endian)     a run of consecutive commits of the partition:
//   place... 'r' request key                          where that request was recorded
//
// A run's key has the sequence of its first commit; one row serves up to kMaxRunLength commits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/request_key.h"
#include "ledger/segment.h"
#include "ledger/types.h"
#include "ledger/validity.h"

namespace daybook::ledger {

inline constexpr uint32_t kIndexFormat = 1;
inline constexpr size_t kMaxRunLength = 256;

// A commit as the index knows it.
struct IndexEntry {
  Sequence sequence;
  RecordPlace place;
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

struct NamedPartitionState {
  PartitionId partition;
  PartitionState state;
  friend bool operator==(const NamedPartitionState&, const NamedPartitionState&) = default;
};

// What the rows say about the log: everything up to and with group `reached` is in them.
struct IndexCheckpoint {
  LedgerId ledger{};
  GroupPlace reached;
  std::vector<NamedPartitionState> states;  // after that group
  friend bool operator==(const IndexCheckpoint&, const IndexCheckpoint&) = default;
};

inline constexpr std::string_view kCheckpointKey = "m";
std::string EntityRowKey(std::string_view entity_key, Sequence first);
std::string PartitionRowKey(PartitionId partition, Sequence first);
std::string RequestRowKey(const RequestKey& key);

// Both for 'e' and 'p' rows: appends one commit more. `previous` is the one before in the same run,
// null for the first.
void AppendRunEntry(const IndexEntry* previous, const IndexEntry& entry, std::string* value);
// Adds a row's commits to `out`; `first` is from its key. False if `value` is damaged.
bool ReadRun(Sequence first, std::string_view value, std::vector<IndexEntry>* out);

std::string EncodeRequestPlace(const RequestPlace& place);
bool DecodeRequestPlace(std::string_view value, RequestPlace* out);

std::string EncodeCheckpoint(const IndexCheckpoint& checkpoint);
// False if it is damaged or of another format.
bool DecodeCheckpoint(std::string_view value, IndexCheckpoint* out);

}  // namespace daybook::ledger
