#include "projections/customers/state.h"

#include <algorithm>

#include "daybook/event/v1/customers.pb.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;

namespace {

void EnterStage(const Event& event, ev::LifecycleStage stage, RowGroup& rows) {
  auto& row = rows.Mutable<CustomerRow>();
  row.set_stage(stage);
  row.set_stage_since_us(event.occurred_at.micros);
}

void ApplyIdentifier(const ev::IdentifierChanged& changed, RowGroup& rows) {
  const std::string key = AttachedKey(changed.kind(), changed.identifier_number());
  const bool attached = rows.Find<AttachedRow>(key) != nullptr;
  if (changed.action() == ev::IDENTIFIER_ACTION_ATTACHED) {
    auto& row = rows.Mutable<AttachedRow>(key);
    row.set_number(changed.identifier_number());
    row.set_issuer(changed.issuer());
    *row.mutable_normalised() = changed.normalised();
    auto& customer = rows.Mutable<CustomerRow>();
    customer.set_last_identifier_number(
        std::max(customer.last_identifier_number(), changed.identifier_number()));
    if (!attached) customer.set_attached_identifiers(customer.attached_identifiers() + 1);
  } else if (changed.action() == ev::IDENTIFIER_ACTION_DETACHED && attached) {
    rows.Erase<AttachedRow>(key);
    auto& customer = rows.Mutable<CustomerRow>();
    customer.set_attached_identifiers(customer.attached_identifiers() - 1);
  }
}

}  // namespace

void Apply(const Event& event, EntityState& state) {
  switch (event.type) {
    case ev::EVENT_TYPE_CUSTOMER_REGISTERED:
      EnterStage(event, event.As<ev::CustomerRegistered>().stage(), state.rows());
      return;
    case ev::EVENT_TYPE_LIFECYCLE_CHANGED:
      EnterStage(event, event.As<ev::LifecycleChanged>().to(), state.rows());
      return;
    case ev::EVENT_TYPE_IDENTIFIER_CHANGED:
      ApplyIdentifier(event.As<ev::IdentifierChanged>(), state.rows());
      return;
    default:
      return;
  }
}

bool IsKnown(const RowGroup& state) {
  const auto* row = state.Find<CustomerRow>();
  return row != nullptr && row->stage() != ev::LIFECYCLE_STAGE_UNSPECIFIED;
}

bool IsOpen(const RowGroup& state, Timestamp effective) {
  const auto* row = state.Find<CustomerRow>();
  return row == nullptr || row->stage() != ev::LIFECYCLE_STAGE_DECEASED ||
         effective.micros < row->stage_since_us();
}

std::string AttachedPrefix(ev::IdentifierKind kind) {
  return std::string(1, static_cast<char>(kind));
}

std::string AttachedKey(ev::IdentifierKind kind, uint32_t number) {
  std::string key = AttachedPrefix(kind);
  AppendKey(uint64_t{number}, &key);
  return key;
}

}  // namespace daybook::projections::customers
