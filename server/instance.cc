#include "server/instance.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <fstream>

#include "projections/domains.h"
#include "server/address.h"
#include "server/first_token.h"
#include "server/limits.h"
#include "server/services/services.h"

namespace daybook::server {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kLastWords{1000};  // for the answers of ended calls to leave

void ApplyLimits(const Settings& settings, grpc::ServerBuilder* builder) {
  const int max_message = static_cast<int>(settings.max_message_mb) << 20;
  builder->SetMaxReceiveMessageSize(max_message);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                              static_cast<int>(settings.max_streams));
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              static_cast<int>(kMinPingInterval.count()));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kKeepaliveTime.count()));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                              static_cast<int>(kKeepaliveTimeout.count()));
  // A second server on the same port is a mistake, not a way to share the work.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

projections::ClockBounds BoundsOf(const Settings& settings) {
  constexpr int64_t kHour = 3'600'000'000;
  return {settings.clock_leap_hours * kHour, settings.clock_gap_days * 24 * kHour};
}

ledger::Timestamp LastRecordedAt(ledger::Ledger& ledger) {
  ledger::Timestamp last = ledger::kDistantPast;
  for (uint32_t id = 0; id <= ledger.info().entity_partitions; ++id)
    last = std::max(last, ledger.LastRecordedAt(ledger::PartitionId(id)));
  return last;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Instance>> Instance::Start(const Settings& settings,
                                                          const projections::Clock* clock) {
  std::unique_ptr<Instance> instance(new Instance(settings, clock));
  if (absl::Status status = instance->OpenAndServe(); !status.ok()) return status;
  return instance;
}

Instance::Instance(const Settings& settings, const projections::Clock* clock)
    : settings_(settings),
      clock_(clock, BoundsOf(settings)),
      catalogue_(projections::AllDomains()),
      background_(kReadThreads, kMaxWaitingReads) {}

Instance::~Instance() { Drain(milliseconds(0)); }

absl::Status Instance::OpenAndServe() {
  if (absl::Status status = CheckTogether(settings_); !status.ok()) return status;
  if (!settings_.tls_cert.empty()) {
    auto tls = TlsFiles::Open({settings_.tls_cert, settings_.tls_key, settings_.tls_client_ca});
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
  }
  // Before anything is made: who meant another port wants no ledger left behind.
  if (absl::Status status = CheckFree(settings_.listen); !status.ok()) return status;
  if (absl::Status status = CheckFree(settings_.metrics_listen); !status.ok()) return status;
  DataOptions options;
  options.directory = settings_.data_dir;
  options.entity_partitions = settings_.entity_partitions;
  options.must_have_entity_partitions = settings_.entity_partitions_given;
  options.segment_bytes = uint64_t{settings_.segment_mb} << 20;
  options.views_cache_bytes = size_t{settings_.views_cache_mb} << 20;
  options.rows_bytes = size_t{settings_.rows_memory_mb} << 20;
  options.index_cache_bytes = size_t{settings_.index_cache_mb} << 20;
  options.now = [this] { return clock_.guard().Now(); };
  auto data = DataDirectory::Open(options);
  if (!data.ok()) return data.status();
  data_ = *std::move(data);
  // Before the ledger records that it has a new owner.
  clock_.Start(settings_.data_dir, LastRecordedAt(data_->ledger()));
  const ledger::StoreReport& report = data_->report();
  if (!report.log.cut_reason.empty()) {
    spdlog::warn("ledger: {} bytes of a torn tail cut: {}", report.log.cut_bytes,
                 report.log.cut_reason);
  }
  if (!report.index_discarded.empty()) {
    spdlog::warn("ledger: index made anew: {}", report.index_discarded);
  }

  projections::Engine::Environment environment;
  environment.catalogue = &catalogue_;
  environment.ledger = &data_->ledger();
  environment.secrets = &data_->secrets();
  environment.database = &data_->folds();
  environment.clock = &clock_.guard();
  engine_ = std::make_unique<projections::Engine>(environment,
                                                  projections::EngineOptions{settings_.workers});
  if (absl::Status status = engine_->Start(); !status.ok()) return status;
  if (absl::Status status = OpenAccess(); !status.ok()) return status;
  host_ = {engine_.get(), guard_.get(), &calls_, &metrics_, &background_};
  return Serve();
}

absl::Status Instance::OpenAccess() {
  guard_ = std::make_unique<Guard>(engine_.get(), settings_.require_tokens);
  if (!settings_.require_tokens) return absl::OkStatus();
  if (engine_->access_log() == nullptr) {
    return absl::FailedPreconditionError(
        "require_tokens: this ledger was made without partitions for the record of accesses");
  }
  return EnsureFirstToken(engine_.get(), settings_.data_dir);
}

void Instance::MakeServices() {
  subscriptions_ = std::make_unique<SubscriptionHub>(host_);
  engine_->views().SetDurableListener([hub = subscriptions_.get()] { hub->Wake(); });
  ingest_ = std::make_unique<IngestHub>(host_);
  services_.push_back(MakeTenantService(host_));
  services_.push_back(MakeAccessService(host_));
  services_.push_back(MakeCustomerService(host_));
  services_.push_back(MakeSalesService(host_));
  services_.push_back(MakeLoyaltyService(host_));
  services_.push_back(MakeContactService(host_));
  services_.push_back(MakeWarrantyService(host_));
  services_.push_back(MakeCaseService(host_));
  services_.push_back(MakeHoldingService(host_));
  services_.push_back(MakePolicyService(host_));
  services_.push_back(MakeImportService(host_));
  services_.push_back(MakeViewService(host_));
  services_.push_back(MakeClockService(host_, &clock_.guard()));
  services_.push_back(MakeLedgerService(host_, subscriptions_.get()));
  services_.push_back(MakeIngestService(host_, ingest_.get()));
  backups_ = std::make_unique<BackupJob>(data_.get(), settings_.backup_dir.empty()
                                                          ? settings_.data_dir + "/backups"
                                                          : settings_.backup_dir);
  services_.push_back(MakeBackupService(host_, backups_.get()));
}

absl::Status Instance::Serve() {
  MakeServices();
  if (!settings_.metrics_listen.empty()) {
    auto served =
        MetricsServer::Start(settings_.metrics_listen,
                             std::make_shared<MetricsPage>(&metrics_, engine_.get(), tls_.get()));
    if (!served.ok()) return served.status();
    metrics_server_ = *std::move(served);
  }
  grpc::EnableDefaultHealthCheckService(true);
  if (settings_.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  ApplyLimits(settings_, &builder);
  builder.AddListeningPort(
      settings_.listen, tls_ == nullptr ? grpc::InsecureServerCredentials() : tls_->Credentials(),
      &port_);
  std::vector<std::string> names;
  for (const auto& service : services_) {
    builder.RegisterService(service.get());
    names.push_back(service->name());
  }
  builder.RegisterCallbackGenericService(&unknown_methods_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    return absl::UnavailableError(
        fmt::format("cannot listen on {}: is another server there?", settings_.listen));
  }
  health_ =
      std::make_unique<Health>(server_->GetHealthCheckService(), engine_.get(), tls_.get(), names);
  return WritePortFile();
}

// Whoever waits for the file finds a whole one.
absl::Status Instance::WritePortFile() const {
  if (settings_.port_file.empty()) return absl::OkStatus();
  const std::string unfinished = settings_.port_file + ".new";
  {
    std::ofstream out(unfinished);
    out << port_ << '\n';
    if (!out.flush()) return absl::InvalidArgumentError(unfinished + ": cannot be written");
  }
  if (std::rename(unfinished.c_str(), settings_.port_file.c_str()) != 0) {
    return absl::InvalidArgumentError(settings_.port_file + ": cannot be written");
  }
  return absl::OkStatus();
}

void Instance::Drain(milliseconds patience) {
  if (std::exchange(drained_, true)) return;
  const projections::Refusal stopping{v1::REASON_SHUTTING_DOWN, "", "the server is stopping"};
  const auto until = steady_clock::now() + patience;
  calls_.Refuse();
  if (server_ != nullptr) {
    if (health_ != nullptr) health_->StopServing();
    subscriptions_->EndAll(stopping);
    ingest_->EndAll(stopping);
    calls_.WaitUntilNone(until);
    ingest_->WaitAndAbandon(until);
    calls_.WaitUntilQuiet(kQuietBeforeClosing, until);
    calls_.EndAll(stopping);
    server_->Shutdown(std::chrono::system_clock::now() + kLastWords);
  }
  background_.Stop();
  if (backups_ != nullptr) backups_->Stop();
  if (engine_ != nullptr) engine_->Stop();
  clock_.Stop();
  metrics_server_.reset();
  health_.reset();
  server_.reset();
}

}  // namespace daybook::server
