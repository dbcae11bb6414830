// Goal: whatever bytes stand there, reading a record stays inside them and says no; and what was
// written reads back.
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <vector>

#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/record.h"
#include "ledger/record_format.h"
#include "ledger/segment_format.h"
#include "sample_commit.h"

namespace daybook::ledger {
namespace {

// The bytes in memory of exactly their size, so that a sanitizer sees each step outside.
std::vector<char> Exactly(const std::string& bytes) { return {bytes.begin(), bytes.end()}; }

// Reads as much as there is to read of what claims to be a commit.
void ReadAll(const std::string& bytes) {
  const std::vector<char> memory = Exactly(bytes);
  const std::string_view record(memory.data(), memory.size());
  RecordHeader header;
  if (DecodeHeader(record, SampleLedgerId(), &header) != HeaderVerdict::kOk) return;
  BodyMatches(header, record.substr(kHeaderBytes));
  absl::StatusOr<CommitView> view = CommitView::Parse(header, record);
  if (!view.ok()) return;
  size_t sum = view->tenant().size() + view->requests().size() + view->context().size();
  for (const EventView& event : view->events()) {
    sum += event.entity_id.size() + event.context_override.size() + event.payload.size();
    sum += kEventHeadBytes;
    RC_ASSERT(event.bytes.data() >= record.data());
    RC_ASSERT(event.bytes.data() + event.bytes.size() <= record.data() + record.size());
  }
  // Lengths: common part, tenant, requests, events.
  RC_ASSERT(sum + 4 + 1 + 4 + 4 == header.body_length);
  HashOfCommit(*view);
}

std::string Sealed(std::string record) {
  if (record.size() < kHeaderBytes) return record;
  const uint32_t start = Crc32c(AsView(SampleLedgerId()));
  StoreLittle(ExtendCrc32c(start, {record.data(), kHeaderCrcOffset}), &record[kHeaderCrcOffset]);
  return record;
}

}  // namespace

TEST_CASE("record properties: random bytes are not read out of bounds") {
  rc::prop("random bytes", [](const std::string& bytes) { ReadAll(bytes); });
}

TEST_CASE("record properties: changed commits are not read out of bounds") {
  rc::prop("changed bytes with right CRCs", [] {
    std::string record = SampleCommit();
    const int changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      const size_t at = *rc::gen::inRange<size_t>(0, record.size());
      record[at] = *rc::gen::arbitrary<char>();
    }
    record.resize(*rc::gen::inRange<size_t>(0, record.size() + 1));
    ReadAll(record);
    ReadAll(Sealed(record));
  });
}

TEST_CASE("record properties: every length field of a commit, at its extremes") {
  const std::string good = SampleCommit();
  for (size_t at = kHeaderBytes; at + 4 <= good.size(); ++at) {
    for (uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xfffffff0u, 0xffffffffu}) {
      std::string record = good;
      StoreLittle(value, &record[at]);
      ReadAll(record);
    }
  }
}

TEST_CASE("record properties: commits read back as written") {
  rc::prop("round trip", [](const std::string& requests, const std::string& context,
                            const std::vector<std::string>& payloads) {
    const std::string tenant = *rc::gen::resize(32, rc::gen::arbitrary<std::string>());
    CommitBuilder builder(tenant, requests, context);
    for (const std::string& payload : payloads) {
      EventToWrite event;
      event.type = 7;
      event.entity_kind = 2;
      event.entity_id = tenant;
      event.context_override = context;
      event.payload = payload;
      builder.AddEvent(event);
    }
    const size_t size = builder.size();
    const std::string record = builder.Finish(SampleHeader(), SampleLedgerId());
    RC_ASSERT(record.size() == size);
    RecordHeader header;
    RC_ASSERT(DecodeHeader(record, SampleLedgerId(), &header) == HeaderVerdict::kOk);
    RC_ASSERT(BodyMatches(header, std::string_view(record).substr(kHeaderBytes)));
    absl::StatusOr<CommitView> view = CommitView::Parse(header, record);
    RC_ASSERT(view.ok());
    RC_ASSERT(view->tenant() == tenant);
    RC_ASSERT(view->requests() == requests);
    RC_ASSERT(view->context() == context);
    RC_ASSERT(view->events().size() == payloads.size());
    for (size_t i = 0; i < payloads.size(); ++i) {
      RC_ASSERT(view->events()[i].payload == payloads[i]);
      RC_ASSERT(view->events()[i].context_override == context);
      RC_ASSERT(view->events()[i].entity_id == tenant);
    }
  });
}

TEST_CASE("record properties: random frames and header blocks are not read out of bounds") {
  rc::prop("random bytes", [](const std::string& bytes) {
    const std::vector<char> memory = Exactly(bytes);
    GroupFrame frame;
    RC_ASSERT(DecodeFrame({memory.data(), memory.size()}, 5, &frame) == FrameVerdict::kNone);
    RC_ASSERT(!DecodeSegmentHeader({memory.data(), memory.size()}).ok());
  });
}

}  // namespace daybook::ledger
