#include "projections/engine/receipt.h"

#include "daybook/v1/common.pb.h"
#include "ledger/position.h"
#include "projections/engine/validation.h"

namespace daybook::projections {

void FillReceipt(const CommitFrame& frame, const std::vector<Event>& events,
                 const ledger::RecordHeader& header, const ledger::TokenKeys& keys,
                 google::protobuf::Message* response) {
  const auto* field = response->GetDescriptor()->FindFieldByName("receipt");
  if (field == nullptr) return;
  auto* receipt = static_cast<daybook::v1::Receipt*>(
      response->GetReflection()->MutableMessage(response, field));
  for (const Event& event : events) receipt->add_event_ids(ledger::FormatEventId(event.id));
  *receipt->mutable_recorded_at() = ToProto(header.recorded_at);
  ledger::PositionToken token(frame.ledger);
  token.Raise({header.epoch, header.partition, header.sequence});
  receipt->set_position_token(token.Seal(keys));
}

}  // namespace daybook::projections
