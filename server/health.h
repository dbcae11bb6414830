// What grpc.health.v1 says: the server as a whole, each service by its name, and two names of our
// own for what may fail alone:
//
//   ""                        serving until the server drains
//   "daybook.v1.SalesService" and so on, the same
//   "daybook.views"           not serving while a view has stopped
//   "daybook.writes"          not serving while the ledger takes no writes or a partition has
//   stopped
//   "daybook.clock"           not serving while the machine's clock is not believed
//   "daybook.tls"             not serving while the certificate files are not good: the last good
//   ones are used
//
// Watch looks once a second. Thread-safe.
#pragma once

#include <grpcpp/health_check_service_interface.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "projections/engine/engine.h"
#include "server/tls.h"

namespace daybook::server {

inline constexpr char kViewsHealth[] = "daybook.views";
inline constexpr char kWritesHealth[] = "daybook.writes";
inline constexpr char kClockHealth[] = "daybook.clock";
inline constexpr char kTlsHealth[] = "daybook.tls";

class Health {
 public:
  // All outlive it; `tls` is null without TLS. Everything serves from now on.
  Health(grpc::HealthCheckServiceInterface* service, projections::Engine* engine, TlsFiles* tls,
         const std::vector<std::string>& services);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // Nothing serves any more.
  void StopServing();

 private:
  void Look();
  void Watch();

  grpc::HealthCheckServiceInterface* const service_;
  projections::Engine* const engine_;
  TlsFiles* const tls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::server
