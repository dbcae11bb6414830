// The commands, reactions and deadlines of loyalty. For commands, Validate* looks at the request
// alone and names its entity; Decide* judges it and emits what happened; Answer* makes the answer
// from the events.
#pragma once

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"
#include "projections/loyalty/commands.pb.h"

namespace daybook::projections::loyalty {

// Publishes a programme's next version. Entity: the tenant.
MaybeRefusal ValidatePublishProgramme(const daybook::v1::PublishProgrammeRequest& request,
                                      EntityRef* entity);
MaybeRefusal DecidePublishProgramme(const daybook::v1::PublishProgrammeRequest& request,
                                    Decision& decision);
void AnswerPublishProgramme(const Recorded& recorded,
                            daybook::v1::PublishProgrammeResponse* response);

// Lets a known customer take part.
MaybeRefusal ValidateEnrol(const daybook::v1::EnrolRequest& request, EntityRef* entity);
MaybeRefusal DecideEnrol(const daybook::v1::EnrolRequest& request, Decision& decision);
void AnswerEnrol(const Recorded& recorded, daybook::v1::EnrolResponse* response);

// Spends points of lots that are active at the effective instant, in the programme's order.
MaybeRefusal ValidateRedeemPoints(const daybook::v1::RedeemPointsRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideRedeemPoints(const daybook::v1::RedeemPointsRequest& request,
                                Decision& decision);
void AnswerRedeemPoints(const Recorded& recorded, daybook::v1::RedeemPointsResponse* response);

// Gives points back to the lots that they came from, those taken last first; what has expired since
// then goes the programme's way.
MaybeRefusal ValidateReverseRedemption(const daybook::v1::ReverseRedemptionRequest& request,
                                       EntityRef* entity);
MaybeRefusal DecideReverseRedemption(const daybook::v1::ReverseRedemptionRequest& request,
                                     Decision& decision);
void AnswerReverseRedemption(const Recorded& recorded,
                             daybook::v1::ReverseRedemptionResponse* response);

// Gives or takes points by hand. What is given fills a debt first and is active at once.
MaybeRefusal ValidateAdjustPoints(const daybook::v1::AdjustPointsRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideAdjustPoints(const daybook::v1::AdjustPointsRequest& request,
                                Decision& decision);
void AnswerAdjustPoints(const Recorded& recorded, daybook::v1::AdjustPointsResponse* response);

// Gives points to another member: they leave here; ReceiverCommand, a follow-up, brings them there,
// and CloseTransfer records here that they arrived, or takes them back as Restore says.
MaybeRefusal ValidateTransferPoints(const daybook::v1::TransferPointsRequest& request,
                                    EntityRef* entity);
MaybeRefusal DecideTransferPoints(const daybook::v1::TransferPointsRequest& request,
                                  Decision& decision);
void AnswerTransferPoints(const Recorded& recorded, daybook::v1::TransferPointsResponse* response);
std::unique_ptr<google::protobuf::Message> ReceiverCommand(const Event& transferred);
void CloseTransfer(const Event& transferred, const daybook::event::v1::FollowUpAnswered& answer,
                   Decision& decision);
// Of the receiver. What comes fills a debt first, soonest expiry first.
MaybeRefusal ValidateReceivePoints(const ReceivePointsRequest& request, EntityRef* entity);
MaybeRefusal DecideReceivePoints(const ReceivePointsRequest& request, Decision& decision);

// What RecordOrder would earn; always a dry run of it.
MaybeRefusal ValidateQuoteOrder(const daybook::v1::QuoteOrderRequest& request, EntityRef* entity);
MaybeRefusal DecideQuoteOrder(const daybook::v1::QuoteOrderRequest& request, Decision& decision);
void AnswerQuoteOrder(const Recorded& recorded, daybook::v1::QuoteOrderResponse* response);

// Reaction to OrderCompleted: each programme in force that the customer takes part in, or that
// enrols by an order, says what the order earned, or why nothing.
void EarnForOrder(const Event& order, Decision& decision);
// Reaction to ItemsReturned and OrderCancelled: takes back what the affected orders earned, in
// proportion to what came back of their earn base.
void ClawBackForReturn(const Event& returned, Decision& decision);

// Deadlines of an account: everything of it that is due at exactly that instant.
void ExpirePoints(const Deadline& deadline, Decision& decision);
void ActivatePoints(const Deadline& deadline, Decision& decision);

}  // namespace daybook::projections::loyalty
