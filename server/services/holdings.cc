#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeHoldingService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.HoldingService", host);
  service->Command("OpenHolding");
  service->Command("ChangeHolding");
  service->Command("CloseHolding");
  service->Query("ListHoldings");
  service->LongQuery("GetHoldingSummary");
  service->Complete();
  return service;
}

}  // namespace daybook::server
