// Unary calls, many in flight and one at a time.
#include <fmt/format.h>

#include <cmath>
#include <thread>

#include "daybook/v1/ledger.grpc.pb.h"
#include "daybook/v1/policies.grpc.pb.h"
#include "tools/bench/bulk.h"
#include "tools/bench/calls.h"
#include "tools/bench/disk.h"
#include "tools/bench/measure.h"
#include "tools/common/connection.h"

namespace daybook::tools {
namespace {

constexpr std::chrono::seconds kCallTimeout(60);
constexpr size_t kPreloadBatch = 500;
constexpr size_t kSyncs = 300;
constexpr size_t kUsualInFlight = 64;
constexpr std::chrono::milliseconds kSettleStep(200);
constexpr std::chrono::milliseconds kIdle(10);
constexpr int kSettleSteps = 50;

// What the preload left to be written must not be charged to the first row.
void AwaitIdle(const ServerProcess& server) {
  for (int i = 0; i < kSettleSteps; ++i) {
    const auto before = server.CpuTime();
    std::this_thread::sleep_for(kSettleStep);
    if (server.CpuTime() - before <= kIdle) return;
  }
}

// Every customer has an order, so that what is measured is not their first one.
absl::Status Preload(const FreshServer& server, const Connection& connection, uint64_t customers) {
  Calls calls(customers, 1, "P");
  uint64_t customer = 0;
  const Batches batches = MakeBatches(kPreloadBatch, [&](v1::IngestItem& item) {
    if (customer == customers) return false;
    *item.mutable_record_order() = calls.OrderOf(customer++);
    return true;
  });
  const auto loaded = RunBulk(connection.channel(), *server.process, batches, 2);
  AwaitIdle(*server.process);
  return loaded.status();
}

// Everything that the rounds of one row said.
struct Rounds {
  std::vector<double> rate, client_cpu, server_cpu, ratio;
  Samples latencies;

  void Add(const LoadResult& result, double reference) {
    rate.push_back(result.calls_per_s);
    client_cpu.push_back(result.client_cpu_us);
    server_cpu.push_back(result.server_cpu_us);
    if (reference > 0) ratio.push_back(result.calls_per_s / reference);
    latencies.Append(result.latencies);
  }

  std::vector<double> Values(size_t in_flight) const {
    return {static_cast<double>(in_flight),
            Median(rate),
            ratio.empty() ? std::nan("") : Median(ratio),
            latencies.Percentile(0.5),
            latencies.Percentile(0.99),
            Median(client_cpu),
            Median(server_cpu)};
  }
};

std::vector<Column> UnaryColumns() {
  return {{"in_flight"}, {"calls_per_s"},      {"of_empty_call", 2}, {"p50_us"},
          {"p99_us"},    {"client_cpu_us", 1}, {"server_cpu_us", 1}};
}

class UnaryBench {
 public:
  UnaryBench(const BenchOptions& options, const FreshServer& server)
      : options_(options),
        server_(server),
        connection_(server.process->address(), kCallTimeout),
        calls_(options.customers, 2, "U"),
        empty_(calls_.Empty()) {}

  absl::Status Preload() const { return tools::Preload(server_, connection_, options_.customers); }

