// Goal: what a server says of itself (health, metrics, views), what it answers to what it does not
// know, and how it stops.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/health_check_service_interface.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "prometheus/text_serializer.h"
#include "server/health.h"
#include "server/metrics_page.h"
#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

using grpc::StatusCode;

// A unary call of raw bytes.
Told CallRaw(TestServer& server, const std::string& method, const std::string& bytes) {
  grpc::GenericStub stub(server.channel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  REQUIRE(queue.Next(&tag, &ok));
  return ToldBy(status);
}

TEST_CASE("what is not known or does not parse is refused with a reason") {
  TestServer server;
  CHECK(CallRaw(server, "/daybook.v1.SalesService/Nothing", "") ==
        Told{StatusCode::UNIMPLEMENTED, "METHOD_UNKNOWN"});
  CHECK(CallRaw(server, "/no.Service/RecordOrder", "") ==
        Told{StatusCode::UNIMPLEMENTED, "METHOD_UNKNOWN"});
  const std::string path = "/daybook.v1.SalesService/RecordOrder";
  CHECK(CallRaw(server, path, "\xff\xff\xff") ==
        Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"});
  v1::RecordOrderRequest order = MakeOrder("C1", "o1", 100);
  std::string bytes = order.SerializeAsString();
  bytes.replace(bytes.find("customers/C1"), 12, "customers/\xc3\x28");
  CHECK(CallRaw(server, path, bytes) == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"});
  CHECK(CallRaw(server, path, order.SerializeAsString() + std::string("\xfa\x3e\x01x", 4)) ==
        Told{});  // a field of a later client
  CHECK(CallRaw(server, "/daybook.v1.LedgerService/Ping",
                std::string("\x0a\x03"
                            "abc")) == Told{});
}

TEST_CASE("views can be listed, built anew and compared") {
  TestServer server;
  server.PublishProgramme();
  server.AwaitViews();
  for (int i = 0; i < 20; ++i) {
    server.Get(&v1::SalesService::Stub::RecordOrder,
               MakeOrder("C" + std::to_string(i % 4), "o" + std::to_string(i), 300));
  }
  v1::GetViewDigestRequest digest;
  digest.set_view("views/points");
  const auto before = server.Get(&v1::ViewService::Stub::GetViewDigest, digest);
  CHECK(before.digest().size() == 64);
  CHECK(before.rows() > 0);

  v1::RebuildViewRequest rebuild;
  rebuild.set_view("views/-");
  server.Get(&v1::ViewService::Stub::RebuildView, rebuild);
  server.AwaitViews();
  const auto after = server.Get(&v1::ViewService::Stub::GetViewDigest, digest);
  CHECK(after.digest() == before.digest());
  CHECK(after.rows() == before.rows());
  CHECK(server.BalanceOf("C1").active() == 15);

  v1::GetViewDigestResponse ignored;
  digest.set_view("views/nope");
  CHECK(ToldBy(server.Call(&v1::ViewService::Stub::GetViewDigest, digest, &ignored)) ==
        Told{StatusCode::NOT_FOUND, "VIEW_UNKNOWN", "view"});
  digest.set_view("points");
  CHECK(ToldBy(server.Call(&v1::ViewService::Stub::GetViewDigest, digest, &ignored)) ==
        Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "view"});
}

TEST_CASE("metrics count what happened, without ids") {
  TestServer server;
  server.PublishProgramme();
  server.Get(&v1::SalesService::Stub::RecordOrder, MakeOrder("Zoe", "o1", 100));
  v1::RecordOrderResponse ignored;
  server.Call(&v1::SalesService::Stub::RecordOrder, v1::RecordOrderRequest(), &ignored);
  server.instance().Drain(std::chrono::seconds(5));  // every call has ended and is counted
  const MetricsPage page(&server.instance().metrics(), &server.instance().engine());
  const std::string text = prometheus::TextSerializer().Serialize(page.Collect());
  const std::string method = "method=\"daybook.v1.SalesService/RecordOrder\"";
  CHECK_THAT(text, Catch::Contains("daybook_calls_total{" + method + ",code=\"OK\"} 1"));
  CHECK_THAT(text,
             Catch::Contains("daybook_calls_total{" + method + ",code=\"INVALID_ARGUMENT\"} 1"));
  CHECK_THAT(text, Catch::Contains("daybook_call_duration_seconds_count{" + method + "} 2"));
  CHECK_THAT(text, Catch::Contains("daybook_view_lag_commits{view=\"points\"}"));
  CHECK_THAT(text, Catch::Contains("daybook_ledger_bytes "));
  CHECK_THAT(text, Catch::Contains("daybook_process_resident_bytes "));
  CHECK_THAT(text, !Catch::Contains("Zoe"));
}

TEST_CASE("a second server on the same data is refused, and on the same port") {
  TestServer server;
  Settings settings;
  settings.listen = "127.0.0.1:0";
  settings.data_dir = server.directory() + "/data";
  const auto second = Instance::Start(settings, projections::Clock::System());
  CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(second.status().message()), Catch::Contains("in use"));
  settings.data_dir = server.directory() + "/other";
  settings.segment_mb = 8;
  settings.listen = "127.0.0.1:" + std::to_string(server.instance().port());
  CHECK(Instance::Start(settings, projections::Clock::System()).status().code() ==
        absl::StatusCode::kUnavailable);
}

absl::Status StartWith(const Settings& settings) {
  return Instance::Start(settings, projections::Clock::System()).status();
}

TEST_CASE("an address that is taken is said before anything is made") {
  TestServer server;
  TemporaryDirectory directory;
  Settings settings;
  settings.data_dir = directory.path() + "/data";
  const std::string taken = "127.0.0.1:" + std::to_string(server.instance().port());
  SECTION("of the server") { settings.listen = taken; }
  SECTION("of the metrics") {
    settings.listen = "127.0.0.1:0";
    settings.metrics_listen = taken;
  }
  const absl::Status status = StartWith(settings);
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_THAT(std::string(status.message()), Catch::Contains("cannot listen on " + taken));
  CHECK_FALSE(std::filesystem::exists(settings.data_dir));
}

TEST_CASE("a data directory that cannot be one is said to be that") {
  TemporaryDirectory directory;
  Settings settings;
  settings.listen = "127.0.0.1:0";
  settings.data_dir = directory.path() + "/data";
  std::string words;
  SECTION("a file") {
    std::ofstream(settings.data_dir) << "x";
    words = "Not a directory";
  }
  SECTION("its lock is a directory") {
    std::filesystem::create_directories(settings.data_dir + "/LOCK");
    words = "cannot be written";
  }
  const absl::Status status = StartWith(settings);
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::Contains(words));
  CHECK_THAT(std::string(status.message()), !Catch::Contains("in use"));
}

