#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeContactService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.ContactService", host);
  service->Command("RecordContact");
  service->Query("ListContacts");
  service->LongQuery("GetContactSummary");
  service->Complete();
  return service;
}

}  // namespace daybook::server
