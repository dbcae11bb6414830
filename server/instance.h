// A running server: everything between a data directory and a port, put together in the order in
// which one thing needs the other and taken apart in reverse. What main runs, and what tests run in
// their own process.
//
//   auto instance = Instance::Start(settings, projections::Clock::System());
//   ... (*instance)->port() ...
//   (*instance)->Drain(20s);
//
// Start, Drain and the destructor from one thread; port() and the rest from any.
#pragma once

#include <grpcpp/server.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/clock.h"
#include "projections/engine/engine.h"
#include "server/background.h"
#include "server/backup_job.h"
#include "server/calls_in_flight.h"
#include "server/clock_keeper.h"
#include "server/data_directory.h"
#include "server/guard.h"
#include "server/health.h"
#include "server/ingest_hub.h"
#include "server/method_table.h"
#include "server/metrics.h"
#include "server/metrics_page.h"
#include "server/settings.h"
#include "server/subscription_hub.h"
#include "server/tls.h"
#include "server/unknown_methods.h"

namespace daybook::server {

class Instance {
 public:
  // Opens the data directory, starts the engine and serves. Ready when it returns. Errors: those of
  // DataDirectory::Open and Engine::Start; Unavailable if the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Instance>> Start(const Settings& settings,
                                                         const projections::Clock* clock);
  // Drains with no patience.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  int port() const { return port_; }
  // 0 if metrics are not served.
  int metrics_port() const { return metrics_server_ == nullptr ? 0 : metrics_server_->port(); }
  // Refuses new calls, lets those under way finish for at most `patience`, ends the rest, stops
  // engine and ledger. Idempotent.
  void Drain(std::chrono::milliseconds patience);

  projections::Engine& engine() { return *engine_; }
  DataDirectory& data() { return *data_; }
  Metrics& metrics() { return metrics_; }

 private:
  Instance(const Settings& settings, const projections::Clock* clock);
  absl::Status OpenAndServe();
  absl::Status OpenAccess();
  void MakeServices();
  absl::Status Serve();
  absl::Status WritePortFile() const;

  const Settings settings_;
  ClockKeeper clock_;
  projections::Catalogue catalogue_;
  Metrics metrics_;
  std::unique_ptr<DataDirectory> data_;
  std::unique_ptr<projections::Engine> engine_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<TlsFiles> tls_;  // null without TLS
  CallsInFlight calls_;
  Background background_;
  CallHost host_;
  std::unique_ptr<SubscriptionHub> subscriptions_;
  std::unique_ptr<IngestHub> ingest_;
  std::unique_ptr<BackupJob> backups_;
  std::vector<std::unique_ptr<MethodTable>> services_;
  UnknownMethods unknown_methods_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<MetricsServer> metrics_server_;
  int port_ = 0;
  bool drained_ = false;
};

}  // namespace daybook::server
