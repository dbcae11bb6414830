#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakePolicyService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.PolicyService", host);
  service->Command("PublishProgramme");
  service->Query("GetProgramme");
  service->Query("ListProgrammes");
  service->Command("PublishWarrantyTerms");
  service->Query("GetWarrantyTerms");
  service->Command("PublishAttributeSchema");
  service->Query("GetAttributeSchema");
  service->Command("PublishSla");
  service->Query("GetSla");
  service->Query("ListSlas");
  service->Complete();
  return service;
}

}  // namespace daybook::server
