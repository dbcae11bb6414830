#include "server/metrics_page.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <limits>

#include "prometheus/metric_family.h"
#include "server/errors.h"
#include "server/version.h"

namespace daybook::server {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

using Labels = std::vector<ClientMetric::Label>;

// Puts families together.
class Page {
 public:
  void Counter(std::string name, std::string help, double value, Labels labels = {}) {
    ClientMetric& metric = Add(std::move(name), std::move(help), MetricType::Counter);
    metric.counter.value = value;
    metric.label = std::move(labels);
  }
  void Gauge(std::string name, std::string help, double value, Labels labels = {}) {
    ClientMetric& metric = Add(std::move(name), std::move(help), MetricType::Gauge);
    metric.gauge.value = value;
    metric.label = std::move(labels);
  }
  ClientMetric& Histogram(std::string name, std::string help) {
    return Add(std::move(name), std::move(help), MetricType::Histogram);
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  // Samples of one name come one after the other.
  ClientMetric& Add(std::string name, std::string help, MetricType type) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({std::move(name), std::move(help), type, {}});
    }
    return families_.back().metric.emplace_back();
  }
  std::vector<MetricFamily> families_;
};

template <typename Number>
double Value(const std::atomic<Number>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

void AddCalls(const Metrics& metrics, Page* page) {
  for (const MethodMetrics& method : metrics.methods()) {
    for (size_t code = 0; code < MethodMetrics::kCodes; ++code) {
      if (method.calls(code) == 0) continue;
      page->Counter("daybook_calls_total", "Calls that ended, by method and gRPC status code.",
                    static_cast<double>(method.calls(code)),
                    {{"method", method.method()},
                     {"code", std::string(NameOf(static_cast<grpc::StatusCode>(code)))}});
    }
  }
  for (const MethodMetrics& method : metrics.methods()) {
    ClientMetric::Histogram histogram;
    for (size_t i = 0; i <= MethodMetrics::kBucketMicros.size(); ++i) {
      histogram.sample_count += method.bucket(i);
      histogram.bucket.push_back(
          {histogram.sample_count, i < MethodMetrics::kBucketMicros.size()
                                       ? static_cast<double>(MethodMetrics::kBucketMicros[i]) * 1e-6
                                       : std::numeric_limits<double>::infinity()});
    }
    if (histogram.sample_count == 0) continue;
    histogram.sample_sum = method.seconds();
    ClientMetric& metric =
        page->Histogram("daybook_call_duration_seconds", "From the arrival of a call to its end.");
    metric.histogram = std::move(histogram);
    metric.label = {{"method", method.method()}};
  }
  page->Gauge("daybook_calls_in_flight", "Unary calls under way.", Value(metrics.calls_in_flight));
}

void AddStreams(const Metrics& metrics, Page* page) {
  page->Gauge("daybook_ingest_streams", "Ingest streams that are open.",
              Value(metrics.ingest_streams));
  page->Counter("daybook_ingest_batches_total", "Batches taken.", Value(metrics.ingest_batches));
  page->Counter("daybook_ingest_items_total", "Items of batches taken.",
                Value(metrics.ingest_items));
  page->Counter("daybook_ingest_refused_items_total", "Items refused.",
                Value(metrics.ingest_refused_items));
  page->Counter("daybook_ingest_repeated_items_total", "Items that had been carried out before.",
                Value(metrics.ingest_repeated_items));
  page->Gauge("daybook_subscriptions", "Subscriptions that are open.",
              Value(metrics.subscriptions));
  page->Counter("daybook_subscription_messages_total", "Messages sent to subscribers.",
                Value(metrics.subscription_messages));
}

void AddEngine(projections::Engine& engine, Page* page) {
  double queued = 0, decided = 0, refused = 0, repeated = 0, fired = 0, late = 0, broken = 0;
  double stopped = 0, sent = 0, followed = 0, followed_in_vain = 0;
  for (const auto& worker : engine.workers()) {
    const projections::WorkerCounters& counters = worker->counters();
    queued += Value(counters.queued);
    decided += Value(counters.decided);
    refused += Value(counters.refused);
    repeated += Value(counters.repeated);
    fired += Value(counters.deadlines_fired);
    sent += Value(counters.follow_ups_sent);
    followed += Value(counters.follow_ups_accepted);
    followed_in_vain += Value(counters.follow_ups_refused);
    late += Value(counters.late_facts);
    broken += Value(counters.invariants_broken);
    stopped += static_cast<double>(worker->StoppedPartitions().size());
  }
  page->Gauge("daybook_command_queue_depth", "Commands that wait or are under way.", queued);
  constexpr char kCommands[] = "daybook_commands_total";
  constexpr char kCommandsHelp[] = "Commands that reached a decision, by outcome.";
  page->Counter(kCommands, kCommandsHelp, decided, {{"outcome", "accepted"}});
  page->Counter(kCommands, kCommandsHelp, refused, {{"outcome", "refused"}});
  page->Counter(kCommands, kCommandsHelp, repeated, {{"outcome", "repeated"}});
  page->Counter("daybook_deadlines_fired_total", "Deadlines that fired.", fired);
  page->Counter("daybook_follow_ups_sent_total",
                "Commands that events wanted at other entities, with repetitions.", sent);
  constexpr char kFollowUps[] = "daybook_follow_ups_answered_total";
  constexpr char kFollowUpsHelp[] = "Follow-ups whose answer is recorded, by outcome.";
  page->Counter(kFollowUps, kFollowUpsHelp, followed, {{"outcome", "accepted"}});
  page->Counter(kFollowUps, kFollowUpsHelp, followed_in_vain, {{"outcome", "refused"}});
  page->Counter("daybook_late_facts_total", "Facts older than what their entity knew already.",
                late);
  page->Counter("daybook_invariants_broken_total", "Decisions that broke an invariant.", broken);
  page->Gauge("daybook_clock_leapt", "1 while the machine's clock is not believed.",
              engine.clock().Leapt() ? 1 : 0);
  page->Gauge("daybook_partitions_stopped", "Partitions that take no commands.", stopped);
}

void AddViews(const std::vector<projections::ViewStatus>& views, Page* page) {
  for (const auto& view : views) {
    page->Gauge("daybook_view_lag_commits", "Durable commits that a view has not applied.",
                static_cast<double>(view.lag_commits), {{"view", view.name}});
  }
  for (const auto& view : views) {
    page->Gauge("daybook_view_stopped", "1 if a view could not apply an event.",
                view.mode == projections::ViewMode::kStopped, {{"view", view.name}});
  }
}

void AddLedger(ledger::Ledger& ledger, Page* page) {
  double commits = 0;
  for (uint32_t i = 0; i <= ledger.info().entity_partitions; ++i) {
    commits += static_cast<double>(ledger.LastDurable(ledger::PartitionId(i)).value());
  }
  page->Counter("daybook_ledger_commits_total", "Durable commits of all partitions.", commits);
  page->Counter("daybook_ledger_groups_total", "Durable groups: writes with one sync each.",
                static_cast<double>(ledger.DurableEnd().group.value()));
  page->Gauge("daybook_ledger_bytes", "Bytes of groups on disk.",
              static_cast<double>(ledger.StoredBytes()));
  page->Gauge("daybook_ledger_writable", "1 while writes are taken.", ledger.writable().ok());
}

void AddTls(const TlsFiles& tls, Page* page) {
  page->Gauge("daybook_tls_files_good", "0 while the certificate files on disk cannot be used.",
              tls.problem().empty());
  page->Counter("daybook_tls_reloads_total", "Certificates taken from changed files.",
                static_cast<double>(tls.reloads()));
  page->Gauge("daybook_tls_certificate_expires_timestamp_seconds",
              "When the certificate in use ends, seconds since 1970.",
              static_cast<double>(tls.expires_at_seconds()));
}

// Of this process, from the kernel.
void AddProcess(Page* page) {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  page->Gauge("daybook_process_resident_bytes", "Memory of the process.",
              resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  page->Counter("daybook_process_cpu_seconds_total", "Time on a processor.",
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
  page->Gauge("daybook_build_info", "1; the version is the label.", 1, {{"version", kVersion}});
}

}  // namespace

std::vector<MetricFamily> MetricsPage::Collect() const {
  Page page;
  AddCalls(*metrics_, &page);
  AddStreams(*metrics_, &page);
  AddEngine(*engine_, &page);
  AddViews(engine_->views().Status(), &page);
  AddLedger(engine_->ledger(), &page);
  if (tls_ != nullptr) AddTls(*tls_, &page);
  AddProcess(&page);
  return page.Take();
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, std::shared_ptr<MetricsPage> page) {
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address, 1);
    exposer->RegisterCollectable(page);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(exposer), std::move(page)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        fmt::format("metrics: cannot listen on {}: {}", address, error.what()));
  }
}

int MetricsServer::port() const {
  const std::vector<int> ports = exposer_->GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace daybook::server
