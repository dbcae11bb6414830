// RegisterAsset, ChangeAsset, and how customers learn what they own.
#include "projections/engine/validation.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/decide.h"
#include "projections/warranty/names.h"
#include "projections/warranty/refusals.h"
#include "projections/warranty/terms.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
using ev::AssetChanged;

namespace {

void Link(const std::string& customer, bool owned, Decision& decision) {
  if (customer.empty()) return;
  ev::AssetLinkWanted wanted;
  wanted.set_customer(customer);
  wanted.set_owned(owned);
  decision.Emit(wanted);
}

void End(const std::string& warranty_id, ev::WarrantyEnded::Cause cause, Decision& decision) {
  ev::WarrantyEnded ended;
  ended.set_warranty_id(warranty_id);
  ended.set_cause(cause);
  decision.Emit(ended);
}

// Whether a warranty goes with the asset to another owner at an instant.
bool GoesAlong(const WarrantyRow& row, Timestamp at) {
  const ev::WarrantyIssued& issued = row.issued();
  return issued.transferable() && !row.transferred() &&
         (!issued.has_transferable_until() || at < FromProto(issued.transferable_until()));
}

}  // namespace

MaybeRefusal ValidateRegisterAsset(const daybook::v1::RegisterAssetRequest& request,
                                   EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (auto r = CheckCode("lot", request.lot(), Presence::kOptional)) return r;
  const std::pair<const char*, const ev::LocalDate*> dates[] = {
      {"made_on", request.has_made_on() ? &request.made_on() : nullptr},
      {"sold_on", request.has_sold_on() ? &request.sold_on() : nullptr},
      {"delivered_on", request.has_delivered_on() ? &request.delivered_on() : nullptr},
      {"installed_on", request.has_installed_on() ? &request.installed_on() : nullptr},
  };
  for (const auto& [field, date] : dates) {
    if (date == nullptr) continue;
    if (auto r = CheckDate(field, *date)) return r;
  }
  std::string owner;
  if (auto r = ParseOptionalCustomer("owner", request.owner(), &owner)) return r;
  return CheckCode("order_id", request.order_id(), Presence::kOptional);
}

MaybeRefusal DecideRegisterAsset(const daybook::v1::RegisterAssetRequest& request,
                                 Decision& decision) {
  if (FindAsset(decision.state()) != nullptr) {
    return Refuse(daybook::v1::REASON_ASSET_EXISTS, "asset", "the asset is known already");
  }
  const std::string& id = decision.entity().id;
  ev::AssetRegistered registered;
  registered.set_product(id.substr(0, id.find(':')));
  registered.set_serial(id.substr(id.find(':') + 1));
  registered.set_lot(request.lot());
  if (request.has_made_on()) *registered.mutable_made_on() = request.made_on();
  if (request.has_sold_on()) *registered.mutable_sold_on() = request.sold_on();
  if (request.has_delivered_on()) *registered.mutable_delivered_on() = request.delivered_on();
  if (request.has_installed_on()) *registered.mutable_installed_on() = request.installed_on();
  const MaybeRefusal named =
      ParseOptionalCustomer("owner", request.owner(), registered.mutable_owner());
  CheckInvariant(!named, "the owner's name was checked before");
  registered.set_order_id(request.order_id());
  decision.Emit(registered);
  Link(registered.owner(), true, decision);
  return std::nullopt;
}

void AnswerRegisterAsset(const Recorded& recorded, daybook::v1::RegisterAssetResponse* response) {
  response->set_asset(AssetName(recorded.entity.id));
}

MaybeRefusal ValidateChangeAsset(const daybook::v1::ChangeAssetRequest& request,
                                 EntityRef* entity) {
  if (auto r = NameAsset("asset", request.asset(), entity)) return r;
  if (request.kind() == AssetChanged::KIND_UNSPECIFIED)
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "kind", "is required");
  if (!AssetChanged::Kind_IsValid(request.kind()))
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "kind", "is not one of its values");
  if (request.kind() != AssetChanged::KIND_OWNER && !request.owner().empty())
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "owner", "is taken with KIND_OWNER only");
  if (request.usage() < 0 || (request.kind() != AssetChanged::KIND_USAGE && request.usage() != 0)) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "usage",
                  "is not negative, and taken with KIND_USAGE only");
  }
  std::string owner;
  return ParseOptionalCustomer("owner", request.owner(), &owner);
}

