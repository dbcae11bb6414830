// IssueWarranty, CancelWarranty, VoidWarranty, and the end of a warranty's time.
#include <algorithm>

#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/decide.h"
#include "projections/warranty/names.h"
#include "projections/warranty/refusals.h"
#include "projections/warranty/terms.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;

namespace {

// The day from which terms run, or nothing where the asset does not say it.
std::optional<LocalDate> StartOf(const ev::WarrantyTermsPublished& terms,
                                 const ev::AssetRegistered& asset) {
  switch (terms.start_basis()) {
    case ev::START_BASIS_PURCHASE:
      if (asset.has_sold_on()) return ToLocal(asset.sold_on());
      break;
    case ev::START_BASIS_DELIVERY:
      if (asset.has_delivered_on()) return ToLocal(asset.delivered_on());
      break;
    case ev::START_BASIS_INSTALLATION:
      if (asset.has_installed_on()) return ToLocal(asset.installed_on());
      break;
    case ev::START_BASIS_MANUFACTURE:
      if (asset.has_made_on()) return AddPeriod(ToLocal(asset.made_on()), terms.shelf_time());
      break;
    default:
      break;
  }
  return std::nullopt;
}

// Everything that the terms say, with the ends that they come to from `starts_at` on.
ev::WarrantyIssued Resolve(const ev::WarrantyTermsPublished& terms, const Zone& zone,
                           Timestamp starts_at) {
  ev::WarrantyIssued issued;
  issued.set_terms_id(terms.terms_id());
  issued.set_terms_version(terms.version());
  issued.set_kind(terms.kind());
  issued.set_zone(terms.zone());
  issued.set_currency(terms.currency());
  *issued.mutable_starts_at() = ToProto(starts_at);
  Timestamp last = starts_at;
  for (const ev::CoverTerms& line : terms.covers()) {
    ev::Cover& cover = *issued.add_covers();
    cover.set_component(line.component());
    cover.set_excluded(line.excluded());
    if (line.excluded()) continue;
    const Timestamp until = zone.EndOfLife(starts_at, line.period());
    last = std::max(last, until);
    *cover.mutable_until() = ToProto(until);
    cover.set_usage_limit(line.usage_limit());
    cover.set_basis_points(line.basis_points());
    *cover.mutable_by_age() = line.by_age();
    cover.set_deductible_minor(line.deductible_minor());
  }
  *issued.mutable_until() = ToProto(last);
  issued.set_report_within_days(terms.report_within_days());
  issued.set_transferable(terms.transferable());
  if (terms.transfer_within_days() > 0) {
    ev::Period window;
    window.set_days(terms.transfer_within_days());
    *issued.mutable_transferable_until() = ToProto(zone.EndOfLife(starts_at, window));
  }
  issued.set_max_claims(terms.max_claims());
  issued.set_max_amount_minor(terms.max_amount_minor());
  issued.set_approval_limit_minor(terms.approval_limit_minor());
  issued.set_duplicate_within_days(terms.duplicate_within_days());
  issued.set_refund(terms.refund());
  *issued.mutable_refund_table() = terms.refund_table();
  return issued;
}

// A warranty that can still end otherwise than by time.
MaybeRefusal FindRunning(const Decision& decision, const std::string& warranty_id,
                         WarrantyRow* warranty) {
  if (FindAsset(decision.state()) == nullptr) return RefuseAssetUnknown();
  const WarrantyRow* row = FindWarranty(decision.state(), warranty_id);
  if (row == nullptr) return RefuseWarrantyUnknown("warranty_id");
  const std::string_view reason = ReasonNotInForce(*row, decision.context().effective);
  if (row->has_ended() || (!reason.empty() && reason != "NOT_STARTED")) {
    return Refuse(daybook::v1::REASON_WARRANTY_OVER, "warranty_id",
                  fmt::format("the warranty has ended: {}",
                              reason.empty() ? std::string_view("ENDED") : reason));
  }
  *warranty = *row;
  return std::nullopt;
}

}  // namespace

MaybeRefusal ValidateIssueWarranty(const daybook::v1::IssueWarrantyRequest& request,
                                   EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("warranty_id", request.warranty_id(), Presence::kRequired)) return r;
  std::string terms;
  if (auto r = ParseTerms("terms", request.terms(), &terms)) return r;
  if (request.has_price()) {
    if (auto r = CheckMoney("price", request.price(), 0)) return r;
  }
  return CheckCode("extends", request.extends(), Presence::kOptional);
}

