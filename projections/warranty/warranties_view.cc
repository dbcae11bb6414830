// The view warranties: is it covered, and what was claimed.
#include <algorithm>
#include <charconv>
#include <set>

#include "projections/engine/validation.h"
#include "projections/page.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/names.h"
#include "projections/warranty/refusals.h"
#include "projections/warranty/terms.h"
#include "projections/warranty/views.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

constexpr int32_t kStandardPage = 50;
constexpr int32_t kMaxPage = 1000;

class WarrantiesView : public View {
 public:
  std::string_view name() const override { return kWarrantiesView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == ev::EVENT_TYPE_ASSET_REGISTERED || type == ev::EVENT_TYPE_ASSET_CHANGED ||
           type == ev::EVENT_TYPE_WARRANTY_ISSUED || type == ev::EVENT_TYPE_WARRANTY_ENDED ||
           (type >= ev::EVENT_TYPE_CLAIM_SUBMITTED && type <= ev::EVENT_TYPE_CLAIM_SETTLED);
  }
  void Apply(const Event& event, ViewState& state) const override {
    ApplyToAsset(event, state.entity());
  }
};

void Fill(const EntityRef& entity, const AssetRow& row, v1::Asset* asset) {
  asset->set_name(AssetName(entity.id));
  asset->set_product(row.registered().product());
  asset->set_serial(row.registered().serial());
  asset->set_lot(row.registered().lot());
  asset->set_owner(OptionalCustomerName(row.owner()));
  *asset->mutable_registered_at() = ToProto(Timestamp{row.registered_at_us()});
  if (row.registered().has_sold_on()) *asset->mutable_sold_on() = row.registered().sold_on();
  asset->set_usage(row.usage());
  asset->set_scrapped(row.scrapped());
  asset->set_stolen(row.stolen());
}

void Fill(const WarrantyRow& row, Timestamp at, v1::Warranty* warranty) {
  const ev::WarrantyIssued& issued = row.issued();
  warranty->set_warranty_id(issued.warranty_id());
  warranty->set_terms(TermsName(issued.terms_id()));
  warranty->set_terms_version(issued.terms_version());
  warranty->set_kind(issued.kind());
  *warranty->mutable_starts_at() = issued.starts_at();
  *warranty->mutable_until() = issued.until();
  const std::string_view reason = ReasonNotInForce(row, at);
  warranty->set_active(reason.empty());
  warranty->set_reason(std::string(reason));
  const auto amount = [&issued](int64_t minor, ev::Money* money) {
    money->set_minor_units(minor);
    money->set_currency(issued.currency());
  };
  if (issued.max_amount_minor() > 0) {
    amount(std::max<int64_t>(0, issued.max_amount_minor() - row.cost_minor()),
           warranty->mutable_value_left());
  }
  if (issued.max_claims() > 0)
    warranty->set_claims_left(issued.max_claims() - std::min(row.claims(), issued.max_claims()));
  if (!reason.empty() && reason != "NOT_STARTED") return;
  const Timestamp from = std::max(at, FromProto(issued.starts_at()));
  const Zone zone = ZoneOf(issued);
  warranty->set_days_left(DaysBetween(zone.DateAt(from), zone.DateAt(EndOf(issued))));
  if (const int64_t refund = RefundAt(issued, at); refund > 0)
    amount(refund, warranty->mutable_refund_if_cancelled());
}

v1::ComponentCover JudgeComponent(const std::vector<WarrantyRow>& warranties,
                                  const Failure& failure) {
  v1::ComponentCover best;
  best.set_component(std::string(failure.component));
  best.mutable_verdict()->set_reason("NO_WARRANTY");
  for (const WarrantyRow& row : warranties) {
    const CoverVerdict verdict = Judge(row, failure);
    if (!best.verdict().warranty_id().empty() &&
        &Better(best.verdict(), verdict) == &best.verdict()) {
      continue;
    }
    *best.mutable_verdict() = verdict;
    best.clear_until();
    best.clear_usage_limit();
    if (!verdict.covered()) continue;
    const ev::Cover* cover = CoverOf(row.issued(), failure.component);
    *best.mutable_until() = cover->until();
    best.set_usage_limit(cover->usage_limit());
  }
  return best;
}

void Fill(const EntityRef& entity, const std::string& owner, const ClaimRow& row,
          v1::Claim* claim) {
  const ev::ClaimSubmitted& submitted = row.submitted();
  claim->set_claim_id(submitted.claim_id());
  claim->set_asset(AssetName(entity.id));
  claim->set_component(submitted.component());
  *claim->mutable_failed_on() = submitted.failed_on();
  *claim->mutable_submitted_at() = ToProto(Timestamp{row.submitted_at_us()});
  claim->set_state(row.state());
  *claim->mutable_verdict() = submitted.verdict();
  if (submitted.has_claimed()) *claim->mutable_claimed() = submitted.claimed();
  claim->set_symptom(submitted.symptom());
  if (submitted.customer() == owner) {
    claim->set_customer(OptionalCustomerName(owner));
    claim->set_reference(submitted.reference());
  }
  if (row.has_decided()) {
    if (row.decided().has_payable()) *claim->mutable_payable() = row.decided().payable();
    claim->set_outcome(row.decided().outcome());
    claim->set_reason(row.decided().reason());
  }
  claim->set_settlement(row.settled().kind());
}

}  // namespace

