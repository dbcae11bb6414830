#include "ledger/control_records.h"

#include <algorithm>

#include "daybook/event/v1/envelope.pb.h"

namespace daybook::ledger {
namespace {

// Of everything in FORMAT.md.
constexpr uint32_t kFormat = 1;
// Of PartitionOf.
constexpr char kHashFunction[] = "xxh64-v1";

}  // namespace

std::string EncodeGenesis(PartitionId partition, const LedgerId& ledger, uint32_t entity_partitions,
                          uint32_t access_partitions, Timestamp now) {
  event::v1::GenesisBody body;
  body.set_ledger_id(std::string(AsView(ledger)));
  body.set_partition(partition.value());
  body.set_entity_partitions(entity_partitions);
  body.set_access_partitions(access_partitions);
  body.set_hash_function(kHashFunction);
  body.set_format(kFormat);
  RecordHeader header;
  header.kind = RecordKind::kGenesis;
  header.partition = partition;
  header.epoch = Epoch(1);
  header.recorded_at = now;
  return EncodeControlRecord(header, body.SerializeAsString(), ledger);
}

std::string EncodeClaim(PartitionId partition, const LedgerId& ledger, const PartitionState& state,
                        const WriterId& writer, Timestamp now) {
  RecordHeader header;
  header.kind = RecordKind::kClaim;
  header.epoch = state.epoch;
  header.partition = partition;
  header.term = state.term.next();
  header.writer = writer;
  header.recorded_at = std::max(now, state.last_recorded_at);
  return EncodeControlRecord(header, event::v1::ClaimBody().SerializeAsString(), ledger);
}

std::string EncodeEpoch(PartitionId partition, const LedgerId& ledger, const PartitionState& state,
                        std::string_view cause, const Bytes32& root, const WriterId& writer,
                        Timestamp now) {
  event::v1::EpochBody body;
  body.set_cause(std::string(cause));
  body.set_last_sequence(state.last.value());
  body.set_old_root(std::string(AsView(root)));
  RecordHeader header;
  header.kind = RecordKind::kEpoch;
  header.epoch = state.epoch.next();
  header.partition = partition;
  header.term = state.term.next();
  header.writer = writer;
  header.recorded_at = std::max(now, state.last_recorded_at);
  return EncodeControlRecord(header, body.SerializeAsString(), ledger);
}

}  // namespace daybook::ledger
