#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeLoyaltyService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.LoyaltyService", host);
  service->Command("Enrol");
  service->Command("RedeemPoints");
  service->Command("ReverseRedemption");
  service->Command("AdjustPoints");
  service->Command("TransferPoints");
  service->Query("GetBalance");
  service->LongQuery("ListBalances");
  service->Query("ListLots");
  service->Query("ListStatement");
  service->Query("ExplainPoints");
  service->Command("QuoteOrder");
  service->Complete();
  return service;
}

}  // namespace daybook::server
