// The view contact_summary and its question.
#include "daybook/event/v1/contacts.pb.h"
#include "projections/contacts/views.h"
#include "projections/customers/rules.h"
#include "projections/engine/tally.h"
#include "projections/engine/validation.h"

namespace daybook::projections::contacts {

namespace ev = daybook::event::v1;

namespace {

// Index key of what counts every contact. No campaign is called so.
constexpr std::string_view kAll = "~all";

// Frozen for a version of the view.
enum Dimension : uint8_t { kCampaign = 1, kChannelDetail, kWrapUpCode };

void CountAttempt(const ev::ContactAttempted& attempted, RowGroup& group) {
  ContactTotalsRow& totals = group.Mutable<ContactTotalsRow>();
  totals.set_contacts(totals.contacts() + 1);
  totals.set_campaign_contacts(totals.campaign_contacts() + attempted.campaign_contacts());
  AddToTally(group, kChannelDetail, attempted.channel_detail(), 1);
}

void CountOutcome(const ev::ContactOutcomeRecorded& outcome, RowGroup& group) {
  ContactTotalsRow& totals = group.Mutable<ContactTotalsRow>();
  totals.set_seconds(totals.seconds() + outcome.duration().seconds());
  auto& dispositions = *totals.mutable_dispositions();
  while (dispositions.size() <= outcome.disposition()) dispositions.Add(0);
  dispositions[outcome.disposition()] += 1;
  AddToTally(group, kWrapUpCode, outcome.wrap_up_code(), 1);
}

class SummaryView : public View {
 public:
  std::string_view name() const override { return kSummaryView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == ev::EVENT_TYPE_CONTACT_ATTEMPTED ||
           type == ev::EVENT_TYPE_CONTACT_OUTCOME_RECORDED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    if (event.type == ev::EVENT_TYPE_CONTACT_ATTEMPTED) {
      Count(event.As<ev::ContactAttempted>(), CountAttempt, state);
    } else if (event.type == ev::EVENT_TYPE_CONTACT_OUTCOME_RECORDED) {
      Count(event.As<ev::ContactOutcomeRecorded>(), CountOutcome, state);
    }
  }

 private:
  template <typename Payload>
  static void Count(const Payload& payload, void (*count)(const Payload&, RowGroup&),
                    ViewState& state) {
    RowGroup& all = state.index(kAll);
    count(payload, all);
    if (payload.campaign_id().empty()) return;
    count(payload, state.index(PlaceInTally(all, kCampaign, payload.campaign_id())));
  }
};

}  // namespace

std::unique_ptr<View> MakeSummaryView() { return std::make_unique<SummaryView>(); }

MaybeRefusal ValidateSummary(const daybook::v1::GetContactSummaryRequest& request,
                             EntityRef* entity) {
  entity->id.clear();
  if (auto refusal = customers::RefuseHistory(request.read())) return refusal;
  if (request.campaign_id() == kOtherValue) return std::nullopt;
  return CheckCode("campaign_id", request.campaign_id(), Presence::kOptional);
}

MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetContactSummaryRequest& request,
                         daybook::v1::GetContactSummaryResponse* response) {
  ContactTotalsRow sum;
  int64_t outcomes = 0;
  TallySum details(kChannelDetail), codes(kWrapUpCode);
  const std::string_view index =
      request.campaign_id().empty() ? kAll : std::string_view(request.campaign_id());
  scope.ScanIndex(index, [&](const RowGroup& group) {
    details.Add(group);
    codes.Add(group);
    const auto* part = group.Find<ContactTotalsRow>();
    if (part == nullptr) return;
    sum.set_contacts(sum.contacts() + part->contacts());
    sum.set_campaign_contacts(sum.campaign_contacts() + part->campaign_contacts());
    sum.set_seconds(sum.seconds() + part->seconds());
    for (int i = 0; i < part->dispositions_size(); ++i) {
      while (sum.dispositions_size() <= i) sum.add_dispositions(0);
      sum.set_dispositions(i, sum.dispositions(i) + part->dispositions(i));
      outcomes += part->dispositions(i);
    }
  });
  response->set_contacts(sum.contacts());
  response->set_campaign_contacts(sum.campaign_contacts());
  response->set_seconds(sum.seconds());
  details.Fill(response->mutable_channel_details());
  codes.Fill(response->mutable_wrap_up_codes());
  const auto add = [response](int disposition, int64_t count) {
    if (count <= 0) return;
    daybook::v1::ContactDispositionCount& out = *response->add_dispositions();
    out.set_disposition(static_cast<ev::ContactDisposition>(disposition));
    out.set_count(count);
  };
  add(ev::CONTACT_DISPOSITION_UNSPECIFIED, sum.contacts() - outcomes);
  for (int i = 1; i < sum.dispositions_size(); ++i) add(i, sum.dispositions(i));
  return std::nullopt;
}

}  // namespace daybook::projections::contacts
