// ❄ The bytes of a segment file: its header block and the frames of its groups. FORMAT.md is the
// page for people.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/types.h"

namespace daybook::ledger {

// "DBKS" and "DBKG" when read as bytes.
inline constexpr uint32_t kSegmentMagic = 0x534b4244;
inline constexpr uint32_t kGroupMagic = 0x474b4244;
inline constexpr uint16_t kSegmentVersion = 1;
inline constexpr uint16_t kGroupVersion = 1;

// The header block; groups begin behind it.
inline constexpr uint32_t kSegmentHeaderBytes = 4096;
inline constexpr uint32_t kFrameBytes = 48;

// How the body of a group is packed; only plain is written.
enum class GroupEncoding : uint8_t { kPlain = 0 };

using Salt = std::array<uint8_t, 8>;

// What a segment says of itself.
struct SegmentHeader {
  LedgerId ledger_id{};
  uint64_t number = 0;         // from 1
  Salt salt{};                 // where the CRCs of its groups start
  uint32_t alignment = 8;      // groups begin at multiples of this
  uint32_t largest_group = 0;  // bytes, frame included
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

// What stands before the records of a group.
struct GroupFrame {
  GroupEncoding encoding = GroupEncoding::kPlain;
  GroupNumber number;
  uint32_t body_length = 0;  // bytes after the frame
  uint32_t record_count = 0;
  Bytes16 chain{};        // ChainOf(frame of the group before); zero for the first
  uint32_t body_crc = 0;  // from SaltStart
  friend bool operator==(const GroupFrame&, const GroupFrame&) = default;
};

enum class FrameVerdict {
  kOk,
  kNone,            // no frame, or not of this segment
  kUnknownVersion,  // a frame of a later program, or one with an unknown encoding
};

// The whole block, kSegmentHeaderBytes long.
std::string EncodeSegmentHeader(const SegmentHeader& header);
// Errors: DataLoss if damaged, FailedPrecondition if of a later version. Says nothing about where
// the file is from.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view block);

// The CRC state from which all CRCs in a segment with this salt start.
uint32_t SaltStart(const Salt& salt);

// Writes the kFrameBytes of `frame` at `out`.
void StoreFrame(const GroupFrame& frame, uint32_t salt_start, char* out);
// Judges and reads a frame; `out` is set if the verdict is kOk. Does not look at the body.
FrameVerdict DecodeFrame(std::string_view bytes, uint32_t salt_start, GroupFrame* out);

// First 16 bytes of SHA-256 of the kFrameBytes of a frame: what the next group's frame carries. The
// frame holds the CRC of its body and the chain before it, so this stands for the whole log up to
// here.
Bytes16 ChainOf(std::string_view frame);

inline uint64_t AlignUp(uint64_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

}  // namespace daybook::ledger
