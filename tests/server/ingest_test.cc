// Goal: batches over a stream do what single calls do: in order, each item once, what is refused
// named with its place, and acknowledged only when every view shows it.
#include <catch2/catch.hpp>

#include "server/limits.h"
#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

using grpc::StatusCode;

class Ingest {
 public:
  explicit Ingest(TestServer& server) : stub_(server.channel()) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_.Ingest(&context_);
  }
  ~Ingest() {
    if (!ended_) End();
  }
  bool Write(const v1::IngestRequest& batch) { return stream_->Write(batch); }
  v1::IngestResponse Read() {
    v1::IngestResponse response;
    REQUIRE(stream_->Read(&response));
    return response;
  }
  Told End() {
    ended_ = true;
    stream_->WritesDone();
    v1::IngestResponse ignored;
    while (stream_->Read(&ignored)) {
    }
    return ToldBy(stream_->Finish());
  }

 private:
  v1::IngestService::Stub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::IngestRequest, v1::IngestResponse>> stream_;
  bool ended_ = false;
};

// `count` orders of a pound each, of ten customers.
v1::IngestRequest Orders(uint64_t batch, int first, int count) {
  v1::IngestRequest request;
  request.set_batch(batch);
  for (int i = first; i < first + count; ++i) {
    *request.add_items()->mutable_record_order() =
        MakeOrder("C" + std::to_string(i % 10), "o" + std::to_string(i), 100);
  }
  return request;
}

TEST_CASE("batches are acknowledged in order, when all views show them") {
  TestServer server;
  server.PublishProgramme();
  Ingest ingest(server);
  constexpr int kBatches = 20, kItems = 100;
  for (int i = 0; i < kBatches; ++i) REQUIRE(ingest.Write(Orders(i + 1, i * kItems, kItems)));
  for (int i = 0; i < kBatches; ++i) {
    const auto answer = ingest.Read();
    CHECK(answer.batch() == static_cast<uint64_t>(i + 1));
    CHECK(answer.accepted() == kItems);
    CHECK(answer.refusals().empty());
    CHECK(answer.events() >= 2 * kItems);
    CHECK_FALSE(answer.position_token().empty());
    // Read as it is, without waiting for anything.
    v1::GetBalanceRequest request;
    request.set_customer("customers/C3");
    request.set_programme("programmes/main");
    request.mutable_read()->set_freshness(v1::FRESHNESS_ANY);
    const auto balance = server.Get(&v1::LoyaltyService::Stub::GetBalance, request).balance();
    CHECK(balance.active() >= (i + 1) * kItems / 10);
  }
  CHECK(ingest.End() == Told{});
  CHECK(server.BalanceOf("C3").active() == kBatches * kItems / 10);
}

TEST_CASE("a batch sent again changes nothing") {
  TestServer server;
  server.PublishProgramme();
  const auto batch = Orders(1, 0, 50);
  {
    Ingest ingest(server);
    REQUIRE(ingest.Write(batch));
    CHECK(ingest.Read().accepted() == 50);
  }
  server.Restart();
  Ingest ingest(server);
  REQUIRE(ingest.Write(batch));
  const auto again = ingest.Read();
  CHECK(again.accepted() == 0);
  CHECK(again.repeated_items() == 50);
  CHECK(again.events() == 0);
  CHECK(server.BalanceOf("C3").active() == 5);
}

TEST_CASE("refused items are named, the rest goes in") {
  TestServer server;
  server.PublishProgramme();
  v1::IngestRequest batch = Orders(7, 0, 6);
  batch.mutable_items(1)->mutable_record_order()->clear_customer();
  batch.mutable_items(3)->mutable_record_order()->mutable_lines(0)->set_units(-1);
  batch.mutable_items(4)->Clear();
  auto* redeem = batch.mutable_items(5)->mutable_redeem_points();
  redeem->set_customer("customers/C0");
  redeem->set_programme("programmes/main");
  redeem->set_redemption_id("r1");
  redeem->set_points(5);
  redeem->set_request_id("redeem-1");
  Ingest ingest(server);
  REQUIRE(ingest.Write(batch));
  const auto answer = ingest.Read();
  CHECK(answer.accepted() == 2);
  REQUIRE(answer.refusals_size() == 4);
  const auto check = [&](int i, uint32_t item, StatusCode code, const char* reason,
                         const char* field) {
    INFO(i);
    CHECK(answer.refusals(i).item() == item);
    CHECK(answer.refusals(i).code() == static_cast<int>(code));
    CHECK(answer.refusals(i).reason() == reason);
    CHECK(answer.refusals(i).field() == field);
  };
  check(0, 1, StatusCode::INVALID_ARGUMENT, "CUSTOMER_MISSING", "record_order.customer");
  check(1, 3, StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "record_order.lines[0].units");
  check(2, 4, StatusCode::INVALID_ARGUMENT, "FIELD_REQUIRED", "");
  // It came after C0's order of one point, and saw it.
  check(3, 5, StatusCode::FAILED_PRECONDITION, "INSUFFICIENT_POINTS", "redeem_points.points");
}

TEST_CASE("an item that is to be checked only is refused, as nothing of it would be there") {
  TestServer server;
  v1::IngestRequest batch = Orders(1, 0, 2);
  batch.mutable_items(1)->mutable_record_order()->set_validate_only(true);
  Ingest ingest(server);
  REQUIRE(ingest.Write(batch));
  const auto answer = ingest.Read();
  CHECK(answer.accepted() == 1);
  REQUIRE(answer.refusals_size() == 1);
  CHECK(answer.refusals(0).item() == 1);
  CHECK(answer.refusals(0).reason() == "FIELD_INVALID");
  CHECK(answer.refusals(0).field() == "record_order.validate_only");
}

TEST_CASE("items of one customer happen in the order of the batch") {
  TestServer server;
  server.PublishProgramme();
  v1::IngestRequest batch;
  constexpr int kRounds = 100;
  for (int i = 0; i < kRounds; ++i) {
    *batch.add_items()->mutable_record_order() = MakeOrder("C1", "o" + std::to_string(i), 500);
    auto* redeem = batch.add_items()->mutable_redeem_points();
    redeem->set_customer("customers/C1");
    redeem->set_programme("programmes/main");
    redeem->set_redemption_id("r" + std::to_string(i));
    redeem->set_points(5);
    redeem->set_request_id("redeem-" + std::to_string(i));
  }
  Ingest ingest(server);
  REQUIRE(ingest.Write(batch));
  const auto answer = ingest.Read();
  CHECK(answer.accepted() == 2 * kRounds);
  CHECK(answer.refusals().empty());
  CHECK(server.BalanceOf("C1").active() == 0);
}

TEST_CASE("a stream with a bad batch ends after those before it") {
  TestServer server;
  server.PublishProgramme();
  Ingest ingest(server);
  REQUIRE(ingest.Write(Orders(1, 0, 10)));
  SECTION("empty") { REQUIRE(ingest.Write(v1::IngestRequest())); }
  SECTION("too many items") { REQUIRE(ingest.Write(Orders(2, 0, kMaxBatchItems + 1))); }
  CHECK(ingest.Read().accepted() == 10);
  CHECK(ingest.End() == Told{StatusCode::INVALID_ARGUMENT, "FIELD_INVALID", "items"});
}

}  // namespace
}  // namespace daybook::server
