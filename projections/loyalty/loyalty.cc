#include "projections/loyalty/loyalty.h"

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/loyalty/decide.h"
#include "projections/loyalty/programme.h"
#include "projections/loyalty/queries.h"
#include "projections/loyalty/state.h"
#include "projections/loyalty/views.h"

namespace daybook::projections {

Domain MakeLoyaltyDomain() {
  namespace ev = daybook::event::v1;
  using namespace loyalty;  // NOLINT: the list below is all of it
  Domain domain;
  domain.name = "loyalty";
  domain.events = {
      EventOf<ev::ProgrammePublished>(ev::EVENT_TYPE_PROGRAMME_PUBLISHED),
      EventOf<ev::LoyaltyEnrolled>(ev::EVENT_TYPE_LOYALTY_ENROLLED),
      EventOf<ev::PointsEarned>(ev::EVENT_TYPE_POINTS_EARNED),
      EventOf<ev::PointsActivated>(ev::EVENT_TYPE_POINTS_ACTIVATED),
      EventOf<ev::PointsRedeemed>(ev::EVENT_TYPE_POINTS_REDEEMED),
      EventOf<ev::RedemptionReversed>(ev::EVENT_TYPE_REDEMPTION_REVERSED),
      EventOf<ev::PointsClawedBack>(ev::EVENT_TYPE_POINTS_CLAWED_BACK),
      EventOf<ev::PointsExpired>(ev::EVENT_TYPE_POINTS_EXPIRED),
      EventOf<ev::PointsAdjusted>(ev::EVENT_TYPE_POINTS_ADJUSTED),
      EventOf<ev::PointsTransferred>(ev::EVENT_TYPE_POINTS_TRANSFERRED),
      EventOf<ev::PointsReceived>(ev::EVENT_TYPE_POINTS_RECEIVED),
      EventOf<ev::PointsTransferClosed>(ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED),
  };
  domain.commands = {
      Command(ValidatePublishProgramme, DecidePublishProgramme, AnswerPublishProgramme),
      Command(ValidateEnrol, DecideEnrol, AnswerEnrol),
      Command(ValidateRedeemPoints, DecideRedeemPoints, AnswerRedeemPoints),
      Command(ValidateReverseRedemption, DecideReverseRedemption, AnswerReverseRedemption),
      Command(ValidateAdjustPoints, DecideAdjustPoints, AnswerAdjustPoints),
      Command(ValidateTransferPoints, DecideTransferPoints, AnswerTransferPoints),
      FollowUpCommand(ValidateReceivePoints, DecideReceivePoints),
      Command(ValidateQuoteOrder, DecideQuoteOrder, AnswerQuoteOrder),
  };
  domain.commands.back().dry_run = true;
  domain.reactions = {
      {ev::EVENT_TYPE_ORDER_COMPLETED, EarnForOrder},
      {ev::EVENT_TYPE_ORDER_CANCELLED, ClawBackForReturn},
      {ev::EVENT_TYPE_ITEMS_RETURNED, ClawBackForReturn},
  };
  // No grace: points that lapse at midnight are not there a moment later.
  domain.deadlines = {{kExpiryDeadline, 0, ExpirePoints}, {kActivationDeadline, 0, ActivatePoints}};
  domain.follow_ups = {{ev::EVENT_TYPE_POINTS_TRANSFERRED, ReceiverCommand, CloseTransfer}};
  domain.policies = {
      {ev::EVENT_TYPE_PROGRAMME_PUBLISHED,
       [](const google::protobuf::Message& payload) {
         return static_cast<const ev::ProgrammePublished&>(payload).programme_id();
       },
       [](const google::protobuf::Message& payload) -> std::shared_ptr<const Policy> {
         return std::make_shared<const Programme>(
             static_cast<const ev::ProgrammePublished&>(payload));
       }}};
  domain.views.push_back(MakePointsView());
  domain.views.push_back(MakeStatementView());
  domain.queries = {
      Query(kPointsView, ValidateGetBalance, ReadBalance),
      Query(kPointsView, ValidateListBalances, ReadBalances),
      Query(kPointsView, ValidateListLots, ReadLots),
      Query(kStatementView, ValidateListStatement, ReadStatement),
      Query(kStatementView, ValidateExplainPoints, ReadExplanation),
      Query("", ValidateGetProgramme, ReadProgramme),
      Query("", ValidateListProgrammes, ReadProgrammes),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
