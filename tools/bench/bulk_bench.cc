// Ingest in bulk, and what the server is like with it: bytes, memory, rebuild, restarts.
#include <fmt/format.h>

#include <cmath>
#include <thread>

#include "daybook/v1/ledger.grpc.pb.h"
#include "daybook/v1/loyalty.grpc.pb.h"
#include "daybook/v1/views.grpc.pb.h"
#include "tools/bench/bulk.h"
#include "tools/bench/calls.h"
#include "tools/bench/measure.h"
#include "tools/common/connection.h"
#include "tools/generate/shop.h"
#include "tools/import/session.h"

namespace daybook::tools {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kCallTimeout(600);
constexpr std::chrono::milliseconds kRebuildPoll(10);
constexpr char kSession[] = "bench";
constexpr uint64_t kOrdersPerCustomer = 10;

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

absl::Status ToStatus(const grpc::Status& status) {
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

class BulkBench {
 public:
  BulkBench(const BenchOptions& options, FreshServer* server)
      : options_(options), server_(*server), customers_(options.orders / kOrdersPerCustomer + 1) {
    Connect();
  }

  // Orders of two lines, live.
  absl::Status Orders(size_t batch_items, size_t in_flight, Section* section) {
    Calls calls(customers_, batch_items, fmt::format("O{}x", batch_items));
    uint64_t left = options_.orders;
    const Batches batches = MakeBatches(batch_items, [&](v1::IngestItem& item) {
      if (left == 0) return false;
      --left;
      *item.mutable_record_order() = calls.Order();
      return true;
    });
    return Run("orders of two lines", batches, batch_items, in_flight, section);
  }

  // A made-up shop's history in an import session.
  absl::Status History(size_t batch_items, size_t in_flight, Section* section) {
    if (OpenSession(*connection_, kSession, "bench")) {
      return absl::InternalError("the import session does not open");
    }
    Shop shop({.customers = customers_, .orders = options_.orders, .import_session = kSession});
    const Batches batches =
        MakeBatches(batch_items, [&](v1::IngestItem& item) { return shop.Next(item); });
    return Run("history of a shop", batches, batch_items, in_flight, section);
  }

  absl::Status State(Section* section);
  absl::Status Rebuild(Section* section);
  absl::Status Restarts(Section* section);

 private:
  void Connect() { connection_.emplace(server_.process->address(), kCallTimeout); }

  absl::Status Run(const std::string& name, const Batches& batches, size_t batch_items,
                   size_t in_flight, Section* section) {
    const auto result = RunBulk(connection_->channel(), *server_.process, batches, in_flight);
    if (!result.ok()) return result.status();
    events_ += result->events;
    section->Add(
        name, {static_cast<double>(batch_items), static_cast<double>(in_flight),
               static_cast<double>(result->events), result->events_per_s,
               static_cast<double>(batches.items) / result->seconds,
               result->latencies.Percentile(0.5) / 1000, result->latencies.Percentile(0.99) / 1000,
               result->client_cpu_us, result->server_cpu_us});
    return absl::OkStatus();
  }

  absl::Status AwaitServing() const {
    const auto stub = connection_->NewStub<v1::ViewService>();
    for (bool serving = false; !serving; std::this_thread::sleep_for(kRebuildPoll)) {
      v1::ListViewsResponse response;
      const grpc::Status status = connection_->Call(*stub, &v1::ViewService::Stub::ListViews,
                                                    v1::ListViewsRequest(), response);
      if (!status.ok()) return ToStatus(status);
      serving = !response.views().empty();
      for (const v1::View& view : response.views()) {
        if (view.state() == v1::View::STATE_STOPPED) return absl::InternalError(view.problem());
        serving = serving && view.state() == v1::View::STATE_SERVING;
      }
    }
    return absl::OkStatus();
  }

  // From the start of the process to the first answer out of a view.
  absl::StatusOr<double> StartAndRead() {
    const auto start = steady_clock::now();
    if (absl::Status status = server_.process->Start(); !status.ok()) return status;
    Connect();
    v1::GetBalanceRequest request;
    request.set_customer("customers/B0000001");
    request.set_programme(fmt::format("programmes/{}", kProgramme));
    v1::GetBalanceResponse response;
    const auto stub = connection_->NewStub<v1::LoyaltyService>();
    const grpc::Status status =
        connection_->Call(*stub, &v1::LoyaltyService::Stub::GetBalance, request, response);
    if (!status.ok()) return ToStatus(status);
    return SecondsSince(start);
  }

  const BenchOptions& options_;
  FreshServer& server_;
  const uint64_t customers_;
  std::optional<Connection> connection_;
  uint64_t events_ = 0;
};

absl::Status BulkBench::State(Section* section) {
  const auto stub = connection_->NewStub<v1::LedgerService>();
  v1::GetLedgerResponse ledger;
  const grpc::Status status =
      connection_->Call(*stub, &v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest(), ledger);
  if (!status.ok()) return ToStatus(status);
  const std::string data = server_.process->data_directory();
  const auto events = static_cast<double>(events_);
  const auto add = [&](const std::string& name, uint64_t bytes) {
    section->Add(name, {static_cast<double>(bytes) / 1e6, static_cast<double>(bytes) / events});
  };
  add("ledger: records", ledger.bytes());
  add("ledger: index", DirectoryBytes(data + "/ledger/index"));
  add("views and decision state", DirectoryBytes(data + "/views"));
  add("vault", DirectoryBytes(data + "/vault"));
  add("resident memory", server_.process->ResidentBytes());
  return absl::OkStatus();
}

absl::Status BulkBench::Rebuild(Section* section) {
  const auto stub = connection_->NewStub<v1::ViewService>();
  v1::RebuildViewRequest request;
  request.set_view("views/-");
  v1::RebuildViewResponse response;
  const auto cpu = server_.process->CpuTime();
  const auto start = steady_clock::now();
  const grpc::Status status =
      connection_->Call(*stub, &v1::ViewService::Stub::RebuildView, request, response);
  if (!status.ok()) return ToStatus(status);
  if (absl::Status done = AwaitServing(); !done.ok()) return done;
  const double seconds = SecondsSince(start);
  const auto events = static_cast<double>(events_);
  section->Add("rebuild of all views",
               {seconds, events, events / seconds,
                static_cast<double>((server_.process->CpuTime() - cpu).count()) / events});
  return absl::OkStatus();
}

absl::Status BulkBench::Restarts(Section* section) {
  const auto start = steady_clock::now();
  if (absl::Status status = server_.process->Stop(); !status.ok()) return status;
  section->Add("clean stop", {SecondsSince(start)});
  const auto after_stop = StartAndRead();
  if (!after_stop.ok()) return after_stop.status();
  section->Add("start after it", {*after_stop});
  // What a kill loses from memory has to come back from the log: give it some.
  Calls calls(customers_, 9, "K");
  uint64_t left = std::min<uint64_t>(options_.orders, 20'000);
  const Batches batches = MakeBatches(500, [&](v1::IngestItem& item) {
    if (left == 0) return false;
    --left;
    *item.mutable_record_order() = calls.Order();
    return true;
  });
  const auto more = RunBulk(connection_->channel(), *server_.process, batches, 4);
  if (!more.ok()) return more.status();
  server_.process->Kill();
  const auto after_kill = StartAndRead();
  if (!after_kill.ok()) return after_kill.status();
  section->Add("start after a kill", {*after_kill});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Section>> MeasureBulk(const BenchOptions& options) {
  auto server = FreshServer::Start(options);
  if (!server.ok()) return server.status();
  BulkBench bench(options, &*server);
  Section ingest("bulk ingest", {{"batch"},
                                 {"in_flight"},
                                 {"events"},
                                 {"events_per_s"},
                                 {"commands_per_s"},
                                 {"p50_ms", 1},
                                 {"p99_ms", 1},
                                 {"client_cpu_us", 2},
                                 {"server_cpu_us", 2}});
  Section state("after it", {{"megabytes", 1}, {"bytes_per_event", 1}});
  Section rebuild("rebuild", {{"seconds", 2}, {"events"}, {"events_per_s"}, {"server_cpu_us", 2}});
  Section restarts("restart", {{"seconds", 3}});
  absl::Status status = bench.Orders(100, 8, &ingest);
  if (status.ok()) status = bench.Orders(500, 4, &ingest);
  if (status.ok()) status = bench.History(500, 4, &ingest);
  if (status.ok()) status = bench.State(&state);
  if (status.ok()) status = bench.Rebuild(&rebuild);
  if (status.ok()) status = bench.Restarts(&restarts);
  if (!status.ok()) return status;
  return std::vector<Section>{ingest, state, rebuild, restarts};
}

}  // namespace daybook::tools
