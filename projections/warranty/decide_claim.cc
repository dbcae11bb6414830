// SubmitClaim, DecideClaim, ChangeClaim, SettleClaim.
#include <algorithm>
#include <cstdlib>

#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/sales/rules.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/decide.h"
#include "projections/warranty/names.h"
#include "projections/warranty/refusals.h"
#include "projections/warranty/terms.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;
using ev::ClaimChanged;

namespace {

constexpr int kMaxLines = 200;
// So that a claim's lines add up to an amount.
constexpr int64_t kMaxLineMinor = sales::kMaxAmount / kMaxLines;

int64_t DaysApart(const ev::LocalDate& a, const ev::LocalDate& b) {
  return std::llabs(DaysBetween(ToLocal(a), ToLocal(b)));
}

// The best that the asset's warranties say of a failure on that day.
CoverVerdict JudgeAll(const std::vector<WarrantyRow>& warranties, LocalDate failed_on,
                      Failure failure, Timestamp* failed_at) {
  CoverVerdict best;
  best.set_reason("NO_WARRANTY");
  for (const WarrantyRow& row : warranties) {
    failure.at = ZoneOf(row.issued()).FirstInstantOf(failed_on);
    const CoverVerdict verdict = Judge(row, failure);
    if (!best.warranty_id().empty() && &Better(best, verdict) == &best) continue;
    best = verdict;
    *failed_at = failure.at;
  }
  return best;
}

MaybeRefusal RefuseDuplicate(const RowGroup& state, const ev::ClaimSubmitted& claim) {
  const WarrantyRow* warranty = FindWarranty(state, claim.verdict().warranty_id());
  const uint32_t within_days = warranty == nullptr ? 0 : warranty->issued().duplicate_within_days();
  for (const ClaimRow& other : ClaimsOf(state)) {
    if (other.submitted().claim_id() == claim.claim_id()) continue;
    if (other.state() == v1::CLAIM_STATE_WITHDRAWN || other.state() == v1::CLAIM_STATE_DENIED)
      continue;
    if (other.submitted().component() != claim.component()) continue;
    if (DaysApart(other.submitted().failed_on(), claim.failed_on()) > within_days) continue;
    return Refuse(v1::REASON_CLAIM_DUPLICATE, "failed_on",
                  fmt::format("claim {} is for the same component and failure",
                              other.submitted().claim_id()));
  }
  return std::nullopt;
}

MaybeRefusal FindIn(const Decision& decision, const std::string& claim_id,
                    std::initializer_list<v1::ClaimState> states, ClaimRow* claim) {
  if (FindAsset(decision.state()) == nullptr) return RefuseAssetUnknown();
  const ClaimRow* row = FindClaim(decision.state(), claim_id);
  if (row == nullptr) {
    return Refuse(v1::REASON_CLAIM_UNKNOWN, "claim_id", "the asset has no claim of this id");
  }
  if (std::find(states.begin(), states.end(), row->state()) == states.end()) {
    return Refuse(v1::REASON_CLAIM_STATE_INVALID, "claim_id",
                  fmt::format("the claim is {}", v1::ClaimState_Name(row->state()).substr(12)));
  }
  *claim = *row;
  return std::nullopt;
}

bool Pays(ev::ClaimOutcome outcome) {
  return outcome == ev::CLAIM_OUTCOME_APPROVED || outcome == ev::CLAIM_OUTCOME_PARTIAL ||
         outcome == ev::CLAIM_OUTCOME_GOODWILL;
}

MaybeRefusal CheckLine(const std::string& path, const ev::ClaimLine& line) {
  if (auto r = CheckCode(path + ".code", line.code(), Presence::kRequired)) return r;
  if (line.claimed_minor() < 0 || line.claimed_minor() > kMaxLineMinor) {
    return Refuse(v1::REASON_FIELD_INVALID, path + ".claimed_minor",
                  fmt::format("is not from 0 to {}", kMaxLineMinor));
  }
  if (line.accepted_minor() < 0 || line.accepted_minor() > line.claimed_minor()) {
    return Refuse(v1::REASON_FIELD_INVALID, path + ".accepted_minor",
                  "is not from 0 to what was asked for");
  }
  return CheckCode(
      path + ".reason", line.reason(),
      line.accepted_minor() < line.claimed_minor() ? Presence::kRequired : Presence::kOptional);
}

MaybeRefusal CheckLines(const v1::DecideClaimRequest& request) {
  if (!Pays(request.outcome())) {
    if (request.lines().empty()) return std::nullopt;
    return Refuse(v1::REASON_FIELD_INVALID, "lines", "are taken where something is paid");
  }
  if (request.lines().empty() || request.lines_size() > kMaxLines)
    return Refuse(v1::REASON_FIELD_INVALID, "lines", "are not from 1 to 200");
  bool all = true;
  bool some = false;
  for (int i = 0; i < request.lines_size(); ++i) {
    const ev::ClaimLine& line = request.lines(i);
    if (auto r = CheckLine(fmt::format("lines[{}]", i), line)) return r;
    all = all && line.accepted_minor() == line.claimed_minor();
    some = some || line.accepted_minor() > 0;
  }
  if (request.outcome() == ev::CLAIM_OUTCOME_APPROVED && !all)
    return Refuse(v1::REASON_FIELD_INVALID, "outcome", "not all is accepted: PARTIAL");
  if (request.outcome() == ev::CLAIM_OUTCOME_PARTIAL && (all || !some))
    return Refuse(v1::REASON_FIELD_INVALID, "outcome", "all or nothing is accepted");
  return CheckCurrency("currency", request.currency());
}

// What the warranty still pays in all; nothing: any amount.
std::optional<int64_t> AmountLeft(const WarrantyRow& warranty, int64_t promised = 0) {
  if (warranty.issued().max_amount_minor() == 0) return std::nullopt;
  return std::max<int64_t>(0,
                           warranty.issued().max_amount_minor() - warranty.cost_minor() - promised);
}

// What was approved on a warranty and is not settled: it is as good as spent.
struct Promised {
  uint32_t claims = 0;
  int64_t minor = 0;
};
Promised PromisedOn(const RowGroup& state, const std::string& warranty_id) {
  Promised promised;
  for (const ClaimRow& row : ClaimsOf(state)) {
    if (row.state() != v1::CLAIM_STATE_APPROVED ||
        row.submitted().verdict().warranty_id() != warranty_id ||
        row.decided().outcome() == ev::CLAIM_OUTCOME_GOODWILL) {
      continue;
    }
    ++promised.claims;
    promised.minor += row.decided().payable().minor_units();
  }
  return promised;
}

MaybeRefusal RefuseAmount(const char* field, int64_t wanted, int64_t left) {
  return Refuse(v1::REASON_CLAIM_AMOUNT_EXCEEDED, field,
                fmt::format("{} wanted, the warranty has {} left", wanted, left));
}

}  // namespace

