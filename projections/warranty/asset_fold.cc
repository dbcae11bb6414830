#include "projections/warranty/asset_fold.h"

#include <algorithm>

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

void Change(const Event& event, const ev::AssetChanged& payload, RowGroup& rows) {
  std::vector<std::string> running;
  if (ChangesHands(payload)) {
    for (const WarrantyRow& row : WarrantiesOf(rows)) {
      if (!row.has_ended()) running.push_back(row.issued().warranty_id());
    }
  }
  AssetRow& asset = rows.Mutable<AssetRow>();
  switch (payload.kind()) {
    case ev::AssetChanged::KIND_OWNER:
      asset.set_owner(payload.owner());
      asset.set_owner_since_us(event.occurred_at.micros);
      break;
    case ev::AssetChanged::KIND_USAGE:
      asset.set_usage(std::max(asset.usage(), payload.usage()));
      break;
    case ev::AssetChanged::KIND_SCRAPPED:
      asset.set_scrapped(true);
      break;
    case ev::AssetChanged::KIND_STOLEN:
      asset.set_stolen(true);
      break;
    case ev::AssetChanged::KIND_RECOVERED:
      asset.set_stolen(false);
      break;
    default:
      break;
  }
  for (const std::string& warranty_id : running)
    rows.Mutable<WarrantyRow>(warranty_id).set_transferred(true);
}

void Submit(const Event& event, const ev::ClaimSubmitted& payload, RowGroup& rows) {
  AssetRow& asset = rows.Mutable<AssetRow>();
  asset.set_claims(asset.claims() + 1);
  const uint32_t number = asset.claims();
  if (payload.has_usage()) asset.set_usage(std::max(asset.usage(), payload.usage()));
  ClaimRow& claim = rows.Mutable<ClaimRow>(payload.claim_id());
  *claim.mutable_submitted() = payload;
  claim.set_submitted_at_us(event.occurred_at.micros);
  claim.set_number(number);
}

void Settle(const ev::ClaimSettled& payload, RowGroup& rows) {
  *rows.Mutable<ClaimRow>(payload.claim_id()).mutable_settled() = payload;
  if (payload.warranty_id().empty()) return;
  WarrantyRow& warranty = rows.Mutable<WarrantyRow>(payload.warranty_id());
  warranty.set_claims(warranty.claims() + 1);
  warranty.set_cost_minor(warranty.cost_minor() + payload.cost().minor_units());
}

}  // namespace

bool ChangesHands(const ev::AssetChanged& changed) {
  return changed.kind() == ev::AssetChanged::KIND_OWNER && !changed.previous_owner().empty() &&
         changed.owner() != changed.previous_owner();
}

std::string_view ClaimOf(const Event& event) {
  switch (event.type) {
    case ev::EVENT_TYPE_CLAIM_SUBMITTED:
      return event.As<ev::ClaimSubmitted>().claim_id();
    case ev::EVENT_TYPE_CLAIM_DECIDED:
      return event.As<ev::ClaimDecided>().claim_id();
    case ev::EVENT_TYPE_CLAIM_CHANGED:
      return event.As<ev::ClaimChanged>().claim_id();
    case ev::EVENT_TYPE_CLAIM_SETTLED:
      return event.As<ev::ClaimSettled>().claim_id();
    default:
      return {};
  }
}

v1::ClaimState StateAfter(const Event& event) {
  switch (event.type) {
    case ev::EVENT_TYPE_CLAIM_SUBMITTED:
      return v1::CLAIM_STATE_SUBMITTED;
    case ev::EVENT_TYPE_CLAIM_SETTLED:
      return v1::CLAIM_STATE_SETTLED;
    case ev::EVENT_TYPE_CLAIM_DECIDED:
      switch (event.As<ev::ClaimDecided>().outcome()) {
        case ev::CLAIM_OUTCOME_DENIED:
          return v1::CLAIM_STATE_DENIED;
        case ev::CLAIM_OUTCOME_INFORMATION_WANTED:
          return v1::CLAIM_STATE_INFORMATION_WANTED;
        default:
          return v1::CLAIM_STATE_APPROVED;
      }
    case ev::EVENT_TYPE_CLAIM_CHANGED:
      switch (event.As<ev::ClaimChanged>().kind()) {
        case ev::ClaimChanged::KIND_INFORMATION_GIVEN:
          return v1::CLAIM_STATE_SUBMITTED;
        case ev::ClaimChanged::KIND_APPEALED:
          return v1::CLAIM_STATE_APPEALED;
        case ev::ClaimChanged::KIND_WITHDRAWN:
          return v1::CLAIM_STATE_WITHDRAWN;
        default:
          return v1::CLAIM_STATE_UNSPECIFIED;
      }
    default:
      return v1::CLAIM_STATE_UNSPECIFIED;
  }
}

