// The Prometheus page: the server's own counters and what engine, views and ledger say of
// themselves, gathered when somebody asks. Names begin with daybook_, units are seconds and bytes,
// and no label holds an id.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "projections/engine/engine.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "server/metrics.h"
#include "server/tls.h"

namespace daybook::server {

class MetricsPage final : public prometheus::Collectable {
 public:
  // All outlive it; `tls` is null without TLS.
  MetricsPage(const Metrics* metrics, projections::Engine* engine, const TlsFiles* tls = nullptr)
      : metrics_(metrics), engine_(engine), tls_(tls) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Metrics* const metrics_;
  projections::Engine* const engine_;
  const TlsFiles* const tls_;
};

// Serves a page at http://ADDRESS/metrics until destroyed.
class MetricsServer {
 public:
  // Errors: Unavailable if the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              std::shared_ptr<MetricsPage> page);
  int port() const;

 private:
  MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, std::shared_ptr<MetricsPage> page)
      : page_(std::move(page)), exposer_(std::move(exposer)) {}
  std::shared_ptr<MetricsPage> page_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace daybook::server
