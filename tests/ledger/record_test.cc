#include "ledger/record.h"

#include <catch2/catch.hpp>

#include "golden.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/limits.h"
#include "ledger/record_format.h"
#include "sample_commit.h"

namespace daybook::ledger {
namespace {

// Makes the header's CRC right again after a change.
void Reseal(std::string* record, size_t header_bytes = kHeaderBytes) {
  const uint32_t start = Crc32c(AsView(SampleLedgerId()));
  const std::string_view covered(record->data(), header_bytes - 4);
  StoreLittle(ExtendCrc32c(start, covered), record->data() + header_bytes - 4);
}

HeaderVerdict Judge(std::string_view bytes) {
  RecordHeader header;
  return DecodeHeader(bytes, SampleLedgerId(), &header);
}

}  // namespace

TEST_CASE("record: bytes are those of the layout page") {
  CHECK(Hex(SampleCommit()) == Hex(Golden("commit")));
  CHECK(Hex(SampleCommit().substr(0, kHeaderBytes)) == Hex(Golden("commit_header")));
  CHECK(Hex(SampleGenesis()) == Hex(Golden("genesis")));
  CHECK(Hex(SampleClaim()) == Hex(Golden("claim")));
}

TEST_CASE("record: hashes are those of the layout page") {
  const std::string bytes = SampleCommit();
  RecordHeader header;
  REQUIRE(DecodeHeader(bytes, SampleLedgerId(), &header) == HeaderVerdict::kOk);
  absl::StatusOr<CommitView> view = CommitView::Parse(header, bytes);
  REQUIRE(view.ok());
  CHECK(Hex(AsView(HashOfCommit(*view))) == Hex(Golden("commit_hash")));
  CHECK(Hex(AsView(HashOfControlRecord(SampleGenesis()))) == Hex(Golden("genesis_hash")));
}

TEST_CASE("record: a header reads as it was written") {
  RecordHeader written = SampleHeader();
  written.kind = RecordKind::kEpoch;
  written.recorded_at = Timestamp{-5};
  written.body_length = 17;
  written.body_crc = 0xdeadbeef;
  std::string bytes;
  EncodeHeader(written, SampleLedgerId(), &bytes);
  RecordHeader read;
  REQUIRE(DecodeHeader(bytes, SampleLedgerId(), &read) == HeaderVerdict::kOk);
  CHECK(read.kind == written.kind);
  CHECK(read.encoding == written.encoding);
  CHECK(read.epoch == written.epoch);
  CHECK(read.partition == written.partition);
  CHECK(read.term == written.term);
  CHECK(read.writer == written.writer);
  CHECK(read.sequence == written.sequence);
  CHECK(read.recorded_at == written.recorded_at);
  CHECK(read.registry_sequence == written.registry_sequence);
  CHECK(read.body_length == written.body_length);
  CHECK(read.body_crc == written.body_crc);
}

TEST_CASE("record: a commit reads as it was written") {
  const std::string bytes = SampleCommit();
  RecordHeader header;
  REQUIRE(DecodeHeader(bytes, SampleLedgerId(), &header) == HeaderVerdict::kOk);
  CHECK(BodyMatches(header, std::string_view(bytes).substr(kHeaderBytes)));
  absl::StatusOr<std::shared_ptr<const Commit>> commit = Commit::Make(header, bytes);
  REQUIRE(commit.ok());
  const CommitView& view = (*commit)->view();
  CHECK((*commit)->partition() == PartitionId(7));
  CHECK((*commit)->sequence() == Sequence(42));
  CHECK(view.record() == bytes);
  CHECK(view.tenant() == "main");
  CHECK(view.context() == "\x12\x03web");
  REQUIRE(view.events().size() == 2);
  CHECK(view.events()[0].type == 401);
  CHECK(view.events()[0].schema_version == 1);
  CHECK(view.events()[0].occurred_at.micros == 1699999999000000);
  CHECK(view.events()[0].entity_kind == 2);
  CHECK(view.events()[0].entity_id == "c-1");
  CHECK(view.events()[0].context_override == "");
  CHECK(view.events()[0].payload == "\x0a\x01\x31");
  CHECK(view.events()[0].bytes.size() == 50);
  CHECK(view.events()[1].context_override == "\x0a\x02\x08\x04");
  CHECK(view.events()[1].payload == "");
}

TEST_CASE("record: a commit without events, and one as large as allowed") {
  CommitBuilder empty("main", "", "");
  CHECK(empty.event_count() == 0);
  const std::string small = empty.Finish(SampleHeader(), SampleLedgerId());
  RecordHeader header;
  REQUIRE(DecodeHeader(small, SampleLedgerId(), &header) == HeaderVerdict::kOk);
  CHECK(CommitView::Parse(header, small)->events().empty());

  CommitBuilder full("main", "", "");
  EventToWrite event;
  event.entity_id = "e";
  for (size_t i = 1; i < kMaxCommitEvents; ++i) full.AddEvent(event);
  const std::string payload(kMaxCommitBytes - full.size() - kEventHeadBytes - 1, 'p');
  event.payload = payload;
  full.AddEvent(event);
  REQUIRE(full.size() == kMaxCommitBytes);
  const std::string large = full.Finish(SampleHeader(), SampleLedgerId());
  REQUIRE(DecodeHeader(large, SampleLedgerId(), &header) == HeaderVerdict::kOk);
  REQUIRE(CommitView::Parse(header, large).ok());
  CHECK(CommitView::Parse(header, large)->events().back().payload == payload);
}

TEST_CASE("record: a header is judged in the frozen order") {
  const std::string good = SampleCommit();
  CHECK(Judge(good.substr(0, kHeaderBytes - 1)) == HeaderVerdict::kShort);
  CHECK(Judge("") == HeaderVerdict::kShort);

  std::string bytes = good;
  bytes[0] = 'X';
  Reseal(&bytes);
  CHECK(Judge(bytes) == HeaderVerdict::kBadMagic);

  bytes = good;
  StoreLittle<uint16_t>(84, &bytes[kHeaderLengthOffset]);
  CHECK(Judge(bytes) == HeaderVerdict::kBadLength);
  bytes = good;
  StoreLittle<uint32_t>(kMaxBodyBytes + 1, &bytes[kBodyLengthOffset]);
  Reseal(&bytes);
  CHECK(Judge(bytes) == HeaderVerdict::kBadLength);

  bytes = good;
  bytes[kSequenceOffset] ^= 1;
  CHECK(Judge(bytes) == HeaderVerdict::kBadCrc);
  RecordHeader header;
  LedgerId other = SampleLedgerId();
  other[3] ^= 1;
  CHECK(DecodeHeader(good, other, &header) == HeaderVerdict::kBadCrc);

  bytes = good;
  StoreLittle<uint8_t>(7, &bytes[kKindOffset]);
  Reseal(&bytes);
  CHECK(Judge(bytes) == HeaderVerdict::kUnknownKind);
  REQUIRE(DecodeHeader(bytes, SampleLedgerId(), &header) == HeaderVerdict::kUnknownKind);
  CHECK(header.partition == PartitionId(7));
  StoreLittle<uint16_t>(1, &bytes[kReservedOffset]);
  Reseal(&bytes);
  CHECK(Judge(bytes) == HeaderVerdict::kUnknownVersion);
}

TEST_CASE("record: a later version's longer header is recognised, and its partition read") {
  std::string bytes = SampleCommit();
  StoreLittle<uint16_t>(2, &bytes[kVersionOffset]);
  StoreLittle<uint16_t>(96, &bytes[kHeaderLengthOffset]);
  Reseal(&bytes, 96);
  RecordHeader header;
  REQUIRE(DecodeHeader(bytes, SampleLedgerId(), &header) == HeaderVerdict::kUnknownVersion);
  CHECK(header.partition == PartitionId(7));
  CHECK(Judge(bytes.substr(0, 95)) == HeaderVerdict::kShort);
}

TEST_CASE("record: a genesis is read by whoever does not know the ledger yet") {
  RecordHeader header;
  LedgerId other{};
  CHECK(DecodeHeader(SampleGenesis(), other, &header) == HeaderVerdict::kOk);
  CHECK(header.kind == RecordKind::kGenesis);
}

TEST_CASE("record: event ids are those of the layout page, and text goes both ways") {
  Bytes32 key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  EventIdMaker ids(key);
  for (const std::vector<std::string>& row : GoldenRows("event_ids.txt")) {
    const EventId id = ids.Make(
        Epoch(static_cast<uint32_t>(std::stoul(row[0]))),
        PartitionId(static_cast<uint32_t>(std::stoul(row[1]))), Sequence(std::stoull(row[2])),
        static_cast<uint16_t>(std::stoul(row[3])), Timestamp{std::stoll(row[4])});
    CHECK(FormatEventId(id) == row[5]);
    EventId parsed;
    REQUIRE(ParseEventId(row[5], &parsed));
    CHECK(parsed == id);
  }
  EventId ignored;
  CHECK_FALSE(ParseEventId("", &ignored));
  CHECK_FALSE(ParseEventId("018bcfe5-687b-7086-83d6-bf2c2e99cea", &ignored));
  CHECK_FALSE(ParseEventId("018bcfe5-687b-7086-83d6-bf2c2e99ceag", &ignored));
  CHECK_FALSE(ParseEventId("018bcfe5_687b-7086-83d6-bf2c2e99cead", &ignored));
}

}  // namespace daybook::ledger