TEST_CASE("a ledger of another number of partitions than somebody asked for is not served") {
  TestServer server;
  server.Stop();
  Settings settings;
  settings.listen = "127.0.0.1:0";
  settings.data_dir = server.directory() + "/data";
  settings.entity_partitions = 4;
  settings.entity_partitions_given = true;
  const absl::Status status = StartWith(settings);
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("4 asked for") && Catch::Contains("made with 32"));
  settings.entity_partitions_given = false;
  CHECK(StartWith(settings).ok());
}

TEST_CASE("metrics on any free port say which it is") {
  Settings settings;
  settings.metrics_listen = "127.0.0.1:0";
  TestServer server(settings);
  CHECK(server.instance().metrics_port() > 0);
  CHECK(server.instance().metrics_port() != server.instance().port());
}

TEST_CASE("the port file holds the port") {
  TemporaryDirectory directory;
  Settings settings;
  settings.port_file = directory.path() + "/port";
  TestServer server(settings);
  int port = 0;
  std::ifstream(settings.port_file) >> port;
  CHECK(port == server.instance().port());
}

TEST_CASE("a drained server has answered what it took, and refuses the rest") {
  TestServer server;
  server.PublishProgramme();
  std::atomic<int> accepted{0}, refused{0};
  std::atomic<bool> first{false};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      for (int i = 0;; ++i) {
        v1::RecordOrderResponse answer;
        const std::string id = std::to_string(c) + "-" + std::to_string(i);
        const grpc::Status status =
            server.Call(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", id, 100), &answer);
        if (status.ok()) {
          accepted.fetch_add(1);
          first.store(true);
          continue;
        }
        // CANCELLED is the transport's own word for what came while the connection was closed.
        const bool told = status.error_code() == StatusCode::UNAVAILABLE ||
                          status.error_code() == StatusCode::CANCELLED;
        refused.fetch_add(told ? 1 : 0);
        return;
      }
    });
  }
  while (!first.load()) std::this_thread::yield();
  server.instance().Drain(std::chrono::seconds(30));
  for (auto& client : clients) client.join();
  CHECK(refused == 4);
  server.Restart();
  CHECK(server.BalanceOf("C1").active() == accepted);
}

}  // namespace
}  // namespace daybook::server
