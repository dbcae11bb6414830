#include "projections/contacts/decide.h"

#include "fmt/format.h"
#include "projections/contacts/state.h"
#include "projections/customers/decide.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"

namespace daybook::projections::contacts {

namespace ev = daybook::event::v1;
using daybook::v1::RecordContactRequest;

namespace {

constexpr int64_t kMaxDurationSeconds = 7 * 24 * 3600;
constexpr size_t kMaxNoteBytes = 16384;
constexpr int32_t kMaxCampaignContacts = 1'000'000;

MaybeRefusal CheckDuration(const google::protobuf::Duration& duration) {
  if (duration.seconds() < 0 || duration.seconds() > kMaxDurationSeconds || duration.nanos() != 0) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "duration",
                  "is not from 0 to 7 days in whole seconds");
  }
  return std::nullopt;
}

// What only a contact with an outcome has.
MaybeRefusal CheckOutcome(const RecordContactRequest& request) {
  if (!ev::ContactDisposition_IsValid(request.disposition())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "disposition", "is not one of its values");
  }
  if (request.disposition() == ev::CONTACT_DISPOSITION_UNSPECIFIED) {
    const char* field = request.has_duration()            ? "duration"
                        : !request.wrap_up_code().empty() ? "wrap_up_code"
                        : !request.note().empty()         ? "note"
                                                          : nullptr;
    if (field == nullptr) return std::nullopt;
    return Refuse(daybook::v1::REASON_FIELD_INVALID, field, "is taken with a disposition only");
  }
  if (auto refusal = CheckDuration(request.duration())) return refusal;
  if (auto refusal = CheckCode("wrap_up_code", request.wrap_up_code(), Presence::kOptional)) {
    return refusal;
  }
  return CheckText("note", request.note(), Presence::kOptional, kMaxNoteBytes, true);
}

ev::ContactAttempted MakeAttempt(const RecordContactRequest& request) {
  ev::ContactAttempted attempted;
  attempted.set_contact_id(request.contact_id());
  attempted.set_channel(request.channel());
  attempted.set_direction(request.direction());
  attempted.set_purpose(request.purpose());
  attempted.set_agent_id(request.agent_id());
  attempted.set_campaign_id(request.campaign_id());
  attempted.set_channel_detail(request.channel_detail());
  if (request.has_campaign_contacts()) {
    attempted.set_campaign_contacts(request.campaign_contacts());
  }
  return attempted;
}

ev::ContactOutcomeRecorded MakeOutcome(const RecordContactRequest& request) {
  ev::ContactOutcomeRecorded outcome;
  outcome.set_contact_id(request.contact_id());
  outcome.set_channel(request.channel());
  outcome.set_direction(request.direction());
  outcome.set_purpose(request.purpose());
  outcome.set_disposition(request.disposition());
  if (request.has_duration()) *outcome.mutable_duration() = request.duration();
  outcome.set_wrap_up_code(request.wrap_up_code());
  if (!request.note().empty()) outcome.mutable_note()->set_clear(request.note());
  outcome.set_campaign_id(request.campaign_id());
  return outcome;
}

}  // namespace

std::string ContactName(std::string_view customer, std::string_view contact) {
  return fmt::format("customers/{}/contacts/{}", customer, contact);
}

MaybeRefusal ValidateRecordContact(const RecordContactRequest& request, EntityRef* entity) {
  if (auto refusal = customers::NameCustomer("customer", request.customer(), entity))
    return refusal;
  if (auto refusal = CheckCode("contact_id", request.contact_id(), Presence::kRequired)) {
    return refusal;
  }
  if (auto refusal =
          CheckEnum("channel", request.channel(), ev::ContactChannel_IsValid(request.channel()),
                    Presence::kRequired)) {
    return refusal;
  }
  if (auto refusal =
          CheckEnum("direction", request.direction(),
                    ev::ContactDirection_IsValid(request.direction()), Presence::kRequired)) {
    return refusal;
  }
  if (auto refusal =
          CheckEnum("purpose", request.purpose(), ev::ContactPurpose_IsValid(request.purpose()),
                    Presence::kRequired)) {
    return refusal;
  }
  if (auto refusal = CheckOutcome(request)) return refusal;
  if (auto refusal = CheckCode("agent_id", request.agent_id(), Presence::kOptional)) return refusal;
  if (auto refusal = CheckCode("campaign_id", request.campaign_id(), Presence::kOptional)) {
    return refusal;
  }
  if (auto refusal = CheckCode("channel_detail", request.channel_detail(), Presence::kOptional)) {
    return refusal;
  }
  if (request.campaign_contacts() >= 0 && request.campaign_contacts() <= kMaxCampaignContacts) {
    return std::nullopt;
  }
  return Refuse(daybook::v1::REASON_FIELD_INVALID, "campaign_contacts",
                fmt::format("{} is not from 0 to 1,000,000", request.campaign_contacts()));
}

MaybeRefusal DecideRecordContact(const RecordContactRequest& request, Decision& decision) {
  if (!customers::IsKnown(decision.state())) return customers::RefuseUnknown();
  if (decision.state().Find<KnownContactRow>(request.contact_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_CONTACT_EXISTS, "contact_id",
                  "the customer has a contact of this id");
  }
  decision.Emit(MakeAttempt(request));
  if (request.disposition() != ev::CONTACT_DISPOSITION_UNSPECIFIED) {
    decision.Emit(MakeOutcome(request));
  }
  return std::nullopt;
}

void AnswerRecordContact(const Recorded& recorded, daybook::v1::RecordContactResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_CONTACT_ATTEMPTED) {
      response->set_contact(
          ContactName(recorded.entity.id, event.As<ev::ContactAttempted>().contact_id()));
    }
  }
}

}  // namespace daybook::projections::contacts
