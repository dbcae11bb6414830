// The engine with all its threads over the embedded ledger and RocksDB.
#include <stdlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/sales.pb.h"
#include "fmt/format.h"
#include "ledger/embedded.h"
#include "ledger/memory_key_store.h"
#include "projections/domains.h"
#include "projections/engine/engine.h"
#include "projections/engine/validation.h"
#include "tests/projections/engine_world.h"

namespace daybook::projections::testing {
namespace {

namespace v1 = daybook::v1;

constexpr int64_t kDay = 86'400'000'000;

class ShiftedClock : public Clock {
 public:
  Timestamp Now() const override {
    using std::chrono::system_clock;
    const auto now = system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count() + shift_.load()};
  }
  int64_t MonotonicMicros() const override { return Now().micros; }
  void Advance(int64_t micros) { shift_ += micros; }

 private:
  std::atomic<int64_t> shift_{0};
};

template <typename Condition>
void Await(Condition condition) {
  for (int i = 0; i < 60'000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(condition());
}

// An engine in a directory of its own. Before every group its ledger passes a gate, which can be
// closed, or say that there is no room.
class EmbeddedWorld {
 public:
  EmbeddedWorld() {
    std::string name = std::filesystem::temp_directory_path() / "daybook-engine-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    directory_ = name;
    const ledger::SecretKey master;
    auto keys = std::make_unique<ledger::MemoryKeyStore>(
        ledger::Vault::FirstKeys(master, ledger::RandomSource::System()));
    auto vault = ledger::Vault::Open(std::move(keys), master, ledger::RandomSource::System());
    REQUIRE(vault.ok());
    vault_ = *std::move(vault);
    secrets_ = Secrets::Make(vault_.get());
    auto database = OpenFoldDatabase(directory_ + "/views", 8u << 20, 10'000);
    REQUIRE(database.ok());
    database_ = *std::move(database);
    ledger::EmbeddedOptions options;
    options.directory = directory_ + "/ledger";
    options.entity_partitions = 4;
    options.before_group = [this] { return Pass(); };
    REQUIRE(ledger::EmbeddedLedger::Create(options).ok());
    auto ledger = ledger::EmbeddedLedger::Open(options, nullptr);
    REQUIRE(ledger.ok());
    ledger_ = *std::move(ledger);
    engine_ = std::make_unique<Engine>(
        Engine::Environment{&catalogue_, ledger_.get(), secrets_.get(), database_.get(), &clock_},
        EngineOptions{});
    REQUIRE(engine_->Start().ok());
    PublishProgramme();
  }
  ~EmbeddedWorld() {
    engine_->Stop();
    engine_.reset();
    ledger_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

  Engine& engine() { return *engine_; }
  ShiftedClock& clock() { return clock_; }
  void SetGate(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  bool at_gate() const { return at_gate_; }
  void SetRoom(bool room) { room_ = room; }

  // Sends all at once and waits: how many ended in which way.
  std::map<std::string, size_t> DoAll(const std::vector<v1::RecordOrderRequest>& requests) {
    std::vector<v1::RecordOrderResponse> responses(requests.size());
    std::mutex mutex;
    std::condition_variable all;
    std::map<std::string, size_t> outcomes;
    size_t done = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
      engine_->Execute(Caller{}, requests[i], &responses[i], [&](const CommandOutcome& outcome) {
        const std::lock_guard lock(mutex);
        ++outcomes[outcome.refusal ? outcome.refusal->message : "OK"];
        if (++done == requests.size()) all.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    all.wait(lock, [&] { return done == requests.size(); });
    return outcomes;
  }
  template <typename Request, typename Response>
  std::string Ask(const Request& request, Response* response) {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<std::string> outcome;
    engine_->Query(Caller{}, request, response, [&](const MaybeRefusal& refusal) {
      const std::lock_guard lock(mutex);
      outcome = refusal ? refusal->message : "OK";
      answered.notify_one();
    });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return outcome.has_value(); });
    return *outcome;
  }

 private:
  absl::Status Pass() {
    std::unique_lock lock(mutex_);
    at_gate_ = !open_;
    changed_.wait(lock, [this] { return open_; });
    at_gate_ = false;
    return room_ ? absl::OkStatus() : absl::ResourceExhaustedError("no room");
  }
  void PublishProgramme() {
    const v1::PublishProgrammeRequest request = MainProgramme(0, 1);
    v1::PublishProgrammeResponse response;
    std::atomic<bool> done{false};
    engine_->Execute(Caller{}, request, &response,
                     [&done](const CommandOutcome& outcome) { done = !outcome.refusal; });
    Await([&done] { return done.load(); });
  }

  std::string directory_;
  ShiftedClock clock_;
  Catalogue catalogue_{AllDomains()};
  std::unique_ptr<ledger::Vault> vault_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<FoldDatabase> database_;
  std::unique_ptr<ledger::EmbeddedLedger> ledger_;
  std::unique_ptr<Engine> engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  std::atomic<bool> room_{true};
  std::atomic<bool> at_gate_{false};
};

v1::RecordOrderRequest Order(const std::string& customer, const std::string& order, int lines) {
  v1::RecordOrderRequest request;
  request.set_customer("customers/" + customer);
  request.set_order_id(order);
  request.set_request_id("order-" + order);
  request.set_currency("GBP");
  for (int i = 0; i < lines; ++i) {
    auto* line = request.add_lines();
    line->set_product(fmt::format("PRODUCT-{:040}", i));
    line->set_units(1);
    line->mutable_unit_price()->set_units(1);
  }
  return request;
}

}  // namespace

TEST_CASE("large orders that come together are all recorded") {
  EmbeddedWorld world;
  std::vector<v1::RecordOrderRequest> requests;
  for (int i = 0; i < 64; ++i)
    requests.push_back(Order(fmt::format("c{}", i), fmt::format("o{}", i), 1500));
  CHECK(world.DoAll(requests) == std::map<std::string, size_t>{{"OK", 64}});
}

TEST_CASE("nothing falls due while nothing can be recorded, and all of it afterwards") {
  EmbeddedWorld world;
  std::vector<v1::RecordOrderRequest> requests;
  for (int i = 0; i < 50; ++i)
    requests.push_back(Order(fmt::format("c{}", i), fmt::format("o{}", i), 1));
  REQUIRE(world.DoAll(requests) == std::map<std::string, size_t>{{"OK", 50}});
  world.SetRoom(false);
  world.clock().Advance(60 * kDay);
  const auto& counters = world.engine().workers()[0]->counters();
  const auto began = std::chrono::steady_clock::now();
  Await([&counters] { return counters.deadlines_fired > 50; });
  // Every try finds out, and there is one a second.
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  CHECK(counters.deadlines_fired <= 50 * static_cast<uint64_t>(seconds.count() + 1));
  world.SetRoom(true);
  v1::GetBalanceRequest request;
  request.set_customer("customers/c0");
  request.set_programme("programmes/main");
  v1::GetBalanceResponse response;
  Await([&] { return world.Ask(request, &response) == "OK" && response.balance().expired() == 1; });
}

TEST_CASE(
    "the same question about what was known has the same answer while commits are under way") {
  EmbeddedWorld world;
  REQUIRE(world.DoAll({Order("ada", "o1", 1)}) == std::map<std::string, size_t>{{"OK", 1}});
  world.SetGate(false);
  std::thread first([&world] { world.DoAll({Order("ada", "o2", 2)}); });
  Await([&world] { return world.at_gate(); });
  v1::GetBalanceRequest request;
  request.set_customer("customers/ada");
  request.set_programme("programmes/main");
  const Timestamp known_at = world.clock().Now();
  *request.mutable_read()->mutable_known_at() = ToProto(known_at);
  Await([&] { return world.clock().Now() > known_at; });
  std::thread second([&world] { world.DoAll({Order("ada", "o3", 4)}); });
  // One worker takes what comes in its order: the question comes after both orders.
  const auto& queued = world.engine().workers()[0]->counters().queued;
  Await([&queued] { return queued == 2; });
  std::thread opener([&world, &queued] {
    Await([&queued] { return queued == 3; });
    world.SetGate(true);
  });
  v1::GetBalanceResponse early, late;
  REQUIRE(world.Ask(request, &early) == "OK");
  first.join();
  second.join();
  opener.join();
  REQUIRE(world.Ask(request, &late) == "OK");
  CHECK(early.balance().active() == 3);
  CHECK(late.balance().active() == 3);
}

TEST_CASE("views are rebuilt while they are read") {
  EmbeddedWorld world;
  std::vector<v1::RecordOrderRequest> requests;
  for (int i = 0; i < 2000; ++i)
    requests.push_back(Order(fmt::format("c{}", i), fmt::format("o{}", i), 1));
  REQUIRE(world.DoAll(requests) == std::map<std::string, size_t>{{"OK", 2000}});
  std::atomic<bool> stop{false};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        v1::ListBalancesRequest request;
        request.set_programme("programmes/main");
        request.set_page_size(1000);
        v1::ListBalancesResponse response;
        if (world.Ask(request, &response) != "OK" || response.balances_size() != 1000) ++wrong;
      }
    });
  }
  size_t rebuilt = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < until) {
    rebuilt += world.engine().views().Rebuild("points").ok();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(rebuilt > 3);
  CHECK(wrong == 0);
}

}  // namespace daybook::projections::testing
