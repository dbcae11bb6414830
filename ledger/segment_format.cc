#include "ledger/segment_format.h"

#include <algorithm>

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

// Header block.
constexpr size_t kMagicAt = 0;
constexpr size_t kVersionAt = 4;
constexpr size_t kReservedAt = 6;
constexpr size_t kLedgerIdAt = 8;
constexpr size_t kNumberAt = 24;
constexpr size_t kSaltAt = 32;
constexpr size_t kAlignmentAt = 40;
constexpr size_t kLargestGroupAt = 44;
constexpr size_t kHeaderCrcAt = kSegmentHeaderBytes - 4;

// Frame.
constexpr size_t kFrameVersionAt = 4;
constexpr size_t kFrameEncodingAt = 6;
constexpr size_t kFrameReservedAt = 7;
constexpr size_t kFrameNumberAt = 8;
constexpr size_t kFrameBodyLengthAt = 16;
constexpr size_t kFrameRecordCountAt = 20;
constexpr size_t kFrameChainAt = 24;
constexpr size_t kFrameBodyCrcAt = 40;
constexpr size_t kFrameCrcAt = 44;

bool IsPowerOfTwo(uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string block(kSegmentHeaderBytes, '\0');
  StoreLittle(kSegmentMagic, &block[kMagicAt]);
  StoreLittle(kSegmentVersion, &block[kVersionAt]);
  StoreLittle<uint16_t>(0, &block[kReservedAt]);
  std::copy(header.ledger_id.begin(), header.ledger_id.end(), block.begin() + kLedgerIdAt);
  StoreLittle(header.number, &block[kNumberAt]);
  std::copy(header.salt.begin(), header.salt.end(), block.begin() + kSaltAt);
  StoreLittle(header.alignment, &block[kAlignmentAt]);
  StoreLittle(header.largest_group, &block[kLargestGroupAt]);
  StoreLittle(Crc32c({block.data(), kHeaderCrcAt}), &block[kHeaderCrcAt]);
  return block;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view block) {
  if (block.size() < kSegmentHeaderBytes) return absl::DataLossError("header block cut off");
  if (LoadLittle<uint32_t>(&block[kMagicAt]) != kSegmentMagic) {
    return absl::DataLossError("not a segment");
  }
  if (LoadLittle<uint32_t>(&block[kHeaderCrcAt]) != Crc32c(block.substr(0, kHeaderCrcAt))) {
    return absl::DataLossError("header block damaged");
  }
  if (LoadLittle<uint16_t>(&block[kVersionAt]) != kSegmentVersion ||
      LoadLittle<uint16_t>(&block[kReservedAt]) != 0) {
    return absl::FailedPreconditionError("segment of a later version");
  }
  SegmentHeader header;
  std::memcpy(header.ledger_id.data(), &block[kLedgerIdAt], header.ledger_id.size());
  header.number = LoadLittle<uint64_t>(&block[kNumberAt]);
  std::memcpy(header.salt.data(), &block[kSaltAt], header.salt.size());
  header.alignment = LoadLittle<uint32_t>(&block[kAlignmentAt]);
  header.largest_group = LoadLittle<uint32_t>(&block[kLargestGroupAt]);
  if (!IsPowerOfTwo(header.alignment) || header.alignment > kSegmentHeaderBytes) {
    return absl::DataLossError("alignment out of bounds");
  }
  return header;
}

uint32_t SaltStart(const Salt& salt) {
  return Crc32c({reinterpret_cast<const char*>(salt.data()), salt.size()});
}

void StoreFrame(const GroupFrame& frame, uint32_t salt_start, char* out) {
  StoreLittle(kGroupMagic, out + kMagicAt);
  StoreLittle(kGroupVersion, out + kFrameVersionAt);
  StoreLittle(static_cast<uint8_t>(frame.encoding), out + kFrameEncodingAt);
  StoreLittle<uint8_t>(0, out + kFrameReservedAt);
  StoreLittle(frame.number.value(), out + kFrameNumberAt);
  StoreLittle(frame.body_length, out + kFrameBodyLengthAt);
  StoreLittle(frame.record_count, out + kFrameRecordCountAt);
  std::memcpy(out + kFrameChainAt, frame.chain.data(), frame.chain.size());
  StoreLittle(frame.body_crc, out + kFrameBodyCrcAt);
  StoreLittle(ExtendCrc32c(salt_start, {out, kFrameCrcAt}), out + kFrameCrcAt);
}

FrameVerdict DecodeFrame(std::string_view bytes, uint32_t salt_start, GroupFrame* out) {
  if (bytes.size() < kFrameBytes) return FrameVerdict::kNone;
  if (LoadLittle<uint32_t>(&bytes[kMagicAt]) != kGroupMagic) return FrameVerdict::kNone;
  if (LoadLittle<uint32_t>(&bytes[kFrameCrcAt]) !=
      ExtendCrc32c(salt_start, bytes.substr(0, kFrameCrcAt))) {
    return FrameVerdict::kNone;
  }
  if (LoadLittle<uint16_t>(&bytes[kFrameVersionAt]) != kGroupVersion ||
      bytes[kFrameEncodingAt] != static_cast<char>(GroupEncoding::kPlain) ||
      bytes[kFrameReservedAt] != 0) {
    return FrameVerdict::kUnknownVersion;
  }
  out->encoding = GroupEncoding::kPlain;
  out->number = GroupNumber(LoadLittle<uint64_t>(&bytes[kFrameNumberAt]));
  out->body_length = LoadLittle<uint32_t>(&bytes[kFrameBodyLengthAt]);
  out->record_count = LoadLittle<uint32_t>(&bytes[kFrameRecordCountAt]);
  std::memcpy(out->chain.data(), &bytes[kFrameChainAt], out->chain.size());
  out->body_crc = LoadLittle<uint32_t>(&bytes[kFrameBodyCrcAt]);
  return FrameVerdict::kOk;
}

Bytes16 ChainOf(std::string_view frame) {
  DAYBOOK_CHECK(frame.size() == kFrameBytes, "the chain is made of frames");
  const Bytes32 hash = Sha256Of(frame);
  Bytes16 chain;
  std::copy_n(hash.begin(), chain.size(), chain.begin());
  return chain;
}

}  // namespace daybook::ledger
