#include "ledger/index_rows.h"

#include "ledger/coding.h"
#include "ledger/varint.h"

namespace daybook::ledger {
namespace {

void AppendState(const NamedPartitionState& named, std::string* out) {
  const PartitionState& state = named.state;
  AppendVarint(named.partition.value(), out);
  out->push_back(static_cast<char>((state.opened ? 1 : 0) | (state.term_open ? 2 : 0)));
  AppendVarint(state.epoch.value(), out);
  AppendVarint(state.term.value(), out);
  out->append(AsView(state.writer));
  AppendVarint(state.last.value(), out);
  AppendLittle(state.last_recorded_at.micros, out);
}

template <typename Strong>
bool TakeStrong(std::string_view* in, Strong* out) {
  uint64_t value = 0;
  if (!TakeVarint(in, &value)) return false;
  *out = Strong(static_cast<decltype(out->value())>(value));
  return out->value() == value;
}

bool TakeBytes16(std::string_view* in, Bytes16* out) {
  std::string_view bytes;
  if (!TakeBytes(in, out->size(), &bytes)) return false;
  std::memcpy(out->data(), bytes.data(), out->size());
  return true;
}

bool TakeState(std::string_view* in, NamedPartitionState* out) {
  PartitionState* const state = &out->state;
  std::string_view flags;
  if (!TakeStrong(in, &out->partition) || !TakeBytes(in, 1, &flags)) return false;
  state->opened = (flags[0] & 1) != 0;
  state->term_open = (flags[0] & 2) != 0;
  return TakeStrong(in, &state->epoch) && TakeStrong(in, &state->term) &&
         TakeBytes16(in, &state->writer) && TakeStrong(in, &state->last) &&
         TakeLittle(in, &state->last_recorded_at.micros);
}

}  // namespace

std::string EntityRowKey(std::string_view entity_key, Sequence first) {
  std::string key;
  key.reserve(1 + entity_key.size() + 8);
  key.push_back('e');
  key.append(entity_key);
  AppendBig(first.value(), &key);
  return key;
}

std::string PartitionRowKey(PartitionId partition, Sequence first) {
  std::string key(1, 'p');
  AppendBig(partition.value(), &key);
  AppendBig(first.value(), &key);
  return key;
}

std::string RequestRowKey(const RequestKey& key) {
  std::string row(1, 'r');
  row.append(AsView(key.bytes));
  return row;
}

void AppendRunEntry(const IndexEntry* previous, const IndexEntry& entry, std::string* value) {
  // Neighbours in a run mostly lie in one segment, not far apart.
  const IndexEntry base = previous == nullptr ? IndexEntry{entry.sequence, {}} : *previous;
  AppendVarint(entry.sequence.value() - base.sequence.value(), value);
  AppendVarint(entry.place.segment - base.place.segment, value);
  AppendVarint(ZigZag(static_cast<int64_t>(entry.place.offset) - base.place.offset), value);
  AppendVarint(entry.place.length, value);
}

bool ReadRun(Sequence first, std::string_view value, std::vector<IndexEntry>* out) {
  IndexEntry entry{first, {}};
  while (!value.empty()) {
    uint64_t sequence = 0, segment = 0, offset = 0;
    if (!TakeVarint(&value, &sequence) || !TakeVarint(&value, &segment) ||
        !TakeVarint(&value, &offset) || !TakeVarint32(&value, &entry.place.length)) {
      return false;
    }
    entry.sequence = Sequence(entry.sequence.value() + sequence);
    entry.place.segment += segment;
    entry.place.offset = static_cast<uint32_t>(entry.place.offset + UnZigZag(offset));
    out->push_back(entry);
  }
  return true;
}

std::string EncodeRequestPlace(const RequestPlace& place) {
  std::string value;
  AppendVarint(place.partition.value(), &value);
  AppendVarint(place.sequence.value(), &value);
  AppendVarint(place.request_index, &value);
  return value;
}

bool DecodeRequestPlace(std::string_view value, RequestPlace* out) {
  return TakeStrong(&value, &out->partition) && TakeStrong(&value, &out->sequence) &&
         TakeVarint32(&value, &out->request_index) && value.empty();
}

std::string EncodeCheckpoint(const IndexCheckpoint& checkpoint) {
  std::string value;
  AppendVarint(kIndexFormat, &value);
  value.append(AsView(checkpoint.ledger));
  AppendVarint(checkpoint.reached.group.value(), &value);
  AppendVarint(checkpoint.reached.segment, &value);
  AppendVarint(checkpoint.reached.offset, &value);
  AppendVarint(checkpoint.reached.length, &value);
  value.append(AsView(checkpoint.reached.chain));
  AppendVarint(checkpoint.states.size(), &value);
  for (const NamedPartitionState& state : checkpoint.states) AppendState(state, &value);
  return value;
}

bool DecodeCheckpoint(std::string_view value, IndexCheckpoint* out) {
  uint64_t format = 0, count = 0;
  GroupPlace* const reached = &out->reached;
  if (!TakeVarint(&value, &format) || format != kIndexFormat) return false;
  if (!TakeBytes16(&value, &out->ledger) || !TakeStrong(&value, &reached->group) ||
      !TakeVarint(&value, &reached->segment) || !TakeVarint32(&value, &reached->offset) ||
      !TakeVarint32(&value, &reached->length) || !TakeBytes16(&value, &reached->chain) ||
      !TakeVarint(&value, &count) || count > value.size()) {
    return false;
  }
  out->states.resize(count);
  for (NamedPartitionState& state : out->states) {
    if (!TakeState(&value, &state)) return false;
  }
  return value.empty();
}

}  // namespace daybook::ledger