MaybeRefusal DecideIssueWarranty(const daybook::v1::IssueWarrantyRequest& request,
                                 Decision& decision) {
  const AssetRow* asset = FindAsset(decision.state());
  if (asset == nullptr) return RefuseAssetUnknown();
  if (asset->scrapped()) return RefuseScrapped();
  std::string terms_id;
  const MaybeRefusal named = ParseTerms("terms", request.terms(), &terms_id);
  CheckInvariant(!named, "the name of the terms was checked before");
  const Terms* terms = TermsInForce(decision, terms_id);
  if (terms == nullptr) {
    return Refuse(daybook::v1::REASON_TERMS_UNKNOWN, "terms",
                  fmt::format("no terms '{}' are in force", terms_id));
  }
  const ev::WarrantyTermsPublished& published = terms->published();
  if (request.has_price() && request.price().currency() != published.currency()) {
    return Refuse(daybook::v1::REASON_CURRENCY_MIXED, "price.currency",
                  fmt::format("the terms are in {}", published.currency()));
  }
  if (published.after_base() == request.extends().empty()) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "extends",
                  published.after_base() ? "the terms run after another warranty: say which"
                                         : "the terms do not run after another warranty");
  }
  const std::optional<LocalDate> start = StartOf(published, asset->registered());
  if (FindWarranty(decision.state(), request.warranty_id()) != nullptr) {
    return Refuse(daybook::v1::REASON_WARRANTY_EXISTS, "warranty_id",
                  "the asset has a warranty of this id");
  }
  const std::optional<Zone> zone = Zone::Load(published.zone());
  CheckInvariant(zone.has_value(), "the zone of published terms is not known any more");
  Timestamp starts_at;
  if (published.after_base()) {
    const WarrantyRow* base = FindWarranty(decision.state(), request.extends());
    if (base == nullptr) return RefuseWarrantyUnknown("extends");
    if (base->has_ended() && base->ended().cause() != ev::WarrantyEnded::CAUSE_EXPIRED) {
      return Refuse(daybook::v1::REASON_WARRANTY_OVER, "extends",
                    "the warranty that it would extend has ended before its time");
    }
    starts_at = EndOf(base->issued());
  } else if (start) {
    starts_at = zone->FirstInstantOf(*start);
  } else {
    return Refuse(daybook::v1::REASON_WARRANTY_START_UNKNOWN, "asset",
                  fmt::format("the asset does not say its day of {}",
                              ev::StartBasis_Name(published.start_basis()).substr(12)));
  }
  ev::WarrantyIssued issued = Resolve(published, *zone, starts_at);
  issued.set_warranty_id(request.warranty_id());
  if (request.price().minor_units() > 0) *issued.mutable_price() = request.price();
  decision.UsesPolicy(TermsName(terms_id), terms->version);
  decision.Emit(issued);
  return std::nullopt;
}

void AnswerIssueWarranty(const Recorded& recorded, daybook::v1::IssueWarrantyResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_WARRANTY_ISSUED) continue;
    const auto& payload = event.As<ev::WarrantyIssued>();
    *response->mutable_starts_at() = payload.starts_at();
    *response->mutable_until() = payload.until();
  }
}

MaybeRefusal ValidateCancelWarranty(const daybook::v1::CancelWarrantyRequest& request,
                                    EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("warranty_id", request.warranty_id(), Presence::kRequired)) return r;
  return CheckCode("reason", request.reason(), Presence::kOptional);
}

MaybeRefusal DecideCancelWarranty(const daybook::v1::CancelWarrantyRequest& request,
                                  Decision& decision) {
  WarrantyRow warranty;
  if (auto r = FindRunning(decision, request.warranty_id(), &warranty)) return r;
  ev::WarrantyEnded ended;
  ended.set_warranty_id(request.warranty_id());
  ended.set_cause(ev::WarrantyEnded::CAUSE_CANCELLED);
  ended.set_reason(request.reason());
  const int64_t refund = RefundAt(warranty.issued(), decision.context().effective);
  if (refund > 0) {
    ended.mutable_refund()->set_minor_units(refund);
    ended.mutable_refund()->set_currency(warranty.issued().currency());
  }
  decision.Emit(ended);
  return std::nullopt;
}

void AnswerCancelWarranty(const Recorded& recorded, daybook::v1::CancelWarrantyResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_WARRANTY_ENDED) continue;
    const auto& payload = event.As<ev::WarrantyEnded>();
    if (payload.has_refund()) *response->mutable_refund() = payload.refund();
  }
}

MaybeRefusal ValidateVoidWarranty(const daybook::v1::VoidWarrantyRequest& request,
                                  EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("warranty_id", request.warranty_id(), Presence::kRequired)) return r;
  return CheckCode("reason", request.reason(), Presence::kRequired);
}

MaybeRefusal DecideVoidWarranty(const daybook::v1::VoidWarrantyRequest& request,
                                Decision& decision) {
  WarrantyRow warranty;
  if (auto r = FindRunning(decision, request.warranty_id(), &warranty)) return r;
  ev::WarrantyEnded ended;
  ended.set_warranty_id(request.warranty_id());
  ended.set_cause(ev::WarrantyEnded::CAUSE_VOIDED);
  ended.set_reason(request.reason());
  decision.Emit(ended);
  return std::nullopt;
}

void AnswerVoidWarranty(const Recorded& /*recorded*/,
                        daybook::v1::VoidWarrantyResponse* /*response*/) {}

void ExpireWarranty(const Deadline& deadline, Decision& decision) {
  ev::WarrantyEnded ended;
  ended.set_warranty_id(deadline.key);
  ended.set_cause(ev::WarrantyEnded::CAUSE_EXPIRED);
  decision.Emit(ended);
}

}  // namespace daybook::projections::warranty
