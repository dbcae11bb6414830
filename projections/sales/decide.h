// The commands of sales: one pair of functions each. Validate* looks at the request alone and names
// its entity; Decide* judges it against the customer's state and emits what happened; Answer* makes
// the answer from the events.
#pragma once

#include "daybook/v1/sales.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::sales {

// A completed order. The amounts of its lines are computed here; the customer is registered if
// nobody knows them yet.
MaybeRefusal ValidateRecordOrder(const daybook::v1::RecordOrderRequest& request, EntityRef* entity);
MaybeRefusal DecideRecordOrder(const daybook::v1::RecordOrderRequest& request, Decision& decision);
void AnswerRecordOrder(const Recorded& recorded, daybook::v1::RecordOrderResponse* response);
// What programmes paid, from the events of an order: also the answer to "what would it earn".
void FillEarned(const Recorded& recorded,
                google::protobuf::RepeatedPtrField<daybook::v1::EarnedPoints>* earned);

// Takes back all units of an order that have not come back yet.
MaybeRefusal ValidateCancelOrder(const daybook::v1::CancelOrderRequest& request, EntityRef* entity);
MaybeRefusal DecideCancelOrder(const daybook::v1::CancelOrderRequest& request, Decision& decision);
void AnswerCancelOrder(const Recorded& recorded, daybook::v1::CancelOrderResponse* response);

// Goods come back and are matched with order lines: those named, else units still out of orders
// placed by then at the same product and unit price, newest order first and, within an order, the
// last line first.
MaybeRefusal ValidateRecordReturn(const daybook::v1::RecordReturnRequest& request,
                                  EntityRef* entity);
MaybeRefusal DecideRecordReturn(const daybook::v1::RecordReturnRequest& request,
                                Decision& decision);
void AnswerRecordReturn(const Recorded& recorded, daybook::v1::RecordReturnResponse* response);

// Money is paid back.
MaybeRefusal ValidateIssueRefund(const daybook::v1::IssueRefundRequest& request, EntityRef* entity);
MaybeRefusal DecideIssueRefund(const daybook::v1::IssueRefundRequest& request, Decision& decision);
void AnswerIssueRefund(const Recorded& recorded, daybook::v1::IssueRefundResponse* response);

}  // namespace daybook::projections::sales
