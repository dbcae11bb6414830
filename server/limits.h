// Every bound of the server, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace daybook::server {

// One unary request: several times what a commit may hold (256 KiB), so that what is too large to
// be recorded is refused with the field that makes it so, and not for its length on the wire.
inline constexpr size_t kMaxUnaryRequestBytes = 2 * 1024 * 1024;
// Headers of a call: a traceparent, a token and what proxies add.
inline constexpr int kMaxMetadataBytes = 16 * 1024;
// Of a refusal's sentence: it travels in trailers twice, and clients take 8 KiB of them.
inline constexpr size_t kMaxStatusMessageBytes = 512;
// The longest that a unary call may take, also if the client set no deadline: beyond it nobody
// waits any more, and a call that never ends would hold up a stop.
inline constexpr std::chrono::milliseconds kMaxCallTime{60'000};
// How often calls are looked at for it.
inline constexpr std::chrono::milliseconds kDeadlineSweep{250};
// A stop closes the connections when no call has been refused for so long: what is on its way then
// would be cancelled without a reason.
inline constexpr std::chrono::milliseconds kQuietBeforeClosing{100};
// What a refused client is told to wait before it tries again.
inline constexpr std::chrono::milliseconds kRetryDelay{200};

// A ping more often than this without a call in flight closes the connection: costs a wake-up each.
inline constexpr std::chrono::milliseconds kMinPingInterval{10'000};
// Silent connections are asked after this long whether anybody is there, and dropped if not.
inline constexpr std::chrono::milliseconds kKeepaliveTime{60'000};
inline constexpr std::chrono::milliseconds kKeepaliveTimeout{20'000};

// How long a stopped view or partition may go unreported.
inline constexpr std::chrono::milliseconds kHealthInterval{1000};

// Reads that may take long (history, digests, lists of events) wait here for a thread; beyond it
// callers are told to come back.
inline constexpr size_t kMaxWaitingReads = 4096;
inline constexpr size_t kReadThreads = 2;

// Items of one ingest batch, and its bytes: acknowledged as one, so a bound on what is asked again.
inline constexpr int kMaxBatchItems = 1000;
// Batches of one stream that are under way: enough to keep the disk busy, few enough to be fair.
inline constexpr size_t kMaxBatchesInFlight = 8;
// Items of all streams that are under way. Beyond it streams wait; half of what the engine queues,
// so that single calls always find room.
inline constexpr size_t kMaxIngestItems = 16'384;

// Subscriptions at once: each costs some kilobytes and its share of reading.
inline constexpr size_t kMaxSubscriptions = 256;
// What one subscription reads ahead of its client: keeps the disk reads long and the memory small.
inline constexpr size_t kMaxReadAheadCommits = 256;
inline constexpr size_t kMaxReadAheadBytes = 1024 * 1024;
// Commits looked at in one turn of a subscription whose filter lets little pass: then the next one
// has its turn.
inline constexpr size_t kMaxScannedCommits = 20'000;
inline constexpr int kMaxFilteredEntities = 1000;
inline constexpr int kMaxFilteredTypes = 256;
inline constexpr int kMaxFilteredPartitions = 8192;
inline constexpr uint32_t kMinHeartbeatMs = 100;
inline constexpr uint32_t kMaxHeartbeatMs = 60'000;
inline constexpr uint32_t kStandardHeartbeatMs = 5'000;

// Pages of events.
inline constexpr int32_t kStandardEventPage = 100;
inline constexpr int32_t kMaxEventPage = 1000;
// An answer of events ends early beyond this: a page of large commits must fit into a message.
inline constexpr size_t kMaxEventPageBytes = 3 * 1024 * 1024;

// LedgerService.Ping's padding.
inline constexpr size_t kMaxPingBytes = 65'536;

// How often the last good instant is written.
inline constexpr std::chrono::minutes kClockInterval{1};

}  // namespace daybook::server
