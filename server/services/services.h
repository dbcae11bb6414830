// The services of the server, one function and one file each. A method that a domain decides or
// answers is one line there; nothing in this folder knows a rule.
#pragma once

#include <memory>

#include "server/guard.h"
#include "server/method_table.h"

namespace daybook::projections {
class ClockGuard;
}

namespace daybook::server {

// For methods whose request names a tenant: the caller's own, or the caller is an operator.
template <typename Request>
MethodTable::MayAsk MayNameTenant() {
  return [](const projections::Caller& caller, const google::protobuf::Message& request) {
    return CheckTenant(caller, static_cast<const Request&>(request).tenant());
  };
}

std::unique_ptr<MethodTable> MakeTenantService(const CallHost& host);
std::unique_ptr<MethodTable> MakeAccessService(const CallHost& host);
std::unique_ptr<MethodTable> MakeCustomerService(const CallHost& host);
std::unique_ptr<MethodTable> MakeSalesService(const CallHost& host);
std::unique_ptr<MethodTable> MakeLoyaltyService(const CallHost& host);
std::unique_ptr<MethodTable> MakeContactService(const CallHost& host);
std::unique_ptr<MethodTable> MakeCaseService(const CallHost& host);
std::unique_ptr<MethodTable> MakeHoldingService(const CallHost& host);
std::unique_ptr<MethodTable> MakePolicyService(const CallHost& host);
std::unique_ptr<MethodTable> MakeImportService(const CallHost& host);
std::unique_ptr<MethodTable> MakeViewService(const CallHost& host);
std::unique_ptr<MethodTable> MakeWarrantyService(const CallHost& host);

std::unique_ptr<MethodTable> MakeClockService(const CallHost& host, projections::ClockGuard* clock);

class BackupJob;
std::unique_ptr<MethodTable> MakeBackupService(const CallHost& host, BackupJob* job);

class SubscriptionHub;
std::unique_ptr<MethodTable> MakeLedgerService(const CallHost& host, SubscriptionHub* hub);

class IngestHub;
std::unique_ptr<MethodTable> MakeIngestService(const CallHost& host, IngestHub* hub);

}  // namespace daybook::server
