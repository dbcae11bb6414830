#include "projections/customers/customers.h"

#include "projections/customers/decide.h"
#include "projections/customers/state.h"
#include "projections/customers/views.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;

Domain MakeCustomersDomain() {
  using namespace customers;
  Domain domain;
  domain.name = "customers";
  domain.events = {
      EventOf<ev::CustomerRegistered>(ev::EVENT_TYPE_CUSTOMER_REGISTERED),
      EventOf<ev::CustomerAttributesChanged>(ev::EVENT_TYPE_CUSTOMER_ATTRIBUTES_CHANGED),
      EventOf<ev::IdentifierChanged>(ev::EVENT_TYPE_IDENTIFIER_CHANGED),
      EventOf<ev::LifecycleChanged>(ev::EVENT_TYPE_LIFECYCLE_CHANGED),
  };
  domain.commands = {
      Command(ValidateRegisterCustomer, DecideRegisterCustomer, AnswerRegisterCustomer),
      Command(ValidateChangeAttributes, DecideChangeAttributes, AnswerChangeAttributes),
      Command(ValidateChangeIdentifier, DecideChangeIdentifier, AnswerChangeIdentifier),
      Command(ValidateChangeLifecycle, DecideChangeLifecycle, AnswerChangeLifecycle),
  };
  domain.reactions = {{ev::EVENT_TYPE_ORDER_COMPLETED, BecomeCustomer}};
  domain.views.push_back(MakeProfileView());
  domain.views.push_back(MakeIdentifierIndex());
  domain.queries = {
      Query(std::string(kProfileView), ValidateGetCustomer, ReadGetCustomer),
      Query(std::string(kProfileView), ValidateListCustomers, ReadListCustomers),
      Query(std::string(kIdentifierIndex), ValidateLookupCustomers, ReadLookupCustomers),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