MaybeRefusal ValidateSubmitClaim(const v1::SubmitClaimRequest& request, EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("claim_id", request.claim_id(), Presence::kRequired)) return r;
  if (auto r = CheckCode("component", request.component(), Presence::kRequired)) return r;
  if (!request.has_failed_on())
    return Refuse(v1::REASON_FIELD_REQUIRED, "failed_on", "is required");
  if (auto r = CheckDate("failed_on", request.failed_on())) return r;
  if (request.has_usage() && request.usage() < 0)
    return Refuse(v1::REASON_FIELD_INVALID, "usage", "is negative");
  if (request.has_claimed()) {
    if (auto r = CheckMoney("claimed", request.claimed(), 0)) return r;
  }
  if (auto r = CheckCode("symptom", request.symptom(), Presence::kOptional)) return r;
  std::string customer;
  if (auto r = ParseOptionalCustomer("customer", request.customer(), &customer)) return r;
  return CheckCode("reference", request.reference(), Presence::kOptional);
}

MaybeRefusal DecideSubmitClaim(const v1::SubmitClaimRequest& request, Decision& decision) {
  const AssetRow* found = FindAsset(decision.state());
  if (found == nullptr) return RefuseAssetUnknown();
  const AssetRow asset = *found;  // looking at others may move rows
  if (FindClaim(decision.state(), request.claim_id()) != nullptr) {
    return Refuse(v1::REASON_CLAIM_EXISTS, "claim_id", "the asset has a claim of this id");
  }
  const DecisionContext& context = decision.context();
  ev::ClaimSubmitted submitted;
  submitted.set_claim_id(request.claim_id());
  const MaybeRefusal named =
      ParseOptionalCustomer("customer", request.customer(), submitted.mutable_customer());
  CheckInvariant(!named, "the customer's name was checked before");
  if (submitted.customer().empty()) submitted.set_customer(asset.owner());
  submitted.set_component(request.component());
  *submitted.mutable_failed_on() = request.failed_on();
  if (request.has_usage()) submitted.set_usage(request.usage());
  if (request.has_claimed()) *submitted.mutable_claimed() = request.claimed();
  submitted.set_symptom(request.symptom());
  submitted.set_reference(request.reference());

  const auto zone = Zone::Load(context.policies->tenant(decision.entity().tenant).zone);
  const LocalDate failed_on = ToLocal(request.failed_on());
  Timestamp failed_at =
      zone ? zone->FirstInstantOf(failed_on) : Zone::Load("UTC")->FirstInstantOf(failed_on);
  const std::vector<WarrantyRow> warranties = WarrantiesOf(decision.state());
  const Failure failure{request.component(),
                        {},
                        context.effective,
                        request.has_usage() ? request.usage() : asset.usage()};
  *submitted.mutable_verdict() = JudgeAll(warranties, failed_on, failure, &failed_at);
  if (failed_at > context.effective) {
    return Refuse(v1::REASON_FIELD_INVALID, "failed_on", "lies in the future");
  }
  *submitted.mutable_failed_at() = ToProto(failed_at);
  const WarrantyRow* warranty = FindWarranty(decision.state(), submitted.verdict().warranty_id());
  if (request.has_claimed() && warranty != nullptr &&
      request.claimed().currency() != warranty->issued().currency()) {
    return Refuse(v1::REASON_CURRENCY_MIXED, "claimed.currency",
                  fmt::format("the warranty is in {}", warranty->issued().currency()));
  }
  if (auto refusal = RefuseDuplicate(decision.state(), submitted)) return refusal;
  decision.Emit(submitted);
  return std::nullopt;
}

