// Goal: whatever the instant at which the process dies, what was acknowledged is in the ledger
// exactly once, every request id gets the same answer again, deadlines fire once, and folds that
// survived equal folds made from nothing.
//
// Each run is made from one seed: random commands of a few customers, the log driven step by step,
// a crash or a stop at random steps. A failure prints its seed; DAYBOOK_SIMULATION_SEED runs that
// one alone, DAYBOOK_SIMULATION_RUNS says how many.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"
#include "tests/projections/engine_world.h"

namespace daybook::projections::testing {
namespace {

namespace v1 = daybook::v1;

// A command with the answer that it got.
struct Sent {
  std::unique_ptr<google::protobuf::Message> request;
  std::unique_ptr<google::protobuf::Message> response;
  bool answered = false;
  CommandOutcome outcome;
};

class Run {
 public:
  explicit Run(uint64_t seed) : random_(seed), world_(Options(seed)) {
    world_.PublishProgramme(3, 2);
  }

  void Play() {
    const size_t turns = 4 + Below(12);
    for (size_t turn = 0; turn < turns; ++turn) {
      const size_t burst = 1 + Below(6);
      for (size_t i = 0; i < burst; ++i) Send();
      // Some steps of engine and log, so that a crash may meet a command anywhere on its way.
      for (size_t steps = Below(8); steps > 0; --steps)
        Below(2) == 0 ? void(world_.engine().Step()) : void(world_.log().Step());
      switch (Below(8)) {
        case 0:
          world_.Crash();
          world_.Start();
          break;
        case 1:
          world_.Settle();
          world_.Stop();
          world_.Start();
          break;
        case 2:
          world_.clock().Advance(static_cast<int64_t>(Below(40)) * 86'400'000'000);
          break;
        default:
          break;
      }
    }
    world_.Settle();
  }

  void Check() {
    // Every request id again: those acknowledged have the same answer, nothing is doubled.
    const size_t sent = sent_.size();
    for (size_t i = 0; i < sent; ++i) {
      std::unique_ptr<google::protobuf::Message> again(sent_[i].response->New());
      const CommandOutcome outcome = world_.Do(*sent_[i].request, again.get());
      if (sent_[i].answered && !sent_[i].outcome.refusal) {
        REQUIRE_FALSE(outcome.refusal);
        REQUIRE(outcome.repeated);
        REQUIRE(again->SerializeAsString() == sent_[i].response->SerializeAsString());
      }
    }
    CheckOnce();
    CheckConserved();
    std::map<std::string, std::string> survived;
    for (const char* view : {"points", "points_statement", "orders", "sales_summary"}) {
      survived[view] = world_.DigestOfView(view);
    }
    world_.Stop();
    world_.ForgetFolds();
    world_.Start();
    for (const auto& [view, digest] : survived) {
      INFO(view);
      REQUIRE(world_.DigestOfView(view) == digest);
    }
  }

 private:
  static ledger::SimulatedLogOptions Options(uint64_t seed) {
    ledger::SimulatedLogOptions options;
    options.entity_partitions = 2;
    options.seed = seed;
    options.drive = ledger::SimulatedDrive::kByHand;
    return options;
  }

  size_t Below(size_t bound) { return random_() % bound; }

  void Send() {
    Sent sent;
    const std::string customer = fmt::format("customers/c{}", Below(3));
    const std::string id = fmt::format("r{}", Below(40));  // few, so that ids come twice
    switch (Below(5)) {
      case 4: {
        auto request = std::make_unique<v1::TransferPointsRequest>();
        request->set_customer(customer);
        request->set_programme("programmes/main");
        request->set_transfer_id("transfer-" + id);
        // Also to somebody whom nobody knows: then the points come back.
        request->set_to_customer(fmt::format("customers/c{}", 3 - Below(3)));
        if (request->to_customer() == customer) request->set_to_customer("customers/c3");
        request->set_points(static_cast<int64_t>(1 + Below(30)));
        request->set_request_id("transfer-" + id);
        sent.request = std::move(request);
        sent.response = std::make_unique<v1::TransferPointsResponse>();
        break;
      }
      case 0: {
        auto request = std::make_unique<v1::RedeemPointsRequest>();
        request->set_customer(customer);
        request->set_programme("programmes/main");
        request->set_redemption_id("redeem-" + id);
        request->set_points(static_cast<int64_t>(1 + Below(30)));
        request->set_request_id("redeem-" + id);
        sent.request = std::move(request);
        sent.response = std::make_unique<v1::RedeemPointsResponse>();
        break;
      }
      case 1: {
        auto request = std::make_unique<v1::RecordReturnRequest>();
        request->set_customer(customer);
        request->set_return_id("return-" + id);
        request->set_request_id("return-" + id);
        auto* line = request->add_lines();
        line->set_product("TEA");
        line->mutable_unit_price()->set_units(1);
        line->set_units(static_cast<int64_t>(1 + Below(20)));
        sent.request = std::move(request);
        sent.response = std::make_unique<v1::RecordReturnResponse>();
        break;
      }
      default: {
        auto request = std::make_unique<v1::RecordOrderRequest>();
        request->set_customer(customer);
        request->set_order_id("order-" + id);
        request->set_request_id("order-" + id);
        request->set_currency("GBP");
        auto* line = request->add_lines();
        line->set_product("TEA");
        line->mutable_unit_price()->set_units(1);
        line->set_units(static_cast<int64_t>(1 + Below(50)));
        sent.request = std::move(request);
        sent.response = std::make_unique<v1::RecordOrderResponse>();
      }
    }
    sent_.push_back(std::move(sent));
    const size_t index = sent_.size() - 1;
    world_.engine().Execute(Caller{}, *sent_[index].request, sent_[index].response.get(),
                            [this, index](const CommandOutcome& outcome) {
                              sent_[index].answered = true;
                              sent_[index].outcome = outcome;
                            });
  }

  // No request id, and no deadline, stands in the ledger twice.
  void CheckOnce() {
    std::map<std::string, int> seen;
    for (uint32_t partition = 1; partition <= 2; ++partition) {
      REQUIRE(world_.ledger()
                  .ReadPartition(
                      ledger::PartitionId(partition), ledger::Sequence(1),
                      [&seen](const ledger::CommitPtr& commit) {
                        daybook::event::v1::CommitRequests requests;
                        REQUIRE(requests.ParseFromString(std::string(commit->view().requests())));
                        for (const auto& request : requests.requests()) {
                          const std::string key = request.entity_id() + "/" + request.request_id();
                          REQUIRE(++seen[key] == 1);
                        }
                        return true;
                      })
                  .ok());
    }
  }

  // Points that were given from one customer to another are neither lost nor minted, and none are
  // on their way for ever.
  void CheckConserved() {
    for (int i = 0; i < 3; ++i) {
      world_.clock().Advance(120'000'000);  // what was refused for a while is sent again
      world_.Settle();
    }
    v1::ListBalancesRequest request;
    request.set_programme("programmes/main");
    v1::ListBalancesResponse response;
    const MaybeRefusal refusal = world_.Ask(request, &response);
    REQUIRE_FALSE(refusal);
    int64_t transferred = 0;
    for (const v1::Balance& balance : response.balances()) {
      REQUIRE(balance.in_transit() == 0);
      REQUIRE(balance.active() + balance.pending() ==
              balance.earned() - balance.redeemed() - balance.clawed_back() - balance.expired() +
                  balance.transferred());
      transferred += balance.transferred();
    }
    REQUIRE(transferred == 0);
  }

 public:
  // Transfers that were accepted, whether they arrived or came back.
  size_t Transfers() const {
    return static_cast<size_t>(std::count_if(sent_.begin(), sent_.end(), [](const Sent& sent) {
      return sent.request->GetDescriptor() == v1::TransferPointsRequest::descriptor() &&
             sent.answered && !sent.outcome.refusal;
    }));
  }

 private:
  std::mt19937_64 random_;
  std::deque<Sent> sent_;
  EngineWorld world_;
};

TEST_CASE("crashes at every step of the way, from seeds") {
  spdlog::set_level(spdlog::level::off);
  const char* one = std::getenv("DAYBOOK_SIMULATION_SEED");
  const char* runs = std::getenv("DAYBOOK_SIMULATION_RUNS");
  const uint64_t first = one != nullptr ? std::stoull(one) : 1;
  const uint64_t last =
      one != nullptr ? first : first + (runs != nullptr ? std::stoull(runs) : 10000) - 1;
  size_t transfers = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    INFO("DAYBOOK_SIMULATION_SEED=" << seed);
    Run run(seed);
    run.Play();
    run.Check();
    transfers += run.Transfers();
  }
  if (last - first >= 99) CHECK(transfers > 0);
}

}  // namespace
}  // namespace daybook::projections::testing