std::unique_ptr<View> MakeWarrantiesView() { return std::make_unique<WarrantiesView>(); }

MaybeRefusal ValidateGetWarrantyStatus(const v1::GetWarrantyStatusRequest& request,
                                       EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (request.has_usage() && request.usage() < 0)
    return Refuse(v1::REASON_FIELD_INVALID, "usage", "is negative");
  return CheckCode("component", request.component(), Presence::kOptional);
}

MaybeRefusal ReadWarrantyStatus(const ReadScope& scope, const v1::GetWarrantyStatusRequest& request,
                                v1::GetWarrantyStatusResponse* response) {
  EntityRef entity{scope.tenant(), 0, ""};
  if (auto r = NameAsset("asset", request.asset(), &entity)) return r;
  const AssetRow* found = FindAsset(scope.entity());
  if (found == nullptr) return RefuseAssetUnknown();
  const AssetRow asset = *found;  // the scan may move rows
  Fill(entity, asset, response->mutable_asset());
  const std::vector<WarrantyRow> warranties = WarrantiesOf(scope.entity());
  std::set<std::string> components;
  if (!request.component().empty()) components.insert(request.component());
  for (const WarrantyRow& row : warranties) {
    Fill(row, scope.at(), response->add_warranties());
    if (!request.component().empty()) continue;
    for (const ev::Cover& cover : row.issued().covers()) components.insert(cover.component());
  }
  const int64_t usage = request.has_usage() ? request.usage() : asset.usage();
  for (const std::string& component : components) {
    const Failure failure{component, scope.at(), scope.at(), usage};
    *response->add_components() = JudgeComponent(warranties, failure);
  }
  return std::nullopt;
}

MaybeRefusal ValidateListClaims(const v1::ListClaimsRequest& request, EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &ignored);
}

MaybeRefusal ReadClaims(const ReadScope& scope, const v1::ListClaimsRequest& request,
                        v1::ListClaimsResponse* response) {
  EntityRef entity{scope.tenant(), 0, ""};
  if (auto r = NameAsset("asset", request.asset(), &entity)) return r;
  const AssetRow* asset = FindAsset(scope.entity());
  if (asset == nullptr) return RefuseAssetUnknown();
  const std::string owner = asset->owner();
  int32_t page_size = 0;
  if (auto r =
          CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &page_size)) {
    return r;
  }
  // The cursor is the number of the last claim of the page before.
  uint32_t after = 0;
  const std::string& token = request.page_token();
  std::from_chars(token.data(), token.data() + token.size(), after);
  Page page(page_size);
  for (const ClaimRow& row : ClaimsOf(scope.entity())) {
    if (row.number() <= after) continue;
    if (page.full()) {
      response->set_next_page_token(std::to_string(after));
      return std::nullopt;
    }
    v1::Claim* claim = response->add_claims();
    Fill(entity, owner, row, claim);
    page.Add(*claim);
    after = row.number();
  }
  return std::nullopt;
}

MaybeRefusal ValidateGetTerms(const v1::GetWarrantyTermsRequest& request, EntityRef* entity) {
  entity->id.clear();
  std::string terms;
  if (auto r = ParseTerms("terms", request.terms(), &terms)) return r;
  Timestamp ignored;
  return request.has_at() ? CheckInstant("at", request.at(), &ignored) : std::nullopt;
}

MaybeRefusal ReadTerms(const ReadScope& scope, const v1::GetWarrantyTermsRequest& request,
                       v1::GetWarrantyTermsResponse* response) {
  std::string id;
  if (auto r = ParseTerms("terms", request.terms(), &id)) return r;
  constexpr auto kKind = ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED;
  const PolicySet& policies = scope.policies();
  const Terms* terms =
      request.version() != 0
          ? policies.Version<Terms>(scope.tenant(), kKind, id, request.version())
          : policies.InForce<Terms>(scope.tenant(), kKind, id,
                                    request.has_at() ? FromProto(request.at()) : scope.at());
  if (terms == nullptr) {
    return Refuse(v1::REASON_TERMS_UNKNOWN, request.version() != 0 ? "version" : "terms",
                  "there are no such terms in force");
  }
  *response->mutable_terms() = terms->published();
  return std::nullopt;
}

}  // namespace daybook::projections::warranty
