#include "daybook/v1/tenants.pb.h"
#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeTenantService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.TenantService", host);
  service->Command("CreateTenant");
  service->Query("GetTenant", MayNameTenant<v1::GetTenantRequest>());
  service->Query("ListTenants");
  service->Complete();
  return service;
}

}  // namespace daybook::server
