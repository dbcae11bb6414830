#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeSalesService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.SalesService", host);
  service->Command("RecordOrder");
  service->Command("CancelOrder");
  service->Command("RecordReturn");
  service->Command("IssueRefund");
  service->Query("GetOrder");
  service->Query("ListOrders");
  service->LongQuery("GetSalesSummary");
  service->Complete();
  return service;
}

}  // namespace daybook::server
