// The receipt of a request: what its commit says of it, the same for a repeat years later.
#pragma once

#include <vector>

#include "google/protobuf/message.h"
#include "ledger/record.h"
#include "ledger/signed_token.h"
#include "projections/engine/command_decision.h"
#include "projections/engine/event.h"

namespace daybook::projections {

// Fills the field `receipt` of `response`, if it has one.
void FillReceipt(const CommitFrame& frame, const std::vector<Event>& events,
                 const ledger::RecordHeader& header, const ledger::TokenKeys& keys,
                 google::protobuf::Message* response);

}  // namespace daybook::projections
