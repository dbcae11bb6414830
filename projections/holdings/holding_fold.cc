#include "projections/holdings/holding_fold.h"

#include "daybook/event/v1/holdings.pb.h"
#include "projections/engine/validation.h"

namespace daybook::projections::holdings {

namespace ev = daybook::event::v1;

namespace {

void TakeFields(const ev::HoldingChanged& changed, HoldingRow& row) {
  if (!changed.kind().empty()) row.set_kind(changed.kind());
  if (!changed.product().empty()) row.set_product(changed.product());
  if (changed.role() != ev::HOLDING_ROLE_UNSPECIFIED) row.set_role(changed.role());
  if (!changed.ends_on().empty()) row.set_ends_on(changed.ends_on());
  if (!changed.has_balance()) return;
  const int64_t at_us = FromProto(changed.balance_at()).micros;
  if (row.has_balance() && at_us < row.balance_at_us()) return;
  *row.mutable_balance() = changed.balance();
  row.set_balance_at_us(at_us);
}

}  // namespace

std::optional<HoldingStep> FoldHolding(const Event& event, RowGroup& rows) {
  if (event.type != ev::EVENT_TYPE_HOLDING_CHANGED) return std::nullopt;
  const auto& changed = event.As<ev::HoldingChanged>();
  HoldingRow& row = rows.Mutable<HoldingRow>(changed.holding_id());
  HoldingStep step{row, {}};
  TakeFields(changed, row);
  if (changed.action() == ev::HOLDING_ACTION_OPENED) {
    row.set_seen(true);
    row.set_opened_at_us(event.occurred_at.micros);
  } else if (changed.action() == ev::HOLDING_ACTION_CLOSED) {
    row.set_closed_at_us(event.occurred_at.micros);
  }
  step.after = row;
  return step;
}

bool IsOpen(const HoldingRow& row) { return row.seen() && !row.has_closed_at_us(); }

}  // namespace daybook::projections::holdings
