#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeCaseService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.CaseService", host);
  service->Command("OpenCase");
  service->Command("ChangeCase");
  service->Query("GetCase");
  service->Query("ListCases");
  service->Query("ListCaseEntries");
  service->LongQuery("ListCaseQueue");
  service->LongQuery("GetCaseSummary");
  service->Complete();
  return service;
}

}  // namespace daybook::server