void AnswerSubmitClaim(const Recorded& recorded, v1::SubmitClaimResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_CLAIM_SUBMITTED)
      *response->mutable_verdict() = event.As<ev::ClaimSubmitted>().verdict();
  }
}

MaybeRefusal ValidateDecideClaim(const v1::DecideClaimRequest& request, EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("claim_id", request.claim_id(), Presence::kRequired)) return r;
  if (request.outcome() == ev::CLAIM_OUTCOME_UNSPECIFIED)
    return Refuse(v1::REASON_FIELD_REQUIRED, "outcome", "is required");
  if (!ev::ClaimOutcome_IsValid(request.outcome()))
    return Refuse(v1::REASON_FIELD_INVALID, "outcome", "is not one of its values");
  if (auto r = CheckLines(request)) return r;
  if (auto r = CheckCode("decided_by", request.decided_by(), Presence::kRequired)) return r;
  if (auto r = CheckCode("approved_by", request.approved_by(), Presence::kOptional)) return r;
  return CheckCode(
      "reason", request.reason(),
      request.outcome() == ev::CLAIM_OUTCOME_DENIED ? Presence::kRequired : Presence::kOptional);
}

MaybeRefusal DecideDecideClaim(const v1::DecideClaimRequest& request, Decision& decision) {
  ClaimRow claim;
  if (auto r = FindIn(decision, request.claim_id(),
                      {v1::CLAIM_STATE_SUBMITTED, v1::CLAIM_STATE_APPEALED}, &claim)) {
    return r;
  }
  ev::ClaimDecided decided;
  decided.set_claim_id(request.claim_id());
  decided.set_outcome(request.outcome());
  *decided.mutable_lines() = request.lines();
  decided.set_decided_by(request.decided_by());
  decided.set_approved_by(request.approved_by());
  decided.set_reason(request.reason());
  if (Pays(request.outcome())) {
    const bool goodwill = request.outcome() == ev::CLAIM_OUTCOME_GOODWILL;
    const CoverVerdict& verdict = claim.submitted().verdict();
    if (!goodwill && !verdict.covered()) {
      return Refuse(v1::REASON_CLAIM_NOT_COVERED, "outcome",
                    fmt::format("nothing covers the failure: {}", verdict.reason()));
    }
    int64_t accepted = 0;
    for (const ev::ClaimLine& line : request.lines()) accepted += line.accepted_minor();
    const int64_t payable =
        goodwill ? Payable(accepted, kWholeBasisPoints, 0)
                 : Payable(accepted, verdict.basis_points(), verdict.deductible_minor());
    bool needs_approval = goodwill;
    const Promised promised = PromisedOn(decision.state(), verdict.warranty_id());
    if (const WarrantyRow* warranty = FindWarranty(decision.state(), verdict.warranty_id());
        !goodwill && warranty != nullptr) {
      // It may have been voided since for something that was before the failure.
      const Timestamp failed_at = FromProto(claim.submitted().failed_at());
      if (const std::string_view reason = ReasonNotInForce(*warranty, failed_at); !reason.empty()) {
        return Refuse(v1::REASON_CLAIM_NOT_COVERED, "outcome",
                      fmt::format("nothing covers the failure any more: {}", reason));
      }
      const uint32_t max_claims = warranty->issued().max_claims();
      if (max_claims > 0 && warranty->claims() + promised.claims >= max_claims)
        return RefuseAmount("claim_id", 1, 0);
      if (request.currency() != warranty->issued().currency()) {
        return Refuse(v1::REASON_CURRENCY_MIXED, "currency",
                      fmt::format("the warranty is in {}", warranty->issued().currency()));
      }
      if (const auto left = AmountLeft(*warranty, promised.minor); left && payable > *left)
        return RefuseAmount("lines", payable, *left);
      const int64_t limit = warranty->issued().approval_limit_minor();
      needs_approval = limit > 0 && payable > limit;
    }
    if (needs_approval &&
        (request.approved_by().empty() || request.approved_by() == request.decided_by())) {
      return Refuse(v1::REASON_APPROVAL_REQUIRED, "approved_by",
                    "another person than who decides has to approve it");
    }
    decided.mutable_payable()->set_minor_units(payable);
    decided.mutable_payable()->set_currency(request.currency());
  }
  decision.Emit(decided);
  return std::nullopt;
}

