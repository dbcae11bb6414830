// Goal: a stream that breaks loses nothing and doubles nothing: what was not acknowledged is sent
// again, in order.
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <vector>

#include "daybook/v1/ingest.grpc.pb.h"
#include "tools/import/sender.h"

namespace daybook::tools {
namespace {

// Answers batches; ends the stream once when it has taken `break_after` of them, before or after
// acknowledging the last.
class FragileIngest : public v1::IngestService::Service {
 public:
  grpc::Status Ingest(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::IngestResponse, v1::IngestRequest>* stream) override {
    v1::IngestRequest request;
    while (stream->Read(&request)) {
      const std::lock_guard lock(mutex);
      const bool breaks = static_cast<int>(batches.size()) + 1 == break_after;
      v1::IngestResponse response;
      response.set_batch(request.batch());
      for (const v1::IngestItem& item : request.items()) {
        if (done.insert(item.record_order().request_id()).second) {
          response.set_accepted(response.accepted() + 1);
        } else {
          response.set_repeated_items(response.repeated_items() + 1);
        }
      }
      batches.push_back(request.batch());
      if (breaks) return status;
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  int break_after = 0;
  grpc::Status status{grpc::StatusCode::UNAVAILABLE, "going down"};
  std::mutex mutex;
  std::vector<uint64_t> batches;
  std::set<std::string> done;
};

class Running {
 public:
  explicit Running(FragileIngest& service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

v1::IngestRequest Batch(int number) {
  v1::IngestRequest batch;
  batch.add_items()->mutable_record_order()->set_request_id("r" + std::to_string(number));
  return batch;
}

struct Totals {
  int accepted = 0;
  int repeated = 0;
  std::vector<std::string> order;
  std::optional<Failure> failure;
};

Totals SendAll(Sender& sender, int count) {
  Totals totals;
  BatchOutcome outcome;
  const auto receive = [&] {
    totals.failure = sender.Receive(outcome);
    if (totals.failure) return;
    totals.accepted += static_cast<int>(outcome.response.accepted());
    totals.repeated += static_cast<int>(outcome.response.repeated_items());
    totals.order.push_back(outcome.request.items(0).record_order().request_id());
  };
  for (int i = 0; i < count && !totals.failure; ++i) {
    totals.failure = sender.Send(Batch(i));
    if (!totals.failure && sender.in_flight() >= 3) receive();
  }
  while (!totals.failure && sender.in_flight() > 0) receive();
  return totals;
}

TEST_CASE("a broken stream is taken up again", "[stream_sender]") {
  for (const int break_after : {0, 1, 2, 5, 10}) {
    FragileIngest service;
    service.break_after = break_after;
    const Running server(service);
    const Connection connection(server.address(), std::chrono::seconds(5));
    const auto sender = NewStreamSender(connection, std::chrono::seconds(20));
    const Totals totals = SendAll(*sender, 10);
    INFO("breaks after " << break_after);
    CHECK_FALSE(totals.failure);
    CHECK(totals.accepted + totals.repeated == 10);
    CHECK(service.done.size() == 10);
    REQUIRE(totals.order.size() == 10);
    for (int i = 0; i < 10; ++i)
      CHECK(totals.order[static_cast<size_t>(i)] == "r" + std::to_string(i));
  }
}

TEST_CASE("an error that will not pass ends the sending with its reason", "[stream_sender]") {
  FragileIngest service;
  service.break_after = 2;
  service.status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "nonsense");
  const Running server(service);
  const auto sender = NewStreamSender(Connection(server.address(), std::chrono::seconds(5)),
                                      std::chrono::seconds(20));
  const Totals totals = SendAll(*sender, 10);
  REQUIRE(totals.failure);
  CHECK(totals.failure->message == "nonsense");
}

TEST_CASE("a server that is not there is unreachable", "[stream_sender]") {
  const auto sender = NewStreamSender(Connection("127.0.0.1:1", std::chrono::seconds(1)),
                                      std::chrono::milliseconds(0));
  const Totals totals = SendAll(*sender, 1);
  REQUIRE(totals.failure);
  CHECK(ToExitCode(*totals.failure) == ExitCode::kUnreachable);
}

}  // namespace
}  // namespace daybook::tools