void ApplyToAsset(const Event& event, RowGroup& rows) {
  switch (event.type) {
    case ev::EVENT_TYPE_ASSET_REGISTERED: {
      const auto& payload = event.As<ev::AssetRegistered>();
      AssetRow& asset = rows.Mutable<AssetRow>();
      *asset.mutable_registered() = payload;
      asset.set_registered_at_us(event.occurred_at.micros);
      asset.set_owner(payload.owner());
      asset.set_owner_since_us(event.occurred_at.micros);
      return;
    }
    case ev::EVENT_TYPE_ASSET_CHANGED:
      return Change(event, event.As<ev::AssetChanged>(), rows);
    case ev::EVENT_TYPE_WARRANTY_ISSUED: {
      const auto& payload = event.As<ev::WarrantyIssued>();
      AssetRow& asset = rows.Mutable<AssetRow>();
      asset.set_warranties(asset.warranties() + 1);
      const uint32_t number = asset.warranties();
      WarrantyRow& row = rows.Mutable<WarrantyRow>(payload.warranty_id());
      *row.mutable_issued() = payload;
      row.set_number(number);
      return;
    }
    case ev::EVENT_TYPE_WARRANTY_ENDED: {
      const auto& payload = event.As<ev::WarrantyEnded>();
      WarrantyRow& row = rows.Mutable<WarrantyRow>(payload.warranty_id());
      *row.mutable_ended() = payload;
      row.set_ended_at_us(event.occurred_at.micros);
      return;
    }
    case ev::EVENT_TYPE_CLAIM_SUBMITTED:
      Submit(event, event.As<ev::ClaimSubmitted>(), rows);
      break;
    case ev::EVENT_TYPE_CLAIM_DECIDED: {
      const auto& payload = event.As<ev::ClaimDecided>();
      *rows.Mutable<ClaimRow>(payload.claim_id()).mutable_decided() = payload;
      break;
    }
    case ev::EVENT_TYPE_CLAIM_SETTLED:
      Settle(event.As<ev::ClaimSettled>(), rows);
      break;
    case ev::EVENT_TYPE_CLAIM_CHANGED:
      break;
    default:
      return;
  }
  rows.Mutable<ClaimRow>(ClaimOf(event)).set_state(StateAfter(event));
}

const AssetRow* FindAsset(const RowGroup& rows) {
  const AssetRow* asset = rows.Find<AssetRow>();
  return asset != nullptr && asset->has_registered() ? asset : nullptr;
}

std::vector<WarrantyRow> WarrantiesOf(const RowGroup& rows) {
  std::vector<WarrantyRow> found;
  rows.Scan<WarrantyRow>({}, [&found](std::string_view, const WarrantyRow& row) {
    if (row.has_issued()) found.push_back(row);
    return true;
  });
  std::sort(found.begin(), found.end(),
            [](const WarrantyRow& a, const WarrantyRow& b) { return a.number() < b.number(); });
  return found;
}

std::vector<ClaimRow> ClaimsOf(const RowGroup& rows) {
  std::vector<ClaimRow> found;
  rows.Scan<ClaimRow>({}, [&found](std::string_view, const ClaimRow& row) {
    if (row.has_submitted()) found.push_back(row);
    return true;
  });
  std::sort(found.begin(), found.end(),
            [](const ClaimRow& a, const ClaimRow& b) { return a.number() < b.number(); });
  return found;
}

const WarrantyRow* FindWarranty(const RowGroup& rows, std::string_view warranty_id) {
  const WarrantyRow* row = rows.Find<WarrantyRow>(warranty_id);
  return row != nullptr && row->has_issued() ? row : nullptr;
}

const ClaimRow* FindClaim(const RowGroup& rows, std::string_view claim_id) {
  const ClaimRow* row = rows.Find<ClaimRow>(claim_id);
  return row != nullptr && row->has_submitted() ? row : nullptr;
}

}  // namespace daybook::projections::warranty