void AnswerDecideClaim(const Recorded& recorded, v1::DecideClaimResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type != ev::EVENT_TYPE_CLAIM_DECIDED) continue;
    const auto& payload = event.As<ev::ClaimDecided>();
    if (payload.has_payable()) *response->mutable_payable() = payload.payable();
  }
}

MaybeRefusal ValidateChangeClaim(const v1::ChangeClaimRequest& request, EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("claim_id", request.claim_id(), Presence::kRequired)) return r;
  if (request.kind() == ClaimChanged::KIND_UNSPECIFIED)
    return Refuse(v1::REASON_FIELD_REQUIRED, "kind", "is required");
  if (!ClaimChanged::Kind_IsValid(request.kind()))
    return Refuse(v1::REASON_FIELD_INVALID, "kind", "is not one of its values");
  return std::nullopt;
}

MaybeRefusal DecideChangeClaim(const v1::ChangeClaimRequest& request, Decision& decision) {
  ClaimRow claim;
  MaybeRefusal refusal;
  switch (request.kind()) {
    case ClaimChanged::KIND_INFORMATION_GIVEN:
      refusal = FindIn(decision, request.claim_id(), {v1::CLAIM_STATE_INFORMATION_WANTED}, &claim);
      break;
    case ClaimChanged::KIND_APPEALED:
      refusal = FindIn(decision, request.claim_id(), {v1::CLAIM_STATE_DENIED}, &claim);
      break;
    default:
      refusal = FindIn(decision, request.claim_id(),
                       {v1::CLAIM_STATE_SUBMITTED, v1::CLAIM_STATE_INFORMATION_WANTED,
                        v1::CLAIM_STATE_APPROVED, v1::CLAIM_STATE_APPEALED},
                       &claim);
  }
  if (refusal) return refusal;
  // Another claim for the same may have been taken while this one was denied.
  if (request.kind() == ClaimChanged::KIND_APPEALED) {
    if (auto r = RefuseDuplicate(decision.state(), claim.submitted())) return r;
  }
  ClaimChanged changed;
  changed.set_claim_id(request.claim_id());
  changed.set_kind(request.kind());
  decision.Emit(changed);
  return std::nullopt;
}

