#include "projections/contacts/contacts.h"

#include "projections/contacts/decide.h"
#include "projections/contacts/state.h"
#include "projections/contacts/views.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;

Domain MakeContactsDomain() {
  using namespace contacts;
  Domain domain;
  domain.name = "contacts";
  domain.events = {
      EventOf<ev::ContactAttempted>(ev::EVENT_TYPE_CONTACT_ATTEMPTED),
      EventOf<ev::ContactOutcomeRecorded>(ev::EVENT_TYPE_CONTACT_OUTCOME_RECORDED),
  };
  domain.commands = {Command(ValidateRecordContact, DecideRecordContact, AnswerRecordContact)};
  domain.views.push_back(MakeHistoryView());
  domain.views.push_back(MakeSummaryView());
  domain.queries = {
      Query(std::string(kHistoryView), ValidateListContacts, ReadListContacts),
      Query(std::string(kSummaryView), ValidateSummary, ReadSummary),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
