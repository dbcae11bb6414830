#include "projections/domains.h"

#include "projections/cases/cases.h"
#include "projections/contacts/contacts.h"
#include "projections/customers/customers.h"
#include "projections/holdings/holdings.h"
#include "projections/loyalty/loyalty.h"
#include "projections/registry/registry.h"
#include "projections/sales/sales.h"
#include "projections/warranty/warranty.h"

namespace daybook::projections {

// The order is that of reactions to one event: loyalty sees an order or return after sales.
std::vector<Domain> AllDomains() {
  std::vector<Domain> domains;
  domains.push_back(MakeRegistryDomain());
  domains.push_back(MakeCustomersDomain());
  domains.push_back(MakeContactsDomain());
  domains.push_back(MakeSalesDomain());
  domains.push_back(MakeLoyaltyDomain());
  domains.push_back(MakeWarrantyDomain());
  domains.push_back(MakeCasesDomain());
  domains.push_back(MakeHoldingsDomain());
  return domains;
}

}  // namespace daybook::projections
