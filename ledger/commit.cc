// Making and taking apart the body of a commit.
#include <fmt/format.h>

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/limits.h"
#include "ledger/record.h"
#include "ledger/record_format.h"

namespace daybook::ledger {
namespace {

// Enough for the commit of a call without growing: header, common part and two small events.
constexpr size_t kUsualCommitBytes = 768;

absl::Status OutOfBounds(const RecordHeader& header, std::string_view what) {
  return absl::DataLossError(fmt::format("commit of partition {} sequence {}: {} out of bounds",
                                         header.partition.value(), header.sequence.value(), what));
}

// Takes one event off the front of `bytes`; false if its lengths contradict each other or the bytes
// there are.
bool TakeEvent(std::string_view* bytes, EventView* event) {
  if (bytes->size() < kEventHeadBytes) return false;
  const char* head = bytes->data();
  const size_t length = LoadLittle<uint32_t>(head + kEventLengthOffset);
  const size_t id_length = LoadLittle<uint8_t>(head + kEventEntityIdLengthOffset);
  const size_t override_length = LoadLittle<uint32_t>(head + kEventOverrideLengthOffset);
  const size_t payload_length = LoadLittle<uint32_t>(head + kEventPayloadLengthOffset);
  if (length > bytes->size() || id_length > kMaxEntityIdLength) return false;
  if (head[kEventReservedOffset] != 0) return false;
  if (length != kEventHeadBytes + id_length + override_length + payload_length) return false;

  event->type = LoadLittle<uint16_t>(head + kEventTypeOffset);
  event->schema_version = LoadLittle<uint16_t>(head + kEventSchemaVersionOffset);
  std::memcpy(event->id.data(), head + kEventIdOffset, event->id.size());
  event->occurred_at = Timestamp{LoadLittle<int64_t>(head + kEventOccurredAtOffset)};
  event->entity_kind = LoadLittle<uint16_t>(head + kEventEntityKindOffset);
  event->bytes = bytes->substr(0, length);
  event->entity_id = event->bytes.substr(kEventHeadBytes, id_length);
  event->context_override = event->bytes.substr(kEventHeadBytes + id_length, override_length);
  event->payload = event->bytes.substr(length - payload_length);
  bytes->remove_prefix(length);
  return true;
}

}  // namespace

CommitBuilder::CommitBuilder(std::string_view tenant, std::string_view requests,
                             std::string_view context) {
  DAYBOOK_CHECK(tenant.size() <= kMaxTenantLength, "tenant longer than its limit");
  const size_t common_length = 1 + tenant.size() + 4 + requests.size() + context.size();
  DAYBOOK_CHECK(common_length <= UINT32_MAX, "commit longer than its length field");
  record_.reserve(kUsualCommitBytes);
  record_.resize(kHeaderBytes);
  AppendLittle(static_cast<uint32_t>(common_length), &record_);
  AppendLittle(static_cast<uint8_t>(tenant.size()), &record_);
  record_.append(tenant);
  AppendLittle(static_cast<uint32_t>(requests.size()), &record_);
  record_.append(requests);
  record_.append(context);
  count_offset_ = record_.size();
  AppendLittle<uint32_t>(0, &record_);
}

void CommitBuilder::AddEvent(const EventToWrite& event) {
  DAYBOOK_CHECK(event.entity_id.size() <= kMaxEntityIdLength, "entity id longer than its limit");
  const size_t length = kEventHeadBytes + event.entity_id.size() + event.context_override.size() +
                        event.payload.size();
  DAYBOOK_CHECK(length <= UINT32_MAX, "event longer than its length field");
  char head[kEventHeadBytes];
  StoreLittle(static_cast<uint32_t>(length), head + kEventLengthOffset);
  StoreLittle(event.type, head + kEventTypeOffset);
  StoreLittle(event.schema_version, head + kEventSchemaVersionOffset);
  std::memcpy(head + kEventIdOffset, event.id.data(), event.id.size());
  StoreLittle(event.occurred_at.micros, head + kEventOccurredAtOffset);
  StoreLittle(event.entity_kind, head + kEventEntityKindOffset);
  StoreLittle(static_cast<uint8_t>(event.entity_id.size()), head + kEventEntityIdLengthOffset);
  StoreLittle<uint8_t>(0, head + kEventReservedOffset);
  StoreLittle(static_cast<uint32_t>(event.context_override.size()),
              head + kEventOverrideLengthOffset);
  StoreLittle(static_cast<uint32_t>(event.payload.size()), head + kEventPayloadLengthOffset);
  record_.append(head, sizeof head);
  record_.append(event.entity_id);
  record_.append(event.context_override);
  record_.append(event.payload);
  ++event_count_;
}

std::string CommitBuilder::Finish(RecordHeader header, const LedgerId& ledger_id) {
  DAYBOOK_CHECK(record_.size() > kHeaderBytes, "a commit is finished once");
  DAYBOOK_CHECK(record_.size() <= kMaxCommitBytes, "commit longer than its limit");
  DAYBOOK_CHECK(event_count_ <= kMaxCommitEvents, "commit of more events than its limit");
  StoreLittle(event_count_, &record_[count_offset_]);
  const std::string_view body = std::string_view(record_).substr(kHeaderBytes);
  header.kind = RecordKind::kCommit;
  header.encoding = PayloadEncoding::kPlain;
  header.body_length = static_cast<uint32_t>(body.size());
  header.body_crc = Crc32c(body);
  StoreHeader(header, ledger_id, record_.data());
  return std::exchange(record_, std::string());
}

absl::StatusOr<CommitView> CommitView::Parse(const RecordHeader& header, std::string_view record) {
  if (header.kind != RecordKind::kCommit || header.encoding != PayloadEncoding::kPlain) {
    return OutOfBounds(header, "kind or encoding");
  }
  if (record.size() != kHeaderBytes + header.body_length) return OutOfBounds(header, "length");
  CommitView view;
  view.header_ = header;
  view.record_ = record;
  std::string_view rest = record.substr(kHeaderBytes);

  uint32_t common_length = 0;
  uint8_t tenant_length = 0;
  uint32_t requests_length = 0;
  if (!TakeLittle(&rest, &common_length) || !TakeBytes(&rest, common_length, &view.common_)) {
    return OutOfBounds(header, "common part");
  }
  std::string_view common = view.common_;
  if (!TakeLittle(&common, &tenant_length) || tenant_length > kMaxTenantLength ||
      !TakeBytes(&common, tenant_length, &view.tenant_)) {
    return OutOfBounds(header, "tenant");
  }
  if (!TakeLittle(&common, &requests_length) ||
      !TakeBytes(&common, requests_length, &view.requests_)) {
    return OutOfBounds(header, "requests");
  }
  view.context_ = common;

  uint32_t count = 0;
  if (!TakeLittle(&rest, &count) || count > kMaxCommitEvents) {
    return OutOfBounds(header, "event count");
  }
  view.events_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    if (!TakeEvent(&rest, &view.events_[i])) {
      return OutOfBounds(header, fmt::format("event {}", i));
    }
  }
  if (!rest.empty()) return OutOfBounds(header, "what stands behind the last event");
  return view;
}

absl::StatusOr<std::shared_ptr<const Commit>> Commit::Make(
    const RecordHeader& header, std::string record,
    std::shared_ptr<const CommitAttachment> attachment) {
  auto commit = std::make_shared<Commit>();
  // The view points into the bytes, so these move first.
  commit->bytes_ = std::move(record);
  commit->attachment_ = std::move(attachment);
  absl::StatusOr<CommitView> view = CommitView::Parse(header, commit->bytes_);
  if (!view.ok()) return view.status();
  commit->view_ = *std::move(view);
  return commit;
}

}  // namespace daybook::ledger
