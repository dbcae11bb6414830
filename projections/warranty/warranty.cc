#include "projections/warranty/warranty.h"

#include "daybook/event/v1/warranty.pb.h"
#include "projections/warranty/decide.h"
#include "projections/warranty/state.h"
#include "projections/warranty/terms.h"
#include "projections/warranty/views.h"

namespace daybook::projections {

Domain MakeWarrantyDomain() {
  namespace ev = daybook::event::v1;
  using namespace warranty;  // NOLINT: the list below is all of it
  Domain domain;
  domain.name = "warranty";
  domain.events = {
      EventOf<ev::AssetRegistered>(ev::EVENT_TYPE_ASSET_REGISTERED),
      EventOf<ev::AssetChanged>(ev::EVENT_TYPE_ASSET_CHANGED),
      EventOf<ev::AssetLinkWanted>(ev::EVENT_TYPE_ASSET_LINK_WANTED),
      EventOf<ev::AssetLinkChanged>(ev::EVENT_TYPE_ASSET_LINK_CHANGED),
      EventOf<ev::WarrantyTermsPublished>(ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED),
      EventOf<ev::WarrantyIssued>(ev::EVENT_TYPE_WARRANTY_ISSUED),
      EventOf<ev::WarrantyEnded>(ev::EVENT_TYPE_WARRANTY_ENDED),
      EventOf<ev::ClaimSubmitted>(ev::EVENT_TYPE_CLAIM_SUBMITTED),
      EventOf<ev::ClaimDecided>(ev::EVENT_TYPE_CLAIM_DECIDED),
      EventOf<ev::ClaimChanged>(ev::EVENT_TYPE_CLAIM_CHANGED),
      EventOf<ev::ClaimSettled>(ev::EVENT_TYPE_CLAIM_SETTLED),
  };
  domain.commands = {
      Command(ValidatePublishTerms, DecidePublishTerms, AnswerPublishTerms),
      Command(ValidateRegisterAsset, DecideRegisterAsset, AnswerRegisterAsset),
      Command(ValidateChangeAsset, DecideChangeAsset, AnswerChangeAsset),
      FollowUpCommand(ValidateLinkAsset, DecideLinkAsset),
      Command(ValidateIssueWarranty, DecideIssueWarranty, AnswerIssueWarranty),
      Command(ValidateCancelWarranty, DecideCancelWarranty, AnswerCancelWarranty),
      Command(ValidateVoidWarranty, DecideVoidWarranty, AnswerVoidWarranty),
      Command(ValidateSubmitClaim, DecideSubmitClaim, AnswerSubmitClaim),
      Command(ValidateDecideClaim, DecideDecideClaim, AnswerDecideClaim),
      Command(ValidateChangeClaim, DecideChangeClaim, AnswerChangeClaim),
      Command(ValidateSettleClaim, DecideSettleClaim, AnswerSettleClaim),
  };
  domain.follow_ups = {{ev::EVENT_TYPE_ASSET_LINK_WANTED, LinkCommand,
                        // Whoever it is, known or not, takes it.
                        [](const Event&, const ev::FollowUpAnswered&, Decision&) {}}};
  // No grace: cover ends with its last day.
  domain.deadlines = {{kExpiryDeadline, 0, ExpireWarranty}};
  domain.policies = {
      {ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED,
       [](const google::protobuf::Message& payload) {
         return static_cast<const ev::WarrantyTermsPublished&>(payload).terms_id();
       },
       [](const google::protobuf::Message& payload) -> std::shared_ptr<const Policy> {
         return std::make_shared<const Terms>(
             static_cast<const ev::WarrantyTermsPublished&>(payload));
       }}};
  domain.views.push_back(MakeWarrantiesView());
  domain.views.push_back(MakeBoardView());
  domain.views.push_back(MakeCustomerAssetsView());
  domain.queries = {
      Query(kWarrantiesView, ValidateGetWarrantyStatus, ReadWarrantyStatus),
      Query(kWarrantiesView, ValidateListClaims, ReadClaims),
      Query(kBoardView, ValidateListClaimBoard, ReadClaimBoard),
      Query(kCustomerAssetsView, ValidateListCustomerAssets, ReadCustomerAssets),
      Query("", ValidateGetTerms, ReadTerms),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
