#include "sample_commit.h"

#include "daybook/event/v1/envelope.pb.h"

namespace daybook::ledger {
namespace {

template <typename Array>
Array Counting(uint8_t first) {
  Array bytes;
  for (uint8_t& byte : bytes) byte = first++;
  return bytes;
}

}  // namespace

LedgerId SampleLedgerId() { return Counting<LedgerId>(0); }

RecordHeader SampleHeader() {
  RecordHeader header;
  header.partition = PartitionId(7);
  header.epoch = Epoch(1);
  header.term = Term(3);
  header.writer = Counting<WriterId>(0x10);
  header.sequence = Sequence(42);
  header.recorded_at = Timestamp{1700000000123456};
  header.registry_sequence = Sequence(5);
  return header;
}

std::string SampleCommit() {
  event::v1::CommitRequests requests;
  event::v1::RequestRecord* request = requests.add_requests();
  request->set_request_id("r-1");
  request->set_entity_kind(event::v1::ENTITY_KIND_CUSTOMER);
  request->set_entity_id("c-1");
  request->set_event_count(1);
  event::v1::EventContext context;
  context.set_channel("web");

  const RecordHeader header = SampleHeader();
  EventIdMaker ids(Counting<Bytes32>(0));
  CommitBuilder builder("main", requests.SerializeAsString(), context.SerializeAsString());
  EventToWrite order;
  order.type = event::v1::EVENT_TYPE_ORDER_COMPLETED;
  order.id = ids.Make(header.epoch, header.partition, header.sequence, 0, header.recorded_at);
  order.occurred_at = Timestamp{1699999999000000};
  order.entity_kind = event::v1::ENTITY_KIND_CUSTOMER;
  order.entity_id = "c-1";
  order.payload = "\x0a\x01\x31";
  builder.AddEvent(order);
  EventToWrite points = order;
  points.type = event::v1::EVENT_TYPE_POINTS_EARNED;
  points.id = ids.Make(header.epoch, header.partition, header.sequence, 1, header.recorded_at);
  points.occurred_at = header.recorded_at;
  points.context_override = "\x0a\x02\x08\x04";
  points.payload = "";
  builder.AddEvent(points);
  return builder.Finish(header, SampleLedgerId());
}

std::string SampleClaim() {
  RecordHeader header = SampleHeader();
  header.kind = RecordKind::kClaim;
  header.sequence = Sequence(0);
  header.registry_sequence = Sequence(0);
  return EncodeControlRecord(header, "", SampleLedgerId());
}

std::string SampleGenesis() {
  event::v1::GenesisBody body;
  body.set_ledger_id(std::string(AsView(SampleLedgerId())));
  body.set_partition(7);
  body.set_entity_partitions(32);
  body.set_hash_function("xxh64-v1");
  body.set_format(1);
  RecordHeader header = SampleHeader();
  header.kind = RecordKind::kGenesis;
  header.term = Term(0);
  header.sequence = Sequence(0);
  header.registry_sequence = Sequence(0);
  return EncodeControlRecord(header, body.SerializeAsString(), SampleLedgerId());
}

}  // namespace daybook::ledger
