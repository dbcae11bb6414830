// Goal: what one entity wants of another happens there once, whoever dies when, and the first
// learns what came of it. Shown on points that members give to each other.
#include <catch2/catch.hpp>
#include <optional>

#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/v1/imports.pb.h"
#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/sales.pb.h"
#include "projections/engine/validation.h"
#include "tests/projections/engine_world.h"

namespace daybook::projections::testing {
namespace {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

constexpr int64_t kDay = 86'400'000'000;

void Earn(EngineWorld& world, const std::string& customer, int64_t pounds) {
  v1::RecordOrderResponse response;
  REQUIRE_FALSE(world.Do(TeaOrder(customer, "o-" + customer, pounds), &response).refusal);
}

v1::TransferPointsRequest Transfer(const std::string& from, const std::string& to, int64_t points,
                                   const std::string& id = "t1") {
  v1::TransferPointsRequest request;
  request.set_customer("customers/" + from);
  request.set_programme("programmes/main");
  request.set_transfer_id(id);
  request.set_to_customer("customers/" + to);
  request.set_points(points);
  request.set_request_id("transfer-" + id);
  return request;
}

v1::Balance BalanceOf(EngineWorld& world, const std::string& customer) {
  v1::GetBalanceRequest request;
  request.set_customer("customers/" + customer);
  request.set_programme("programmes/main");
  v1::GetBalanceResponse response;
  const MaybeRefusal refusal = world.Ask(request, &response);
  INFO((refusal ? refusal->message : ""));
  REQUIRE_FALSE(refusal);
  return response.balance();
}

// Events of one type in the whole ledger.
template <typename Payload>
std::vector<Payload> All(EngineWorld& world, EventType type) {
  std::vector<Payload> found;
  for (uint32_t id = 1; id <= world.ledger().info().entity_partitions; ++id) {
    const absl::Status read = world.ledger().ReadPartition(
        ledger::PartitionId(id), ledger::Sequence(1), [&](const ledger::CommitPtr& commit) {
          const auto decoded =
              DecodedCommit::Decode(commit->view(), world.engine().catalogue().events());
          REQUIRE(decoded.ok());
          for (const Event& event : (*decoded)->events())
            if (event.type == type) found.push_back(event.As<Payload>());
          return true;
        });
    REQUIRE(read.ok());
  }
  return found;
}

}  // namespace

TEST_CASE("points go from one account to another, with their expiry") {
  EngineWorld world;
  world.PublishProgramme(0, 2);
  Earn(world, "ada", 100);
  world.clock().Advance(10 * kDay);
  Earn(world, "bob", 5);
  v1::TransferPointsResponse response;
  REQUIRE_FALSE(world.Do(Transfer("ada", "bob", 30), &response).refusal);
  CHECK(response.allocations_size() == 1);

  CHECK(BalanceOf(world, "ada").active() == 70);
  CHECK(BalanceOf(world, "ada").transferred() == -30);
  CHECK(BalanceOf(world, "ada").in_transit() == 0);
  CHECK(BalanceOf(world, "bob").active() == 35);
  CHECK(BalanceOf(world, "bob").transferred() == 30);
  CHECK(BalanceOf(world, "bob").next_expiry_points() == 30);
  CHECK(BalanceOf(world, "bob").next_expiry().seconds() ==
        BalanceOf(world, "ada").next_expiry().seconds());

  const auto received = All<ev::PointsReceived>(world, ev::EVENT_TYPE_POINTS_RECEIVED);
  REQUIRE(received.size() == 1);
  CHECK(received[0].from_customer() == "ada");
  const auto answered = All<ev::FollowUpAnswered>(world, ev::EVENT_TYPE_FOLLOW_UP_ANSWERED);
  REQUIRE(answered.size() == 1);
  CHECK(answered[0].accepted());
  CHECK(answered[0].target_sequence() > 0);
}

TEST_CASE("what the other refuses comes back, with the reason") {
  EngineWorld world;
  world.PublishProgramme();
  Earn(world, "ada", 100);
  v1::TransferPointsResponse response;
  REQUIRE_FALSE(world.Do(Transfer("ada", "nobody", 30), &response).refusal);
  CHECK(BalanceOf(world, "ada").active() == 100);
  CHECK(BalanceOf(world, "ada").in_transit() == 0);
  const auto closed = All<ev::PointsTransferClosed>(world, ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED);
  REQUIRE(closed.size() == 1);
  CHECK_FALSE(closed[0].accepted());
  CHECK(closed[0].reason() == "NOT_ENROLLED");
  CHECK(closed[0].restored_size() == 1);
}

TEST_CASE("a transfer is closed after a crash at any step between the two accounts") {
  // Crashes after so many steps of engine and log from the request on; at some number it is over
  // before the crash.
  size_t closed_before_crash = 0;
  for (int steps = 0; steps < 24; ++steps) {
    ledger::SimulatedLogOptions options;
    options.drive = ledger::SimulatedDrive::kByHand;
    EngineWorld world(options);
    world.PublishProgramme();
    Earn(world, "ada", 100);
    Earn(world, "bob", 5);
    const v1::TransferPointsRequest request = Transfer("ada", "bob", 30);
    v1::TransferPointsResponse lost;
    world.engine().Execute(Caller{}, request, &lost, [](const CommandOutcome&) {});
    for (int i = 0; i < steps; ++i)
      i % 2 == 0 ? void(world.engine().Step()) : void(world.log().Step());
    closed_before_crash +=
        All<ev::PointsTransferClosed>(world, ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED).size();
    world.Crash();
    world.Start();
    v1::TransferPointsResponse response;
    INFO("crash after " << steps << " steps");
    REQUIRE_FALSE(world.Do(request, &response).refusal);
    CHECK(BalanceOf(world, "ada").active() == 70);
    CHECK(BalanceOf(world, "ada").in_transit() == 0);
    CHECK(BalanceOf(world, "bob").active() == 35);
    CHECK(All<ev::PointsReceived>(world, ev::EVENT_TYPE_POINTS_RECEIVED).size() == 1);
    CHECK(All<ev::PointsTransferClosed>(world, ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED).size() == 1);
  }
  CHECK(closed_before_crash > 0);
  CHECK(closed_before_crash < 24);
}

TEST_CASE("the answer to imported history belongs to it") {
  EngineWorld world;
  world.PublishProgramme(0, 2);
  v1::OpenImportSessionRequest open;
  open.set_session_id("old");
  open.set_request_id("open");
  open.set_source("files");
  v1::OpenImportSessionResponse opened;
  REQUIRE_FALSE(world.Do(open, &opened).refusal);
  const auto then = [](auto request, int64_t day) {
    request.mutable_provenance()->set_import_session("old");
    request.mutable_provenance()->set_source("files");
    *request.mutable_provenance()->mutable_occurred_at() =
        ToProto({1'262'304'000'000'000 + day * kDay});  // 2010-01-01
    return request;
  };
  v1::RecordOrderResponse ordered;
  REQUIRE_FALSE(world.Do(then(TeaOrder("ada", "o1", 100), 0), &ordered).refusal);
  REQUIRE_FALSE(world.Do(then(TeaOrder("bob", "o2", 10), 0), &ordered).refusal);
  v1::TransferPointsResponse given;
  REQUIRE_FALSE(world.Do(then(Transfer("ada", "bob", 30), 10), &given).refusal);
  REQUIRE_FALSE(world.Do(then(Transfer("ada", "nobody", 10, "t2"), 11), &given).refusal);
  // Their points live in March 2010 still: nothing has lapsed by today's clock.
  v1::RedeemPointsRequest redeem;
  redeem.set_customer("customers/ada");
  redeem.set_programme("programmes/main");
  redeem.set_redemption_id("r1");
  redeem.set_points(70);
  redeem.set_request_id("r1");
  v1::RedeemPointsResponse redeemed;
  CHECK_FALSE(world.Do(then(redeem, 20), &redeemed).refusal);
  CHECK(All<ev::PointsExpired>(world, ev::EVENT_TYPE_POINTS_EXPIRED).empty());
  for (const auto& closed :
       All<ev::PointsTransferClosed>(world, ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED)) {
    CHECK(closed.lapsed() == 0);
  }
  // Then it is over, and what is due falls due.
  v1::CloseImportSessionRequest close;
  close.set_session_id("old");
  close.set_request_id("close");
  v1::CloseImportSessionResponse closed;
  REQUIRE_FALSE(world.Do(close, &closed).refusal);
  world.Settle();
  CHECK(BalanceOf(world, "bob").active() == 0);
  CHECK(BalanceOf(world, "bob").expired() == 40);
  int64_t lapsed = 0;
  for (const auto& expired : All<ev::PointsExpired>(world, ev::EVENT_TYPE_POINTS_EXPIRED))
    for (const auto& allocation : expired.allocations()) lapsed += allocation.points();
  CHECK(lapsed == 40);
}

TEST_CASE("more follow-ups than may be on their way at once are all carried out") {
  EngineWorld world;
  world.PublishProgramme();
  Earn(world, "ada", 1000);
  Earn(world, "bob", 5);
  std::vector<v1::TransferPointsRequest> requests;
  for (int i = 0; i < 500; ++i) requests.push_back(Transfer("ada", "bob", 1, std::to_string(i)));
  std::vector<v1::TransferPointsResponse> responses(requests.size());
  size_t accepted = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    world.engine().Execute(
        Caller{}, requests[i], &responses[i],
        [&accepted](const CommandOutcome& outcome) { accepted += !outcome.refusal; });
  }
  world.Settle();
  CHECK(accepted == 500);
  CHECK(BalanceOf(world, "ada").active() == 500);
  CHECK(BalanceOf(world, "ada").in_transit() == 0);
  CHECK(BalanceOf(world, "bob").active() == 505);
}

}  // namespace daybook::projections::testing
