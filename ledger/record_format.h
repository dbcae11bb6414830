// ❄ Offsets and bounds of a record's bytes, for the sources that make and read them. FORMAT.md is
// the page for people.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ledger/limits.h"
#include "ledger/record.h"

namespace daybook::ledger {

// "DBKR" when read as bytes.
inline constexpr uint32_t kRecordMagic = 0x524b4244;

// Header. The first three, kind, partition, and the CRC as the last four bytes stay where they are
// in every later version.
inline constexpr size_t kMagicOffset = 0;
inline constexpr size_t kVersionOffset = 4;
inline constexpr size_t kHeaderLengthOffset = 6;
inline constexpr size_t kKindOffset = 8;
inline constexpr size_t kEncodingOffset = 9;
inline constexpr size_t kReservedOffset = 10;
inline constexpr size_t kPartitionOffset = 12;
inline constexpr size_t kEpochOffset = 16;
inline constexpr size_t kBodyLengthOffset = 20;
inline constexpr size_t kTermOffset = 24;
inline constexpr size_t kWriterOffset = 32;
inline constexpr size_t kSequenceOffset = 48;
inline constexpr size_t kRecordedAtOffset = 56;
inline constexpr size_t kRegistrySequenceOffset = 64;
inline constexpr size_t kBodyCrcOffset = 72;
inline constexpr size_t kHeaderCrcOffset = 76;

// A later version's header may be longer, up to this.
inline constexpr size_t kMaxHeaderBytes = 1024;
// kMaxCommitBytes counts the header.
inline constexpr size_t kMaxBodyBytes = kMaxCommitBytes - kHeaderBytes;

// The fixed head of an event, offsets from its first byte.
inline constexpr size_t kEventLengthOffset = 0;
inline constexpr size_t kEventTypeOffset = 4;
inline constexpr size_t kEventSchemaVersionOffset = 6;
inline constexpr size_t kEventIdOffset = 8;
inline constexpr size_t kEventOccurredAtOffset = 24;
inline constexpr size_t kEventEntityKindOffset = 32;
inline constexpr size_t kEventEntityIdLengthOffset = 34;
inline constexpr size_t kEventReservedOffset = 35;
inline constexpr size_t kEventOverrideLengthOffset = 36;
inline constexpr size_t kEventPayloadLengthOffset = 40;
inline constexpr size_t kEventHeadBytes = 44;

// Writes the kHeaderBytes of `header` at `out`.
void StoreHeader(const RecordHeader& header, const LedgerId& ledger_id, char* out);

}  // namespace daybook::ledger
