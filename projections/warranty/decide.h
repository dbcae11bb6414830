// The commands, follow-ups and deadlines of warranties. For commands, Validate* looks at the
// request alone and names its entity; Decide* judges it and emits what happened; Answer* makes the
// answer from the events. Entity: the asset, unless it says otherwise.
#pragma once

#include <memory>

#include "daybook/v1/policies.pb.h"
#include "daybook/v1/warranty.pb.h"
#include "projections/engine/domain.h"
#include "projections/warranty/commands.pb.h"

namespace daybook::projections::warranty {

// Fires when a warranty's time is over; key: the warranty's id.
inline constexpr uint16_t kExpiryDeadline = 0x0701;

// Publishes the next version of terms. Entity: the tenant.
MaybeRefusal ValidatePublishTerms(const daybook::v1::PublishWarrantyTermsRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecidePublishTerms(const daybook::v1::PublishWarrantyTermsRequest& request,
                                Decision& decision);
void AnswerPublishTerms(const Recorded& recorded,
                        daybook::v1::PublishWarrantyTermsResponse* response);

MaybeRefusal ValidateRegisterAsset(const daybook::v1::RegisterAssetRequest& request,
                                   EntityRef* entity);
MaybeRefusal DecideRegisterAsset(const daybook::v1::RegisterAssetRequest& request,
                                 Decision& decision);
void AnswerRegisterAsset(const Recorded& recorded, daybook::v1::RegisterAssetResponse* response);

// With another owner, warranties that are not transferable (any more) end; scrapped, all do.
MaybeRefusal ValidateChangeAsset(const daybook::v1::ChangeAssetRequest& request, EntityRef* entity);
MaybeRefusal DecideChangeAsset(const daybook::v1::ChangeAssetRequest& request, Decision& decision);
void AnswerChangeAsset(const Recorded& recorded, daybook::v1::ChangeAssetResponse* response);

// What AssetLinkWanted wants, and how the customer takes it: what is older than what was heard
// already changes nothing.
std::unique_ptr<google::protobuf::Message> LinkCommand(const Event& wanted);
MaybeRefusal ValidateLinkAsset(const LinkAssetRequest& request, EntityRef* entity);
MaybeRefusal DecideLinkAsset(const LinkAssetRequest& request, Decision& decision);

MaybeRefusal ValidateIssueWarranty(const daybook::v1::IssueWarrantyRequest& request,
                                   EntityRef* entity);
MaybeRefusal DecideIssueWarranty(const daybook::v1::IssueWarrantyRequest& request,
                                 Decision& decision);
void AnswerIssueWarranty(const Recorded& recorded, daybook::v1::IssueWarrantyResponse* response);

MaybeRefusal ValidateCancelWarranty(const daybook::v1::CancelWarrantyRequest& request,
                                    EntityRef* entity);
MaybeRefusal DecideCancelWarranty(const daybook::v1::CancelWarrantyRequest& request,
                                  Decision& decision);
void AnswerCancelWarranty(const Recorded& recorded, daybook::v1::CancelWarrantyResponse* response);

MaybeRefusal ValidateVoidWarranty(const daybook::v1::VoidWarrantyRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideVoidWarranty(const daybook::v1::VoidWarrantyRequest& request,
                                Decision& decision);
void AnswerVoidWarranty(const Recorded& recorded, daybook::v1::VoidWarrantyResponse* response);

void ExpireWarranty(const Deadline& deadline, Decision& decision);

MaybeRefusal ValidateSubmitClaim(const daybook::v1::SubmitClaimRequest& request, EntityRef* entity);
MaybeRefusal DecideSubmitClaim(const daybook::v1::SubmitClaimRequest& request, Decision& decision);
void AnswerSubmitClaim(const Recorded& recorded, daybook::v1::SubmitClaimResponse* response);

MaybeRefusal ValidateDecideClaim(const daybook::v1::DecideClaimRequest& request, EntityRef* entity);
MaybeRefusal DecideDecideClaim(const daybook::v1::DecideClaimRequest& request, Decision& decision);
void AnswerDecideClaim(const Recorded& recorded, daybook::v1::DecideClaimResponse* response);

MaybeRefusal ValidateChangeClaim(const daybook::v1::ChangeClaimRequest& request, EntityRef* entity);
MaybeRefusal DecideChangeClaim(const daybook::v1::ChangeClaimRequest& request, Decision& decision);
void AnswerChangeClaim(const Recorded& recorded, daybook::v1::ChangeClaimResponse* response);

// Uses up the warranty's claims and amount; the last of them ends it.
MaybeRefusal ValidateSettleClaim(const daybook::v1::SettleClaimRequest& request, EntityRef* entity);
MaybeRefusal DecideSettleClaim(const daybook::v1::SettleClaimRequest& request, Decision& decision);
void AnswerSettleClaim(const Recorded& recorded, daybook::v1::SettleClaimResponse* response);

}  // namespace daybook::projections::warranty
