#include "tests/projections/engine_world.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "daybook/v1/policies.pb.h"
#include "projections/domains.h"
#include "projections/engine/validation.h"

namespace daybook::projections::testing {

namespace {

class FreezableStorage : public FoldStorage {
 public:
  FreezableStorage(std::unique_ptr<FoldStorage> inner, std::shared_ptr<std::atomic<bool>> frozen,
                   std::shared_ptr<std::atomic<bool>> room)
      : inner_(std::move(inner)), frozen_(std::move(frozen)), room_(std::move(room)) {}
  const RowSource* Source(ledger::PartitionId partition) override {
    return inner_->Source(partition);
  }
  absl::StatusOr<FoldState> LoadState() override { return inner_->LoadState(); }
  absl::Status Write(const std::function<void(RowWriter&)>& fill, const FoldState& state) override {
    if (!room_->load()) return absl::ResourceExhaustedError("no room");
    return frozen_->load() ? absl::OkStatus() : inner_->Write(fill, state);
  }
  absl::Status WriteSorted(
      const std::function<void(const std::function<void(ledger::PartitionId, std::string_view,
                                                        std::string_view, std::string_view)>&)>&
          fill,
      const FoldState& state) override {
    if (!room_->load()) return absl::ResourceExhaustedError("no room");
    return frozen_->load() ? absl::OkStatus() : inner_->WriteSorted(fill, state);
  }
  absl::Status ReadAll(const std::function<bool(std::string_view, std::string_view)>& visit,
                       FoldState* state) override {
    return inner_->ReadAll(visit, state);
  }

