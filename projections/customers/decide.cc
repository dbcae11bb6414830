#include "projections/customers/decide.h"

#include "fmt/format.h"
#include "projections/customers/changes.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;
using daybook::v1::ChangeAttributesRequest;
using daybook::v1::ChangeIdentifierRequest;
using daybook::v1::ChangeLifecycleRequest;
using daybook::v1::RegisterCustomerRequest;

namespace {

constexpr size_t kMaxNameBytes = 256;
constexpr int kMaxIdentifiersAtOnce = 20;

MaybeRefusal RefuseClosed() {
  return Refuse(daybook::v1::REASON_CUSTOMER_CLOSED, "customer", "the customer has died");
}

// For changes of what is said of a customer.
MaybeRefusal CheckKnownAndOpen(const Decision& decision) {
  if (!IsKnown(decision.state())) return RefuseUnknown();
  if (!IsOpen(decision.state(), decision.context().effective)) return RefuseClosed();
  return std::nullopt;
}

MaybeRefusal CheckStage(ev::LifecycleStage stage, Presence presence) {
  if (stage == ev::LIFECYCLE_STAGE_UNSPECIFIED && presence == Presence::kRequired) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "stage", "is required");
  }
  if (!ev::LifecycleStage_IsValid(stage)) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "stage", "is not a stage");
  }
  return std::nullopt;
}

// The name of the request, or the id that the request derives for who has none yet.
MaybeRefusal NameNewCustomer(const RegisterCustomerRequest& request, EntityRef* entity) {
  if (!request.customer().empty()) return NameCustomer("customer", request.customer(), entity);
  if (auto refusal = CheckCode("request_id", request.request_id(), Presence::kRequired))
    return refusal;
  entity->kind = ev::ENTITY_KIND_CUSTOMER;
  entity->id = DerivedId(entity->tenant, request.request_id());
  return std::nullopt;
}

}  // namespace

MaybeRefusal RefuseUnknown() {
  return Refuse(daybook::v1::REASON_CUSTOMER_UNKNOWN, "customer", "the customer is not known");
}

MaybeRefusal EnsureRegistered(Decision& decision, std::string_view origin) {
  if (!IsOpen(decision.state(), decision.context().effective)) return RefuseClosed();
  if (IsKnown(decision.state())) return std::nullopt;
  ev::CustomerRegistered registered;
  registered.set_stage(ev::LIFECYCLE_STAGE_CUSTOMER);
  registered.set_origin(std::string(origin));
  decision.Emit(registered);
  return std::nullopt;
}

MaybeRefusal ValidateRegisterCustomer(const RegisterCustomerRequest& request, EntityRef* entity) {
  if (auto refusal = NameNewCustomer(request, entity)) return refusal;
  if (!ev::CustomerKind_IsValid(request.kind())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "kind", "is not a kind of customer");
  }
  if (auto refusal = CheckStage(request.stage(), Presence::kOptional)) return refusal;
  if (auto refusal = CheckCode("origin", request.origin(), Presence::kOptional)) return refusal;
  if (auto refusal =
          CheckText("display_name", request.display_name(), Presence::kOptional, kMaxNameBytes)) {
    return refusal;
  }
  if (request.identifiers_size() > kMaxIdentifiersAtOnce) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "identifiers",
                  fmt::format("are more than {}", kMaxIdentifiersAtOnce));
  }
  for (int i = 0; i < request.identifiers_size(); ++i) {
    if (auto refusal =
            CheckIdentifierShape(fmt::format("identifiers[{}]", i), request.identifiers(i))) {
      return refusal;
    }
  }
  return CheckAttributeShapes(request.attributes());
}

MaybeRefusal DecideRegisterCustomer(const RegisterCustomerRequest& request, Decision& decision) {
  if (IsKnown(decision.state())) {
    return Refuse(daybook::v1::REASON_CUSTOMER_EXISTS, "customer", "the customer is known already");
  }
  ev::CustomerAttributesChanged attributes;
  if (auto refusal = MakeAttributes(request.attributes(), decision, &attributes)) return refusal;
  IdentifierChanges identifiers(decision);
  for (int i = 0; i < request.identifiers_size(); ++i) {
    if (auto refusal =
            identifiers.Attach(fmt::format("identifiers[{}]", i), request.identifiers(i))) {
      return refusal;
    }
  }

  ev::CustomerRegistered registered;
  registered.set_kind(request.kind());
  registered.set_stage(request.stage() == ev::LIFECYCLE_STAGE_UNSPECIFIED
                           ? ev::LIFECYCLE_STAGE_CUSTOMER
                           : request.stage());
  registered.set_origin(request.origin());
  if (!request.display_name().empty()) {
    registered.mutable_display_name()->set_clear(request.display_name());
  }
  decision.Emit(registered);
  if (attributes.changes_size() > 0) EmitAttributes(attributes, decision);
  identifiers.Emit();
  return std::nullopt;
}

