#include "projections/holdings/decide.h"

#include "daybook/event/v1/holdings.pb.h"
#include "fmt/format.h"
#include "projections/customers/decide.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/holdings/holding_fold.h"

namespace daybook::projections::holdings {

namespace ev = daybook::event::v1;
using daybook::v1::ChangeHoldingRequest;
using daybook::v1::CloseHoldingRequest;
using daybook::v1::OpenHoldingRequest;

namespace {

constexpr int64_t kLeastBalance = -1'000'000'000'000'000;

// Fields that an opening and a change have in common.
template <typename Request>
MaybeRefusal CheckFields(const Request& request) {
  if (auto r = CheckCode("product", request.product(), Presence::kOptional)) return r;
  if (auto r = CheckEnum("role", request.role(), ev::HoldingRole_IsValid(request.role()),
                         Presence::kOptional)) {
    return r;
  }
  if (request.has_balance()) {
    if (auto r = CheckMoney("balance", request.balance(), kLeastBalance)) return r;
  }
  if (request.has_balance_at()) {
    Timestamp ignored;
    if (!request.has_balance()) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, "balance_at",
                    "is taken with a balance only");
    }
    if (auto r = CheckInstant("balance_at", request.balance_at(), &ignored)) return r;
  }
  return CheckLocalDate("ends_on", request.ends_on(), Presence::kOptional);
}

template <typename Request>
MaybeRefusal NameHolding(const Request& request, EntityRef* entity) {
  if (auto r = customers::NameCustomer("customer", request.customer(), entity)) return r;
  return CheckCode("holding_id", request.holding_id(), Presence::kRequired);
}

template <typename Request>
ev::HoldingChanged MakeChange(const Request& request, Timestamp effective) {
  ev::HoldingChanged changed;
  changed.set_holding_id(request.holding_id());
  changed.set_product(request.product());
  changed.set_role(request.role());
  changed.set_ends_on(request.ends_on());
  if (request.has_balance()) {
    *changed.mutable_balance() = request.balance();
    *changed.mutable_balance_at() =
        request.has_balance_at() ? request.balance_at() : ToProto(effective);
  }
  return changed;
}

// For commands about a holding that there is.
MaybeRefusal CheckOpen(const Decision& decision, const std::string& holding_id) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  const HoldingRow* row = decision.state().Find<HoldingRow>(holding_id);
  if (row == nullptr) {
    return Refuse(daybook::v1::REASON_HOLDING_UNKNOWN, "holding_id",
                  "the customer has no holding of this id");
  }
  if (IsOpen(*row)) return std::nullopt;
  return Refuse(daybook::v1::REASON_HOLDING_CLOSED, "holding_id", "the holding is over");
}

}  // namespace

std::string HoldingName(std::string_view customer, std::string_view holding_id) {
  return fmt::format("customers/{}/holdings/{}", customer, holding_id);
}

MaybeRefusal ValidateOpenHolding(const OpenHoldingRequest& request, EntityRef* entity) {
  if (auto r = NameHolding(request, entity)) return r;
  if (auto r = CheckCode("kind", request.kind(), Presence::kRequired)) return r;
  return CheckFields(request);
}

MaybeRefusal DecideOpenHolding(const OpenHoldingRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  if (decision.state().Find<HoldingRow>(request.holding_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_HOLDING_EXISTS, "holding_id",
                  "the customer has a holding of this id");
  }
  ev::HoldingChanged opened = MakeChange(request, decision.context().effective);
  opened.set_action(ev::HOLDING_ACTION_OPENED);
  opened.set_kind(request.kind());
  if (opened.role() == ev::HOLDING_ROLE_UNSPECIFIED) opened.set_role(ev::HOLDING_ROLE_PRIMARY);
  decision.Emit(opened);
  return std::nullopt;
}

void AnswerOpenHolding(const Recorded& recorded, daybook::v1::OpenHoldingResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_HOLDING_CHANGED) {
      response->set_holding(
          HoldingName(recorded.entity.id, event.As<ev::HoldingChanged>().holding_id()));
    }
  }
}

MaybeRefusal ValidateChangeHolding(const ChangeHoldingRequest& request, EntityRef* entity) {
  if (auto r = NameHolding(request, entity)) return r;
  if (auto r = CheckFields(request)) return r;
  if (request.product().empty() && request.role() == ev::HOLDING_ROLE_UNSPECIFIED &&
      !request.has_balance() && request.ends_on().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "balance",
                  "something that is different is required");
  }
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideChangeHolding(const ChangeHoldingRequest& request, Decision& decision) {
  if (auto r = CheckOpen(decision, request.holding_id())) return r;
  ev::HoldingChanged changed = MakeChange(request, decision.context().effective);
  changed.set_action(ev::HOLDING_ACTION_CHANGED);
  changed.set_reason(request.reason());
  decision.Emit(changed);
  return std::nullopt;
}

void AnswerChangeHolding(const Recorded&, daybook::v1::ChangeHoldingResponse*) {}

MaybeRefusal ValidateCloseHolding(const CloseHoldingRequest& request, EntityRef* entity) {
  if (auto r = NameHolding(request, entity)) return r;
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideCloseHolding(const CloseHoldingRequest& request, Decision& decision) {
  if (auto r = CheckOpen(decision, request.holding_id())) return r;
  ev::HoldingChanged closed;
  closed.set_holding_id(request.holding_id());
  closed.set_action(ev::HOLDING_ACTION_CLOSED);
  closed.set_reason(request.reason());
  decision.Emit(closed);
  return std::nullopt;
}

void AnswerCloseHolding(const Recorded&, daybook::v1::CloseHoldingResponse*) {}

}  // namespace daybook::projections::holdings
