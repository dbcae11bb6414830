#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeCustomerService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.CustomerService", host);
  service->Command("RegisterCustomer");
  service->Command("ChangeAttributes");
  service->Command("ChangeIdentifier");
  service->Command("ChangeLifecycle");
  service->Query("GetCustomer");
  service->Query("LookupCustomers");
  service->LongQuery("ListCustomers");
  service->Complete();
  return service;
}

}  // namespace daybook::server