 private:
  std::unique_ptr<FoldStorage> inner_;
  std::shared_ptr<std::atomic<bool>> frozen_;
  std::shared_ptr<std::atomic<bool>> room_;
};

std::unique_ptr<ledger::Vault> MakeVault() {
  const ledger::SecretKey master;
  auto store = std::make_unique<ledger::MemoryKeyStore>(
      ledger::Vault::FirstKeys(master, ledger::RandomSource::System()));
  auto vault = ledger::Vault::Open(std::move(store), master, ledger::RandomSource::System());
  REQUIRE(vault.ok());
  return *std::move(vault);
}

// What a callback from another thread leaves.
template <typename Value>
struct Slot {
  std::mutex mutex;
  std::condition_variable filled;
  std::optional<Value> value;
  void Fill(Value given) {
    std::lock_guard lock(mutex);
    value = std::move(given);
    filled.notify_one();
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<FoldStorage>> FreezableDatabase::Open(const std::string& name) {
  auto storage = inner_->Open(name);
  if (!storage.ok()) return storage.status();
  return std::make_unique<FreezableStorage>(*std::move(storage), frozen_, room_);
}

EngineWorld::EngineWorld(const ledger::SimulatedLogOptions& options)
    : log_(options),
      vault_(MakeVault()),
      secrets_(Secrets::Make(vault_.get())),
      catalogue_(AllDomains()) {
  Start();
}

EngineWorld::~EngineWorld() { Stop(); }

void EngineWorld::Start() {
  ledger::SimulatedLedgerOptions options;
  options.now = [this] { return clock_.Now(); };
  ledger_ = std::make_unique<ledger::SimulatedLedger>(&log_, options);
  Engine::Environment environment{&catalogue_, ledger_.get(), secrets_.get(), &database_, &clock_};
  engine_ = std::make_unique<Engine>(environment, EngineOptions{});
  const absl::Status started = engine_->Start(false);
  INFO(std::string(started.message()));
  REQUIRE(started.ok());
  Settle();
}

void EngineWorld::Stop() {
  if (engine_ == nullptr) return;
  engine_->Stop();
  engine_.reset();
  ledger_.reset();
}

void EngineWorld::Crash() {
  database_.Freeze();
  engine_->Abandon();
  engine_.reset();
  ledger_.reset();
  database_.Thaw();
}

void EngineWorld::ForgetFolds() {
  for (const std::string& name : database_.List()) REQUIRE(database_.Drop(name).ok());
}

void EngineWorld::Settle() {
  for (bool worked = true; worked;) {
    worked = engine_->Step();
    while (log_.options().drive == ledger::SimulatedDrive::kByHand && log_.Step()) worked = true;
  }
}

CommandOutcome EngineWorld::Do(const google::protobuf::Message& request,
                               google::protobuf::Message* response) {
  std::optional<CommandOutcome> outcome;
  engine_->Execute(Caller{}, request, response,
                   [&outcome](const CommandOutcome& result) { outcome = result; });
  Settle();
  REQUIRE(outcome.has_value());
  return *outcome;
}

MaybeRefusal EngineWorld::Ask(const google::protobuf::Message& request,
                              google::protobuf::Message* response) {
  auto slot = std::make_shared<Slot<MaybeRefusal>>();
  engine_->Query(Caller{}, request, response,
                 [slot](const MaybeRefusal& refusal) { slot->Fill(refusal); });
  Settle();
  std::unique_lock lock(slot->mutex);
  REQUIRE(slot->filled.wait_for(lock, std::chrono::seconds(60),
                                [&] { return slot->value.has_value(); }));
  return *slot->value;
}

daybook::v1::PublishProgrammeRequest MainProgramme(uint32_t activation_days,
                                                   uint32_t expiry_months) {
  daybook::v1::PublishProgrammeRequest request;
  request.set_request_id("publish");
  auto& programme = *request.mutable_programme();
  programme.set_programme_id("main");
  programme.set_name("Points");
  programme.set_currency("GBP");
  programme.set_zone("Europe/London");
  *programme.mutable_effective_from() = ToProto({0});
  auto* rule = programme.add_earn_rules();
  rule->set_rule_id("base");
  rule->set_points(1);
  rule->set_per_minor_units(100);
  programme.set_rounding(daybook::event::v1::ROUNDING_HALF_EVEN);
  programme.set_allocation_order(daybook::event::v1::ALLOCATION_ORDER_SOONEST_EXPIRY);
  programme.set_shortfall(daybook::event::v1::SHORTFALL_POLICY_DEBT);
  programme.set_expired_refund(daybook::event::v1::EXPIRED_REFUND_POLICY_LAPSE);
  programme.set_enrol_on_first_order(true);
  programme.set_transfers_allowed(true);
  if (activation_days > 0) programme.mutable_activation_delay()->set_days(activation_days);
  if (expiry_months > 0) programme.mutable_expires_after()->set_months(expiry_months);
  return request;
}

daybook::v1::RecordOrderRequest TeaOrder(const std::string& customer, const std::string& order,
                                         int64_t pounds) {
  daybook::v1::RecordOrderRequest request;
  request.set_customer("customers/" + customer);
  request.set_order_id(order);
  request.set_request_id("order-" + order);
  request.set_currency("GBP");
  auto* line = request.add_lines();
  line->set_product("TEA");
  line->set_units(pounds);
  line->mutable_unit_price()->set_units(1);
  return request;
}

void EngineWorld::PublishProgramme(uint32_t activation_days, uint32_t expiry_months) {
  daybook::v1::PublishProgrammeResponse response;
  const CommandOutcome outcome = Do(MainProgramme(activation_days, expiry_months), &response);
  INFO((outcome.refusal ? outcome.refusal->field + ": " + outcome.refusal->message : ""));
  REQUIRE_FALSE(outcome.refusal);
}

std::string EngineWorld::DigestOfView(const std::string& view) {
  auto slot = std::make_shared<Slot<absl::Status>>();
  ReadTargets targets;
  for (uint32_t i = 0; i <= ledger_->info().entity_partitions; ++i) {
    targets.emplace_back(i, ledger_->LastDurable(ledger::PartitionId(i)));
  }
  engine_->views().WhenApplied(view, targets,
                               [slot](const absl::Status& status) { slot->Fill(status); });
  {
    std::unique_lock lock(slot->mutex);
    REQUIRE(slot->filled.wait_for(lock, std::chrono::seconds(60),
                                  [&] { return slot->value.has_value(); }));
    REQUIRE(slot->value->ok());
  }
  auto digest = engine_->views().Digest(view);
  REQUIRE(digest.ok());
  return digest->digest;
}

}  // namespace daybook::projections::testing