void AnswerChangeClaim(const Recorded& /*recorded*/, v1::ChangeClaimResponse* /*response*/) {}

MaybeRefusal ValidateSettleClaim(const v1::SettleClaimRequest& request, EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("claim_id", request.claim_id(), Presence::kRequired)) return r;
  if (request.kind() == ev::SETTLEMENT_KIND_UNSPECIFIED)
    return Refuse(v1::REASON_FIELD_REQUIRED, "kind", "is required");
  if (!ev::SettlementKind_IsValid(request.kind()))
    return Refuse(v1::REASON_FIELD_INVALID, "kind", "is not one of its values");
  if (request.has_cost()) {
    if (auto r = CheckMoney("cost", request.cost(), 0)) return r;
  }
  return CheckCode("reference", request.reference(), Presence::kOptional);
}

MaybeRefusal DecideSettleClaim(const v1::SettleClaimRequest& request, Decision& decision) {
  ClaimRow claim;
  if (auto r = FindIn(decision, request.claim_id(), {v1::CLAIM_STATE_APPROVED}, &claim)) return r;
  const ev::Money& payable = claim.decided().payable();
  ev::ClaimSettled settled;
  settled.set_claim_id(request.claim_id());
  settled.set_kind(request.kind());
  settled.set_reference(request.reference());
  *settled.mutable_cost() = request.has_cost() ? request.cost() : payable;
  if (settled.cost().currency() != payable.currency()) {
    return Refuse(v1::REASON_CURRENCY_MIXED, "cost.currency",
                  fmt::format("the claim is in {}", payable.currency()));
  }
  const int64_t cost = settled.cost().minor_units();
  if (cost > payable.minor_units()) return RefuseAmount("cost", cost, payable.minor_units());
  std::optional<WarrantyRow> warranty;
  if (claim.decided().outcome() != ev::CLAIM_OUTCOME_GOODWILL) {
    const WarrantyRow* row =
        FindWarranty(decision.state(), claim.submitted().verdict().warranty_id());
    CheckInvariant(row != nullptr, "a claim was covered by a warranty that is not there");
    warranty = *row;
    const ev::WarrantyIssued& issued = warranty->issued();
    if (issued.max_claims() > 0 && warranty->claims() >= issued.max_claims())
      return RefuseAmount("claim_id", 1, 0);
    if (const auto left = AmountLeft(*warranty); left && cost > *left)
      return RefuseAmount("cost", cost, *left);
    settled.set_warranty_id(issued.warranty_id());
  }
  decision.Emit(settled);
  if (!warranty || warranty->has_ended()) return std::nullopt;
  const ev::WarrantyIssued& issued = warranty->issued();
  const auto left = AmountLeft(*warranty);
  if ((issued.max_claims() > 0 && warranty->claims() + 1 >= issued.max_claims()) ||
      (left && *left - cost == 0)) {
    ev::WarrantyEnded ended;
    ended.set_warranty_id(issued.warranty_id());
    ended.set_cause(ev::WarrantyEnded::CAUSE_EXHAUSTED);
    decision.Emit(ended);
  }
  return std::nullopt;
}

void AnswerSettleClaim(const Recorded& recorded, v1::SettleClaimResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_WARRANTY_ENDED) response->set_exhausted(true);
  }
}

}  // namespace daybook::projections::warranty
