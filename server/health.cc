#include "server/health.h"

#include <algorithm>

#include "server/limits.h"

namespace daybook::server {

Health::Health(grpc::HealthCheckServiceInterface* service, projections::Engine* engine,
               TlsFiles* tls, const std::vector<std::string>& services)
    : service_(service), engine_(engine), tls_(tls) {
  for (const std::string& name : services) service_->SetServingStatus(name, true);
  Look();
  service_->SetServingStatus("", true);
  thread_ = std::thread([this] { Watch(); });
}

Health::~Health() { StopServing(); }

void Health::StopServing() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  service_->SetServingStatus(false);
}

void Health::Look() {
  const auto& workers = engine_->workers();
  const bool decides = std::all_of(workers.begin(), workers.end(), [](const auto& worker) {
    return worker->StoppedPartitions().empty();
  });
  service_->SetServingStatus(kViewsHealth, engine_->views().Problems().empty());
  engine_->clock().Now();  // an idle server looks at its clock too
  service_->SetServingStatus(kClockHealth, !engine_->clock().Leapt());
  service_->SetServingStatus(kWritesHealth, decides && engine_->ledger().writable().ok());
  if (tls_ == nullptr) return;
  tls_->Look();
  service_->SetServingStatus(kTlsHealth, tls_->problem().empty());
}

void Health::Watch() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kHealthInterval, [this] { return stopping_; })) Look();
}

}  // namespace daybook::server
