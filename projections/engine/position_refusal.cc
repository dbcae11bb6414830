#include "projections/engine/position_refusal.h"

#include "fmt/format.h"
#include "ledger/position_check.h"

namespace daybook::projections {

MaybeRefusal CheckPosition(const std::string& field, const ledger::Ledger& ledger,
                           const ledger::Position& position) {
  const auto checked = ledger::CheckPosition(ledger, position);
  if (!checked.ok()) {
    return Refuse(daybook::v1::REASON_DATA_LOSS, field, std::string(checked.status().message()));
  }
  switch (checked->standing) {
    case ledger::PositionStanding::kGood:
      return std::nullopt;
    case ledger::PositionStanding::kBeyondEnd:
      return Refuse(daybook::v1::REASON_POSITION_TOKEN_INVALID, field,
                    "the position lies beyond the ledger's end");
    case ledger::PositionStanding::kEpochEnded:
      break;
  }
  return Refuse(daybook::v1::REASON_EPOCH_ENDED, field,
                fmt::format("epoch {} ended: of partition {} only commits up to {} were kept, the "
                            "position is {}",
                            position.epoch.value(), position.partition.value(),
                            checked->last_common.value(), position.sequence.value()));
}

}  // namespace daybook::projections
