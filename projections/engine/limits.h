// Every bound of the engine, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daybook::projections {

// Commands that wait for a worker; beyond it callers are told to come back (about a second's work).
inline constexpr size_t kMaxQueuedCommands = 32768;
// Commands decided before their commits are handed to the ledger: keeps the first of a burst from
// waiting for the last.
inline constexpr size_t kMaxCommandsPerStep = 64;
// Deadlines fired in one step while clients wait: half of a batch.
inline constexpr size_t kMaxDeadlinesPerStep = kMaxCommandsPerStep / 2;
// Follow-ups of one partition that are sent in one step.
inline constexpr size_t kMaxFollowUpsPerStep = 64;
// Those that have no answer yet, be it that their target cannot answer; others wait in its state.
inline constexpr size_t kMaxFollowUpsWithoutAnswer = 4096;
// Batches given to the ledger and not yet durable; bounds what a failure makes unknown.
inline constexpr size_t kMaxBatchesInFlight = 64;
// The same in bytes, for each worker; the ledger has no room for much more.
inline constexpr size_t kMaxBytesInFlight = 4ull << 20;
// One batch: it must fit into a group, with others.
inline constexpr size_t kMaxBatchBytes = 1ull << 20;
// Changed groups of decision state, or of one view, that are held before they are written.
inline constexpr size_t kFlushGroups = 50000;
// The same by time: bounds what a restart folds again.
inline constexpr int64_t kFlushMicros = 3'000'000;
// What a row in memory takes, with its key and its place in its group: about.
inline constexpr size_t kBytesOfResidentRow = 200;
// Commits that wait to be folded into views, in bytes; beyond it views catch up from the ledger.
inline constexpr size_t kMaxFeedBytes = 64ull << 20;
// What a commit takes in that feed beside its bytes: it waits with its messages.
inline constexpr size_t kBytesOfDecodedCommit = 4096;
// Rows that a build keeps in memory before it spills them as a first sorted table.
inline constexpr size_t kMaxBuildRows = 8'000'000;
// What a build folds of the log before it looks at its memory and writes how far it is.
inline constexpr uint64_t kBuildStrideBytes = 192ull << 20;
// How close to the end a build hands its views over.
inline constexpr uint64_t kBuildHandsOverGroups = 64;
// Reads that wait for a view to come far enough.
inline constexpr size_t kMaxWaitingReads = 65536;
// How far a client's clock may run ahead: occurred_at later than now by more than this is refused.
inline constexpr int64_t kMaxFutureMicros = 5ll * 60 * 1'000'000;

// Accesses to personal values are gathered for so long before they are written: what a killed
// process may lose of them.
inline constexpr int64_t kAccessGatherMs = 100;
// How long they wait for room on the disk before they are tried again.
inline constexpr int64_t kAccessRetryMs = 1000;
// That many are written at once without waiting for more.
inline constexpr size_t kMaxGatheredAccesses = 4096;
// Accesses that wait to be written; beyond it personal values are not given out.
inline constexpr size_t kMaxWaitingAccesses = 65536;
// Of one commit: with all names at their longest an access takes 900 bytes, so it stays within a
// commit's limit.
inline constexpr size_t kMaxAccessesInCommit = 256;

}  // namespace daybook::projections