MaybeRefusal DecideChangeAsset(const daybook::v1::ChangeAssetRequest& request, Decision& decision) {
  const AssetRow* found = FindAsset(decision.state());
  if (found == nullptr) return RefuseAssetUnknown();
  if (found->scrapped()) return RefuseScrapped();
  const AssetRow asset = *found;  // emitting may move rows
  if (request.kind() == AssetChanged::KIND_OWNER &&
      decision.context().effective.micros < asset.owner_since_us()) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "provenance.occurred_at",
                  "the present owner has it since later: tell the owners in their order");
  }
  const std::vector<WarrantyRow> warranties = WarrantiesOf(decision.state());
  AssetChanged changed;
  changed.set_kind(request.kind());
  if (request.kind() == AssetChanged::KIND_USAGE) {
    changed.set_usage(request.usage());
    changed.set_usage_anomaly(request.usage() < asset.usage());
  }
  if (request.kind() == AssetChanged::KIND_OWNER) {
    const MaybeRefusal named =
        ParseOptionalCustomer("owner", request.owner(), changed.mutable_owner());
    CheckInvariant(!named, "the owner's name was checked before");
    changed.set_previous_owner(asset.owner());
  }
  decision.Emit(changed);
  if (changed.owner() != changed.previous_owner()) {
    Link(changed.previous_owner(), false, decision);
    Link(changed.owner(), true, decision);
  }
  for (const WarrantyRow& row : warranties) {
    if (row.has_ended()) continue;
    if (changed.kind() == AssetChanged::KIND_SCRAPPED) {
      End(row.issued().warranty_id(), ev::WarrantyEnded::CAUSE_SCRAPPED, decision);
    } else if (ChangesHands(changed) && !GoesAlong(row, decision.context().effective)) {
      End(row.issued().warranty_id(), ev::WarrantyEnded::CAUSE_NOT_TRANSFERABLE, decision);
    }
  }
  return std::nullopt;
}

void AnswerChangeAsset(const Recorded& recorded, daybook::v1::ChangeAssetResponse* response) {
  for (const Event& event : recorded.events) {
    if (event.type == ev::EVENT_TYPE_WARRANTY_ENDED)
      response->add_ended(event.As<ev::WarrantyEnded>().warranty_id());
    if (event.type == ev::EVENT_TYPE_ASSET_CHANGED)
      response->set_usage_anomaly(event.As<AssetChanged>().usage_anomaly());
  }
}

std::unique_ptr<google::protobuf::Message> LinkCommand(const Event& wanted) {
  const auto& payload = wanted.As<ev::AssetLinkWanted>();
  auto request = std::make_unique<LinkAssetRequest>();
  request->set_customer(payload.customer());
  request->set_asset(std::string(wanted.entity_id));
  request->set_owned(payload.owned());
  request->set_asset_sequence(wanted.sequence.value());
  return request;
}

MaybeRefusal ValidateLinkAsset(const LinkAssetRequest& request, EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_CUSTOMER;
  entity->id = request.customer();
  return std::nullopt;
}

MaybeRefusal DecideLinkAsset(const LinkAssetRequest& request, Decision& decision) {
  const AssetLinkRow* heard = decision.state().Find<AssetLinkRow>(request.asset());
  if (heard != nullptr && heard->asset_sequence() >= request.asset_sequence()) return std::nullopt;
  ev::AssetLinkChanged changed;
  changed.set_asset(request.asset());
  changed.set_owned(request.owned());
  changed.set_asset_sequence(request.asset_sequence());
  decision.Emit(changed);
  return std::nullopt;
}

}  // namespace daybook::projections::warranty
