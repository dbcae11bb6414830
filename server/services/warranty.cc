#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeWarrantyService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.WarrantyService", host);
  service->Command("RegisterAsset");
  service->Command("ChangeAsset");
  service->Command("IssueWarranty");
  service->Command("CancelWarranty");
  service->Command("VoidWarranty");
  service->Command("SubmitClaim");
  service->Command("DecideClaim");
  service->Command("ChangeClaim");
  service->Command("SettleClaim");
  service->Query("GetWarrantyStatus");
  service->Query("ListClaims");
  service->LongQuery("ListClaimBoard");
  service->Query("ListCustomerAssets");
  service->Complete();
  return service;
}

}  // namespace daybook::server
