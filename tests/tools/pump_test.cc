// Goal: every command is settled once whatever the server answers, and every refused line is named
// with its reason.
#include "tools/import/pump.h"

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr char kMapping[] = R"(
source = "shop"
[[command]]
make = "record_order"
group_by = "{no}"
tolerate = "ORDER_EXISTS"
set.customer = "customers/{no}"
set.order_id = "{no}"
lines.add_to = "lines"
lines.set.product = "{product}"
)";

// A server in memory: `decide` refuses an order or gives nothing.
class FakeServer : public Sender {
 public:
  using Decide = std::function<std::optional<Refusal>(const v1::RecordOrderRequest&)>;
  explicit FakeServer(Decide decide) : decide_(std::move(decide)) {}

  std::optional<Failure> Send(v1::IngestRequest batch) override {
    if (broken) return Failure{grpc::StatusCode::UNAVAILABLE, "", "gone", {}};
    batches_.push_back(std::move(batch));
    most_in_flight = std::max(most_in_flight, batches_.size());
    return std::nullopt;
  }

  std::optional<Failure> Receive(BatchOutcome& outcome) override {
    outcome.request = std::move(batches_.front());
    batches_.pop_front();
    outcome.response.Clear();
    for (int i = 0; i < outcome.request.items_size(); ++i) {
      const v1::RecordOrderRequest& order = outcome.request.items(i).record_order();
      if (const auto refusal = decide_(order)) {
        auto& answer = *outcome.response.add_refusals();
        answer.set_item(static_cast<uint32_t>(i));
        answer.set_code(grpc::StatusCode::INVALID_ARGUMENT);
        answer.set_reason(refusal->reason);
        answer.set_field(refusal->field);
      } else if (done.insert(order.request_id()).second) {
        outcome.response.set_accepted(outcome.response.accepted() + 1);
        orders.push_back(order);
      } else {
        outcome.response.set_repeated_items(outcome.response.repeated_items() + 1);
      }
    }
    return std::nullopt;
  }

  size_t in_flight() const override { return batches_.size(); }

  std::set<std::string> done;
  std::vector<v1::RecordOrderRequest> orders;
  size_t most_in_flight = 0;
  bool broken = false;

 private:
  Decide decide_;
  std::deque<v1::IngestRequest> batches_;
};

struct Result {
  ImportSummary summary;
  std::map<std::string, uint64_t> refused;
  std::optional<Failure> failure;
};

Result Run(FakeServer& server, const std::string& lines, size_t batch = 2) {
  const Mapping mapping = *ParseMapping(kMapping, "m.toml");
  const auto refused = *RefusedLines::Create("");
  Intake intake(mapping, {}, *refused);
  REQUIRE(intake.Read(FromMemory("no,product\n" + lines, 50), "f.csv", {}).ok());
  REQUIRE(intake.Finish().ok());
  CommandBuilder builder(mapping, intake, "", *refused);
  Result result;
  Pump pump(server, {batch, 3}, builder, intake, *refused, result.summary);
  Group group;
  while (!result.failure && *intake.NextGroup(group))
    result.failure = pump.Push(*builder.Build(group));
  if (!result.failure) result.failure = pump.Drain();
  result.refused = refused->by_reason();
  return result;
}

std::string Orders(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += fmt::format("{},good\n{},good\n", i, i);
  return lines;
}

TEST_CASE("everything goes in, in order, with a bounded number on the way", "[pump]") {
  FakeServer server([](const auto&) { return std::nullopt; });
  const Result result = Run(server, Orders(21));
  CHECK(result.summary.accepted == 21);
  REQUIRE(server.orders.size() == 21);
  for (int i = 0; i < 21; ++i)
    CHECK(server.orders[static_cast<size_t>(i)].order_id() == std::to_string(i + 1));
  CHECK(server.most_in_flight <= 3);
}

TEST_CASE("a second run repeats and changes nothing", "[pump]") {
  FakeServer server([](const auto&) { return std::nullopt; });
  Run(server, Orders(5));
  const Result again = Run(server, Orders(5));
  CHECK(again.summary.accepted == 0);
  CHECK(again.summary.repeated == 5);
  CHECK(server.orders.size() == 5);
}

TEST_CASE("a bad line is refused, the rest of its order goes in", "[pump]") {
  FakeServer server([](const v1::RecordOrderRequest& order) -> std::optional<Refusal> {
    for (int i = 0; i < order.lines_size(); ++i) {
      if (order.lines(i).product() == "bad") {
        return Refusal{"FIELD_INVALID", fmt::format("record_order.lines[{}].product", i), ""};
      }
    }
    return std::nullopt;
  });
  const std::string lines = "1,bad\n1,good\n1,bad\n2,good\n3,bad\n3,bad\n4,good\n";
  const Result result = Run(server, lines);
  CHECK(result.refused == std::map<std::string, uint64_t>{{"FIELD_INVALID", 4}});
  CHECK(result.summary.accepted == 3);
  CHECK(result.summary.refused_commands == 1);
  SECTION("and a second run says the same and doubles nothing") {
    const Result again = Run(server, lines);
    CHECK(again.refused == result.refused);
    CHECK(again.summary.accepted == 0);
    CHECK(again.summary.repeated == 3);
  }
}

TEST_CASE("a refused command refuses its lines, unless the mapping tolerates the reason",
          "[pump]") {
  FakeServer server([](const v1::RecordOrderRequest& order) -> std::optional<Refusal> {
    if (order.order_id() == "2") return Refusal{"CUSTOMER_CLOSED", "record_order.customer", ""};
    if (order.order_id() == "3") return Refusal{"ORDER_EXISTS", "", ""};
    return std::nullopt;
  });
  const Result result = Run(server, Orders(4));
  CHECK(result.refused == std::map<std::string, uint64_t>{{"CUSTOMER_CLOSED", 2}});
  CHECK(result.summary.refused_commands == 1);
  CHECK(result.summary.tolerated == 1);
  CHECK(result.summary.accepted == 2);
}

TEST_CASE("what may pass is sent again", "[pump]") {
  int busy = 3;
  FakeServer server([&](const v1::RecordOrderRequest& order) -> std::optional<Refusal> {
    if (order.order_id() == "1" && busy-- > 0) return Refusal{"OVERLOADED", "", ""};
    return std::nullopt;
  });
  const Result result = Run(server, Orders(3));
  CHECK(result.summary.accepted == 3);
  CHECK(result.refused.empty());
}

TEST_CASE("a closed session is told once, not of every line", "[pump]") {
  FakeServer server([](const v1::RecordOrderRequest& order) -> std::optional<Refusal> {
    if (order.order_id() == "1") return std::nullopt;
    return Refusal{"IMPORT_SESSION_CLOSED", "provenance.import_session", ""};
  });
  const Result result = Run(server, Orders(6));
  REQUIRE(result.failure);
  CHECK(result.failure->reason == "IMPORT_SESSION_CLOSED");
  CHECK(ToText(*result.failure).find("--session") != std::string::npos);
  CHECK(ToExitCode(*result.failure) == ExitCode::kRefused);
  CHECK(result.refused.empty());
}

TEST_CASE("a server that is gone ends the import with the reason", "[pump]") {
  FakeServer server([](const auto&) { return std::nullopt; });
  server.broken = true;
  const Result result = Run(server, Orders(3));
  REQUIRE(result.failure);
  CHECK(ToExitCode(*result.failure) == ExitCode::kUnreachable);
}

}  // namespace
}  // namespace daybook::tools
