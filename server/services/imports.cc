#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeImportService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.ImportService", host);
  service->Command("OpenImportSession");
  service->Command("CloseImportSession");
  service->Query("GetImportSession");
  service->Complete();
  return service;
}

}  // namespace daybook::server
