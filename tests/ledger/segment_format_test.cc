#include "ledger/segment_format.h"

#include <catch2/catch.hpp>

#include "golden.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "sample_commit.h"

namespace daybook::ledger {
namespace {

constexpr Salt kSalt = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

SegmentHeader SampleSegment() {
  SegmentHeader header;
  header.ledger_id = SampleLedgerId();
  header.number = 3;
  header.salt = kSalt;
  header.alignment = 8;
  header.largest_group = 4 * 1024 * 1024;
  return header;
}

// Group 9: the sample commit and claim behind a group whose chain is 40 41 .. 4f.
std::string SampleGroup() {
  const std::string body = SampleCommit() + SampleClaim();
  GroupFrame frame;
  frame.number = GroupNumber(9);
  frame.body_length = static_cast<uint32_t>(body.size());
  frame.record_count = 2;
  for (size_t i = 0; i < frame.chain.size(); ++i) frame.chain[i] = static_cast<uint8_t>(0x40 + i);
  frame.body_crc = ExtendCrc32c(SaltStart(kSalt), body);
  std::string group(kFrameBytes, '\0');
  StoreFrame(frame, SaltStart(kSalt), group.data());
  return group + body;
}

}  // namespace

TEST_CASE("segment format: the header block is that of the layout page") {
  const std::string block = EncodeSegmentHeader(SampleSegment());
  REQUIRE(block.size() == kSegmentHeaderBytes);
  CHECK(Hex(block.substr(0, 64)) == Hex(Golden("segment_header_first_64")));
  CHECK(block.find_first_not_of('\0', 48) == kSegmentHeaderBytes - 4);
  CHECK(Hex(block.substr(kSegmentHeaderBytes - 4)) == Hex(Golden("segment_header_crc")));
  absl::StatusOr<SegmentHeader> read = DecodeSegmentHeader(block);
  REQUIRE(read.ok());
  CHECK(*read == SampleSegment());
}

TEST_CASE("segment format: every damaged byte of a header block is found") {
  const std::string good = EncodeSegmentHeader(SampleSegment());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string block = good;
    block[i] ^= 0x10;
    CHECK(absl::IsDataLoss(DecodeSegmentHeader(block).status()));
  }
  CHECK(absl::IsDataLoss(DecodeSegmentHeader(good.substr(0, 4095)).status()));
}

TEST_CASE("segment format: a later version's block is told from a damaged one") {
  std::string block = EncodeSegmentHeader(SampleSegment());
  StoreLittle<uint16_t>(2, &block[4]);
  StoreLittle(Crc32c({block.data(), block.size() - 4}), &block[block.size() - 4]);
  CHECK(absl::IsFailedPrecondition(DecodeSegmentHeader(block).status()));
}

TEST_CASE("segment format: a group is that of the layout page") {
  const std::string group = SampleGroup();
  CHECK(Hex(group) == Hex(Golden("group")));
  CHECK(Hex(AsView(ChainOf(group.substr(0, kFrameBytes)))) == Hex(Golden("group_chain")));
  GroupFrame frame;
  REQUIRE(DecodeFrame(group, SaltStart(kSalt), &frame) == FrameVerdict::kOk);
  CHECK(frame.number == GroupNumber(9));
  CHECK(frame.body_length == group.size() - kFrameBytes);
  CHECK(frame.record_count == 2);
}

TEST_CASE("segment format: a frame is none with another salt, a damaged byte or too few bytes") {
  const std::string group = SampleGroup();
  GroupFrame frame;
  CHECK(DecodeFrame(group, SaltStart({}), &frame) == FrameVerdict::kNone);
  CHECK(DecodeFrame(group, 0, &frame) == FrameVerdict::kNone);
  CHECK(DecodeFrame(group.substr(0, 47), SaltStart(kSalt), &frame) == FrameVerdict::kNone);
  for (size_t i = 0; i < kFrameBytes; ++i) {
    std::string damaged = group;
    damaged[i] ^= 0x04;
    CHECK(DecodeFrame(damaged, SaltStart(kSalt), &frame) == FrameVerdict::kNone);
  }
}

TEST_CASE("segment format: frames of later programs are recognised") {
  for (size_t at : {4u, 6u, 7u}) {
    std::string group = SampleGroup();
    group[at] = 9;
    StoreLittle(ExtendCrc32c(SaltStart(kSalt), {group.data(), 44}), &group[44]);
    GroupFrame frame;
    CHECK(DecodeFrame(group, SaltStart(kSalt), &frame) == FrameVerdict::kUnknownVersion);
  }
}

}  // namespace daybook::ledger