  // Adds a row for the empty call and one for each kind.
  absl::Status Compare(const std::vector<CallKind>& kinds, size_t in_flight, Section* section) {
    const LoadOptions load{.in_flight = in_flight, .duration = options_.slice()};
    Rounds reference;
    std::vector<Rounds> rounds(kinds.size());
    for (int round = 0; round < options_.rounds; ++round) {
      for (size_t i = 0; i < kinds.size(); ++i) {
        const auto empty = RunLoad(connection_.channel(), *server_.process, empty_, load);
        if (!empty.ok()) return empty.status();
        reference.Add(*empty, 0);
        const auto result = RunLoad(connection_.channel(), *server_.process, kinds[i], load);
        if (!result.ok()) return result.status();
        rounds[i].Add(*result, empty->calls_per_s);
      }
    }
    section->Add(empty_.name, reference.Values(in_flight));
    for (size_t i = 0; i < kinds.size(); ++i) {
      section->Add(kinds[i].name, rounds[i].Values(in_flight));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> LedgerBytes() const {
    const auto stub = connection_.NewStub<v1::LedgerService>();
    v1::GetLedgerResponse response;
    const grpc::Status status = connection_.Call(*stub, &v1::LedgerService::Stub::GetLedger,
                                                 v1::GetLedgerRequest(), response);
    if (!status.ok()) return absl::InternalError(status.error_message());
    return response.bytes();
  }

  absl::Status OneAtATime(Section* section);

  Calls& calls() { return calls_; }

 private:
  const BenchOptions& options_;
  const FreshServer& server_;
  const Connection connection_;
  Calls calls_;
  const CallKind empty_;
};

absl::Status UnaryBench::OneAtATime(Section* section) {
  const LoadOptions load{.in_flight = 1, .duration = options_.slice()};
  const CallKind order = calls_.RecordOrder();
  Samples empty_calls;
  Samples orders;
  Samples syncs;
  uint64_t bytes = 0;
  for (int round = 0; round < options_.rounds; ++round) {
    const auto empty = RunLoad(connection_.channel(), *server_.process, empty_, load);
    if (!empty.ok()) return empty.status();
    const auto before = LedgerBytes();
    if (!before.ok()) return before.status();
    const auto recorded = RunLoad(connection_.channel(), *server_.process, order, load);
    if (!recorded.ok()) return recorded.status();
    const auto after = LedgerBytes();
    if (!after.ok()) return after.status();
    // Those of the warm-up wrote too: an upper bound by a tenth.
    bytes = (*after - *before) / std::max<uint64_t>(recorded->latencies.count(), 1);
    const auto disk = MeasureSyncs(server_.directory->path(), bytes, kSyncs);
    if (!disk.ok()) return disk.status();
    empty_calls.Append(empty->latencies);
    orders.Append(recorded->latencies);
    syncs.Append(*disk);
  }
  const double empty = empty_calls.Percentile(0.5);
  const double sync = syncs.Percentile(0.5);
  section->Add("Ping", {empty, empty_calls.Percentile(0.99)});
  section->Add(fmt::format("write and sync of {} bytes", bytes), {sync, syncs.Percentile(0.99)});
  section->Add("RecordOrder", {orders.Percentile(0.5), orders.Percentile(0.99), empty + 2.5 * sync,
                               (orders.Percentile(0.5) - empty) / sync});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FreshServer> FreshServer::Start(const BenchOptions& options) {
  FreshServer server;
  auto directory = TemporaryDirectory::Make(options.parent);
  if (!directory.ok()) return directory.status();
  server.directory = *std::move(directory);
  server.process = std::make_unique<ServerProcess>(options.server_program, server.directory->path(),
                                                   options.server_arguments);
  if (absl::Status status = server.process->Start(); !status.ok()) return status;
  const Connection connection(server.process->address(), kCallTimeout);
  const auto stub = connection.NewStub<v1::PolicyService>();
  v1::PublishProgrammeResponse response;
  const grpc::Status status =
      connection.Call(*stub, &v1::PolicyService::Stub::PublishProgramme, MakeProgramme(), response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  return server;
}

absl::StatusOr<std::vector<Section>> MeasureUnary(const BenchOptions& options) {
  const auto server = FreshServer::Start(options);
  if (!server.ok()) return server.status();
  UnaryBench bench(options, *server);
  if (absl::Status status = bench.Preload(); !status.ok()) return status;
  Section section("unary", UnaryColumns());
  for (const size_t in_flight : {1, 32, 64, 128}) {
    const absl::Status status = bench.Compare({bench.calls().RecordOrder()}, in_flight, &section);
    if (!status.ok()) return status;
  }
  const absl::Status status =
      bench.Compare({bench.calls().RegisterCustomer(), bench.calls().RecordContact(),
                     bench.calls().GetBalance(), bench.calls().GetBalanceAsOf()},
                    kUsualInFlight, &section);
  if (!status.ok()) return status;
  return std::vector<Section>{section};
}

absl::StatusOr<std::vector<Section>> MeasureOneAtATime(const BenchOptions& options) {
  const auto server = FreshServer::Start(options);
  if (!server.ok()) return server.status();
  UnaryBench bench(options, *server);
  if (absl::Status status = bench.Preload(); !status.ok()) return status;
  Section section("one at a time",
                  {{"p50_us"}, {"p99_us"}, {"goal_p50_us"}, {"syncs_above_empty_call", 2}});
  if (absl::Status status = bench.OneAtATime(&section); !status.ok()) return status;
  return std::vector<Section>{section};
}

}  // namespace daybook::tools
