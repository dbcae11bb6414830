// The view contact_history and its query.
#include "daybook/event/v1/contacts.pb.h"
#include "projections/contacts/decide.h"
#include "projections/contacts/views.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/page.h"

namespace daybook::projections::contacts {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 50;
constexpr int32_t kMaxPage = 1000;
constexpr size_t kInstantBytes = 8;

std::string ContactKey(Timestamp occurred_at, std::string_view contact_id) {
  std::string key = KeyOf(occurred_at);
  key += contact_id;
  return key;
}

class HistoryView : public View {
 public:
  std::string_view name() const override { return kHistoryView; }
  uint32_t version() const override { return 2; }
  bool Wants(EventType type) const override {
    return type == ev::EVENT_TYPE_CONTACT_ATTEMPTED ||
           type == ev::EVENT_TYPE_CONTACT_OUTCOME_RECORDED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    if (event.type == ev::EVENT_TYPE_CONTACT_ATTEMPTED) {
      const auto& attempted = event.As<ev::ContactAttempted>();
      ContactRow& row = Place(event, attempted, state.entity());
      row.set_agent_id(attempted.agent_id());
      row.set_campaign_id(attempted.campaign_id());
      row.set_channel_detail(attempted.channel_detail());
      if (attempted.has_campaign_contacts()) {
        row.set_campaign_contacts(attempted.campaign_contacts());
      }
    } else if (event.type == ev::EVENT_TYPE_CONTACT_OUTCOME_RECORDED) {
      const auto& outcome = event.As<ev::ContactOutcomeRecorded>();
      ContactRow& row = Place(event, outcome, state.entity());
      row.set_disposition(outcome.disposition());
      row.set_has_duration(outcome.has_duration());
      row.set_duration_s(outcome.duration().seconds());
      row.set_wrap_up_code(outcome.wrap_up_code());
      if (outcome.has_note()) *row.mutable_note() = outcome.note();
    }
  }

 private:
  // The row of the event's contact. A contact stands at the instant of the first event that is seen
  // of it, so an outcome that comes hours later, or without its attempt, finds or makes its place.
  template <typename Payload>
  static ContactRow& Place(const Event& event, const Payload& payload, RowGroup& rows) {
    const auto* place = rows.Find<ContactPlaceRow>(payload.contact_id());
    const Timestamp occurred_at =
        place == nullptr ? event.occurred_at : Timestamp{place->occurred_at_us()};
    if (place == nullptr) {
      rows.Mutable<ContactPlaceRow>(payload.contact_id()).set_occurred_at_us(occurred_at.micros);
    }
    auto& row = rows.Mutable<ContactRow>(ContactKey(occurred_at, payload.contact_id()));
    row.set_channel(payload.channel());
    row.set_direction(payload.direction());
    row.set_purpose(payload.purpose());
    return row;
  }
};

void Fill(const ReadScope& scope, const EntityRef& person, std::string_view key,
          const ContactRow& row, daybook::v1::Contact* out) {
  out->set_name(ContactName(person.id, key.substr(kInstantBytes)));
  *out->mutable_occurred_at() = ToProto(InstantFromKey(key));
  out->set_channel(row.channel());
  out->set_direction(row.direction());
  out->set_purpose(row.purpose());
  out->set_disposition(row.disposition());
  if (row.has_duration()) out->mutable_duration()->set_seconds(row.duration_s());
  out->set_wrap_up_code(row.wrap_up_code());
  if (row.has_note()) {
    bool erased = false;
    out->set_note(scope.opener().Open(row.note(), person, &erased));
    out->set_note_erased(erased);
  }
  out->set_agent_id(row.agent_id());
  out->set_campaign_id(row.campaign_id());
  out->set_channel_detail(row.channel_detail());
  if (row.has_campaign_contacts()) out->set_campaign_contacts(row.campaign_contacts());
}

}  // namespace

std::unique_ptr<View> MakeHistoryView() { return std::make_unique<HistoryView>(); }

MaybeRefusal ValidateListContacts(const daybook::v1::ListContactsRequest& request,
                                  EntityRef* entity) {
  if (auto refusal = customers::NameCustomer("customer", request.customer(), entity))
    return refusal;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &ignored);
}

MaybeRefusal ReadListContacts(const ReadScope& scope,
                              const daybook::v1::ListContactsRequest& request,
                              daybook::v1::ListContactsResponse* response) {
  EntityRef person{scope.tenant(), 0, ""};
  if (auto refusal = customers::NameCustomer("customer", request.customer(), &person))
    return refusal;
  int32_t page_size = 0;
  if (auto refusal =
          CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &page_size)) {
    return refusal;
  }
  std::string last;
  Page page(page_size);
  scope.entity().Scan<ContactRow>({}, request.page_token(), ScanOrder::kDescending,
                                  [&](std::string_view key, const ContactRow& row) {
                                    if (key == request.page_token())
                                      return true;  // the last of the page before
                                    if (page.full()) {
                                      response->set_next_page_token(last);
                                      return false;
                                    }
                                    auto* contact = response->add_contacts();
                                    Fill(scope, person, key, row, contact);
                                    page.Add(*contact);
                                    last = std::string(key);
                                    return true;
                                  });
  return std::nullopt;
}

}  // namespace daybook::projections::contacts
