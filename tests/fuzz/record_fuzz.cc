// Feeds arbitrary bytes to everything that takes records, groups and segments apart: nothing may be
// read out of bounds, and what reads must read the same again. CRCs are put right first, or nothing
// would get past them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/record.h"
#include "ledger/record_format.h"
#include "ledger/segment_format.h"
#include "ledger/validity.h"

namespace daybook::ledger {
namespace {

constexpr LedgerId kLedgerId{};

void Require(bool condition) {
  if (!condition) std::abort();
}

void SealRecord(std::string* record) {
  if (record->size() < kHeaderBytes) return;
  char* const bytes = record->data();
  const std::string_view body(bytes + kHeaderBytes, record->size() - kHeaderBytes);
  StoreLittle(kRecordMagic, bytes + kMagicOffset);
  StoreLittle<uint16_t>(kHeaderVersion, bytes + kVersionOffset);
  StoreLittle<uint16_t>(kHeaderBytes, bytes + kHeaderLengthOffset);
  StoreLittle<uint16_t>(0, bytes + kReservedOffset);
  StoreLittle(static_cast<uint32_t>(body.size()), bytes + kBodyLengthOffset);
  StoreLittle(Crc32c(body), bytes + kBodyCrcOffset);
  const bool genesis = bytes[kKindOffset] == static_cast<char>(RecordKind::kGenesis);
  const uint32_t start = genesis ? 0 : Crc32c(AsView(kLedgerId));
  StoreLittle(ExtendCrc32c(start, {bytes, kHeaderCrcOffset}), bytes + kHeaderCrcOffset);
}

// A commit that reads is the one that its parts make.
void CheckCommit(const CommitView& view) {
  CommitBuilder builder(view.tenant(), view.requests(), view.context());
  for (const EventView& event : view.events()) {
    builder.AddEvent({event.type, event.schema_version, event.id, event.occurred_at,
                      event.entity_kind, event.entity_id, event.context_override, event.payload});
  }
  Require(builder.Finish(view.header(), kLedgerId) == view.record());
  HashOfCommit(view);
}

void ReadRecord(std::string_view record) {
  ValidityRule rule(PartitionId(0), kLedgerId);
  rule.Judge(record, nullptr, nullptr);
  RecordHeader header;
  if (DecodeHeader(record, kLedgerId, &header) != HeaderVerdict::kOk) return;
  if (!BodyMatches(header, record.substr(kHeaderBytes))) return;
  absl::StatusOr<CommitView> view = CommitView::Parse(header, record);
  if (view.ok()) CheckCommit(*view);
}

void ReadGroup(std::string bytes) {
  GroupFrame frame;
  DecodeFrame(bytes, 0, &frame);
  if (bytes.size() < kFrameBytes) return;
  StoreLittle(kGroupMagic, bytes.data());
  StoreLittle<uint32_t>(kGroupVersion, &bytes[4]);
  StoreLittle(Crc32c({bytes.data(), kFrameBytes - 4}), &bytes[kFrameBytes - 4]);
  Require(DecodeFrame(bytes, 0, &frame) == FrameVerdict::kOk);
  char again[kFrameBytes];
  StoreFrame(frame, 0, again);
  Require(std::string_view(again, kFrameBytes) == bytes.substr(0, kFrameBytes));
}

void ReadHeaderBlock(std::string bytes) {
  bytes.resize(kSegmentHeaderBytes, '\0');
  StoreLittle(kSegmentMagic, bytes.data());
  StoreLittle(Crc32c({bytes.data(), kSegmentHeaderBytes - 4}), &bytes[kSegmentHeaderBytes - 4]);
  DecodeSegmentHeader(bytes).status().IgnoreError();
}

}  // namespace
}  // namespace daybook::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace daybook::ledger;
  if (size > 64 * 1024) return 0;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadRecord(bytes);
  ReadGroup(bytes);
  ReadHeaderBlock(bytes);
  SealRecord(&bytes);
  ReadRecord(bytes);
  return 0;
}
