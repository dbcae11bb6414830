#include "server/ingest_hub.h"
#include "server/services/services.h"

namespace daybook::server {

std::unique_ptr<MethodTable> MakeIngestService(const CallHost& host, IngestHub* hub) {
  auto service = std::make_unique<MethodTable>("daybook.v1.IngestService", host);
  service->BidiStream("Ingest",
                      [hub](grpc::CallbackServerContext* context, const GuardedMethod& method) {
                        return hub->Begin(context, method);
                      });
  service->Complete();
  return service;
}

}  // namespace daybook::server
