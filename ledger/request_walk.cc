#include "ledger/request_walk.h"

#include "ledger/coding.h"
#include "ledger/varint.h"

namespace daybook::ledger {
namespace {

// Field numbers of CommitRequests and RequestRecord (envelope.proto), which never change.
constexpr uint64_t kRequests = 1;
constexpr uint64_t kRequestId = 1;
constexpr uint64_t kEntityKind = 2;
constexpr uint64_t kEntityId = 3;
constexpr uint64_t kSource = 10;
constexpr uint64_t kSourceEventId = 11;

// One field of a protobuf message: its number and, by its wire type, `value` or `bytes`.
struct Field {
  uint64_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;
  bool has_bytes = false;
};

bool TakeField(std::string_view* in, Field* field) {
  uint64_t tag = 0;
  if (!TakeVarint(in, &tag)) return false;
  *field = {.number = tag >> 3, .value = 0, .bytes = {}, .has_bytes = false};
  switch (tag & 7) {
    case 0:
      return TakeVarint(in, &field->value);
    case 1:
      return TakeBytes(in, 8, &field->bytes);
    case 2: {
      uint64_t length = 0;
      field->has_bytes = true;
      return TakeVarint(in, &length) && length <= in->size() &&
             TakeBytes(in, static_cast<size_t>(length), &field->bytes);
    }
    case 5:
      return TakeBytes(in, 4, &field->bytes);
    default:
      return false;
  }
}

bool ReadNames(std::string_view in, RequestNames* names) {
  Field field;
  while (!in.empty()) {
    if (!TakeField(&in, &field)) return false;
    if (field.number == kEntityKind && !field.has_bytes) {
      if (field.value > UINT16_MAX) return false;
      names->entity_kind = static_cast<uint16_t>(field.value);
    }
    if (!field.has_bytes) continue;
    if (field.number == kRequestId) names->request_id = field.bytes;
    if (field.number == kEntityId) names->entity_id = field.bytes;
    if (field.number == kSource) names->source = field.bytes;
    if (field.number == kSourceEventId) names->source_event_id = field.bytes;
  }
  return true;
}

}  // namespace

absl::Status WalkRequests(std::string_view requests,
                          absl::FunctionRef<void(const RequestNames&, uint32_t)> visit) {
  uint32_t index = 0;
  Field field;
  while (!requests.empty()) {
    if (!TakeField(&requests, &field)) return absl::DataLossError("requests of a commit: cut off");
    if (field.number != kRequests || !field.has_bytes) continue;
    RequestNames names;
    if (!ReadNames(field.bytes, &names)) {
      return absl::DataLossError("request record of a commit: malformed");
    }
    visit(names, index++);
  }
  return absl::OkStatus();
}

}  // namespace daybook::ledger
