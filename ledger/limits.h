// Every bound of the ledger, each with its reason. Values marked ❄ are part of the stored format.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daybook::ledger {

// ❄ One commit: what a reader must be able to hold at once, and a Kafka message's usual bound.
inline constexpr size_t kMaxCommitBytes = 256 * 1024;
// ❄ Ten bits of the event id's input, and a bound on the work of one decision.
inline constexpr size_t kMaxCommitEvents = 1024;
// ❄ A group fits into one segment; larger groups only delay their first caller.
inline constexpr size_t kMaxGroupBytes = 4 * 1024 * 1024;
// ❄ Names in records: lengths are single bytes.
inline constexpr size_t kMaxTenantLength = 32;
inline constexpr size_t kMaxEntityIdLength = 64;
inline constexpr size_t kMaxRequestIdLength = 64;
// Zeroed ahead; two exist at least, so a ledger begins with twice this on disk.
inline constexpr uint64_t kDefaultSegmentBytes = 64ull * 1024 * 1024;
// Each partition costs a claim at every start and some state in memory; more would never be spread
// over as many machines.
inline constexpr uint32_t kMaxEntityPartitions = 4096;
inline constexpr uint32_t kMaxAccessPartitions = 1024;
// The tail that the index lacks is held in memory; beyond this, writes wait for the index.
inline constexpr size_t kMaxUnindexedTailBytes = 256ull * 1024 * 1024;
// Batches that wait for the committer; beyond it the processor waits.
inline constexpr size_t kMaxWaitingBatchBytes = 64ull * 1024 * 1024;
// One position a partition.
inline constexpr size_t kMaxTokenPositions = 1 + kMaxEntityPartitions + kMaxAccessPartitions;
// Of a token's text: more than the largest position token needs.
inline constexpr size_t kMaxTokenLength = 256 * 1024;

}  // namespace daybook::ledger
