#include "projections/holdings/holdings.h"

#include "daybook/event/v1/holdings.pb.h"
#include "projections/holdings/decide.h"
#include "projections/holdings/state.h"
#include "projections/holdings/views.h"

namespace daybook::projections {

Domain MakeHoldingsDomain() {
  namespace ev = daybook::event::v1;
  using namespace holdings;  // NOLINT: the list below is all of it
  Domain domain;
  domain.name = "holdings";
  domain.events = {EventOf<ev::HoldingChanged>(ev::EVENT_TYPE_HOLDING_CHANGED)};
  domain.commands = {
      Command(ValidateOpenHolding, DecideOpenHolding, AnswerOpenHolding),
      Command(ValidateChangeHolding, DecideChangeHolding, AnswerChangeHolding),
      Command(ValidateCloseHolding, DecideCloseHolding, AnswerCloseHolding),
  };
  domain.views.push_back(MakeHoldingsView());
  domain.views.push_back(MakeSummaryView());
  domain.queries = {
      Query(kHoldingsView, ValidateListHoldings, ReadHoldings),
      Query(kSummaryView, ValidateSummary, ReadSummary),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