void AnswerRegisterCustomer(const Recorded& recorded,
                            daybook::v1::RegisterCustomerResponse* response) {
  response->set_customer(CustomerName(recorded.entity.id));
}

MaybeRefusal ValidateChangeAttributes(const ChangeAttributesRequest& request, EntityRef* entity) {
  if (auto refusal = NameCustomer("customer", request.customer(), entity)) return refusal;
  if (request.attributes().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "attributes", "at least one is required");
  }
  return CheckAttributeShapes(request.attributes());
}

MaybeRefusal DecideChangeAttributes(const ChangeAttributesRequest& request, Decision& decision) {
  if (auto refusal = CheckKnownAndOpen(decision)) return refusal;
  ev::CustomerAttributesChanged changed;
  if (auto refusal = MakeAttributes(request.attributes(), decision, &changed)) return refusal;
  EmitAttributes(changed, decision);
  return std::nullopt;
}

void AnswerChangeAttributes(const Recorded&, daybook::v1::ChangeAttributesResponse*) {}

MaybeRefusal ValidateChangeIdentifier(const ChangeIdentifierRequest& request, EntityRef* entity) {
  if (auto refusal = NameCustomer("customer", request.customer(), entity)) return refusal;
  if (auto refusal = CheckIdentifierShape("identifier", request.identifier())) return refusal;
  if (request.action() == ev::IDENTIFIER_ACTION_UNSPECIFIED) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "action", "is required");
  }
  if (!ev::IdentifierAction_IsValid(request.action())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "action", "is not an action");
  }
  return std::nullopt;
}

MaybeRefusal DecideChangeIdentifier(const ChangeIdentifierRequest& request, Decision& decision) {
  if (auto refusal = CheckKnownAndOpen(decision)) return refusal;
  IdentifierChanges identifiers(decision);
  const MaybeRefusal refusal =
      request.action() == ev::IDENTIFIER_ACTION_ATTACHED
          ? identifiers.Attach("identifier", request.identifier())
          : identifiers.Change("identifier", request.identifier(), request.action());
  if (refusal) return refusal;
  identifiers.Emit();
  return std::nullopt;
}

void AnswerChangeIdentifier(const Recorded& recorded,
                            daybook::v1::ChangeIdentifierResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_IDENTIFIER_CHANGED) {
      response->set_identifier_number(event.As<ev::IdentifierChanged>().identifier_number());
    }
  }
}

MaybeRefusal ValidateChangeLifecycle(const ChangeLifecycleRequest& request, EntityRef* entity) {
  if (auto refusal = NameCustomer("customer", request.customer(), entity)) return refusal;
  if (auto refusal = CheckStage(request.stage(), Presence::kRequired)) return refusal;
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideChangeLifecycle(const ChangeLifecycleRequest& request, Decision& decision) {
  if (!IsKnown(decision.state())) return RefuseUnknown();
  const ev::LifecycleStage from = decision.state().Find<CustomerRow>()->stage();
  if (!MayFollow(from, request.stage())) {
    return Refuse(daybook::v1::REASON_LIFECYCLE_INVALID, "stage",
                  fmt::format("{} cannot follow {}", ev::LifecycleStage_Name(request.stage()),
                              ev::LifecycleStage_Name(from)));
  }
  ev::LifecycleChanged changed;
  changed.set_from(from);
  changed.set_to(request.stage());
  changed.set_reason(request.reason());
  decision.Emit(changed);
  return std::nullopt;
}

void AnswerChangeLifecycle(const Recorded&, daybook::v1::ChangeLifecycleResponse*) {}

void BecomeCustomer(const Event& order, Decision& decision) {
  const auto* row = decision.state().Find<CustomerRow>();
  // An order from before the present stage says nothing about it.
  if (row == nullptr || order.occurred_at.micros < row->stage_since_us()) return;
  const ev::LifecycleStage from = row->stage();
  if (from == ev::LIFECYCLE_STAGE_CUSTOMER || !MayFollow(from, ev::LIFECYCLE_STAGE_CUSTOMER))
    return;
  ev::LifecycleChanged changed;
  changed.set_from(from);
  changed.set_to(ev::LIFECYCLE_STAGE_CUSTOMER);
  changed.set_reason("order");
  decision.EmitAt(changed, order.occurred_at);
}

}  // namespace daybook::projections::customers
