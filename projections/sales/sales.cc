#include "projections/sales/sales.h"

#include "daybook/event/v1/sales.pb.h"
#include "projections/sales/decide.h"
#include "projections/sales/state.h"
#include "projections/sales/views.h"

namespace daybook::projections {

Domain MakeSalesDomain() {
  namespace event = daybook::event::v1;
  Domain domain;
  domain.name = "sales";
  domain.events = {
      EventOf<event::OrderCompleted>(event::EVENT_TYPE_ORDER_COMPLETED),
      EventOf<event::OrderCancelled>(event::EVENT_TYPE_ORDER_CANCELLED),
      EventOf<event::ItemsReturned>(event::EVENT_TYPE_ITEMS_RETURNED),
      EventOf<event::RefundIssued>(event::EVENT_TYPE_REFUND_ISSUED),
  };
  domain.commands = {
      Command(sales::ValidateRecordOrder, sales::DecideRecordOrder, sales::AnswerRecordOrder),
      Command(sales::ValidateCancelOrder, sales::DecideCancelOrder, sales::AnswerCancelOrder),
      Command(sales::ValidateRecordReturn, sales::DecideRecordReturn, sales::AnswerRecordReturn),
      Command(sales::ValidateIssueRefund, sales::DecideIssueRefund, sales::AnswerIssueRefund),
  };
  domain.views.push_back(sales::MakeOrdersView());
  domain.views.push_back(sales::MakeSummaryView());
  domain.queries = {
      Query(sales::kOrdersView, sales::ValidateGetOrder, sales::ReadOrder),
      Query(sales::kOrdersView, sales::ValidateListOrders, sales::ReadOrders),
      Query(sales::kSummaryView, sales::ValidateSummary, sales::ReadSummary),
  };
  domain.apply = sales::Apply;
  return domain;
}

}  // namespace daybook::projections
