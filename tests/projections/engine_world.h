// The whole engine over a log in memory, with all domains: what production runs, without disk,
// network and clock. A world outlives its engine: stop it, crash it, start it again, or let it
// forget its folds.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "daybook/v1/policies.pb.h"
#include "daybook/v1/sales.pb.h"
#include "ledger/memory_key_store.h"
#include "ledger/simulated.h"
#include "ledger/simulated_log.h"
#include "ledger/vault.h"
#include "projections/engine/engine.h"

namespace daybook::projections::testing {

// A clock that stands still unless it is moved, or moves a little with every look at it.
class TestClock : public Clock {
 public:
  Timestamp Now() const override { return {micros_.fetch_add(step_.load())}; }
  void MoveWithEveryLook(int64_t micros) { step_.store(micros); }
  int64_t MonotonicMicros() const override { return micros_.load(); }
  void Set(Timestamp now) { micros_.store(now.micros); }
  void Advance(int64_t micros) { micros_.fetch_add(micros); }

 private:
  std::atomic<int64_t> step_{0};
  mutable std::atomic<int64_t> micros_{1'704'067'200'000'000};  // 2024-01-01T00:00:00Z
};

// A database in memory whose writes are lost after Freeze, as those of a killed process are, and
// fail while there is no room.
class FreezableDatabase : public FoldDatabase {
 public:
  FreezableDatabase() : inner_(MakeMemoryFoldDatabase(kResidentRows)) {}
  void Freeze() { frozen_->store(true); }
  void SetRoom(bool room) { room_->store(room); }
  void Thaw() { frozen_ = std::make_shared<std::atomic<bool>>(false); }
  std::vector<std::string> List() const override { return inner_->List(); }
  absl::StatusOr<std::unique_ptr<FoldStorage>> Open(const std::string& name) override;
  absl::Status Drop(const std::string& name) override {
    return frozen_->load() ? absl::OkStatus() : inner_->Drop(name);
  }

 private:
  // So few that rows come and go all the time.
  static constexpr size_t kResidentRows = 100;
  std::unique_ptr<FoldDatabase> inner_;
  std::shared_ptr<std::atomic<bool>> frozen_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> room_ = std::make_shared<std::atomic<bool>>(true);
};

// The programme "main": a point a pound, for everybody from the first order on; points are pending
// for so many days and live for so many months (0: at once, for ever).
daybook::v1::PublishProgrammeRequest MainProgramme(uint32_t activation_days,
                                                   uint32_t expiry_months);
// An order of so many units of tea at a pound.
daybook::v1::RecordOrderRequest TeaOrder(const std::string& customer, const std::string& order,
                                         int64_t pounds);

class EngineWorld {
 public:
  explicit EngineWorld(const ledger::SimulatedLogOptions& options = {});
  ~EngineWorld();

  // Starts an engine without threads of its own (but that of the views).
  void Start();
  // Ends it in order.
  void Stop();
  // Ends it as a killed process ends: nothing more is written, nobody is answered.
  void Crash();
  // Makes the next start fold everything anew.
  void ForgetFolds();

  Engine& engine() { return *engine_; }
  TestClock& clock() { return clock_; }
  ledger::SimulatedLog& log() { return log_; }
  FreezableDatabase& database() { return database_; }
  ledger::Ledger& ledger() { return *ledger_; }

  // Sends a command and lets the engine work until it is answered. Fails the test if it never is.
  CommandOutcome Do(const google::protobuf::Message& request, google::protobuf::Message* response);
  // Asks a query and waits for the answer.
  MaybeRefusal Ask(const google::protobuf::Message& request, google::protobuf::Message* response);
  // Publishes MainProgramme.
  void PublishProgramme(uint32_t activation_days = 0, uint32_t expiry_months = 0);
  // Lets engine and log work until neither has anything left to do.
  void Settle();
  // Digest of a view once it is current.
  std::string DigestOfView(const std::string& view);

 private:
  TestClock clock_;
  ledger::SimulatedLog log_;
  std::unique_ptr<ledger::Vault> vault_;
  std::unique_ptr<Secrets> secrets_;
  FreezableDatabase database_;
  Catalogue catalogue_;
  std::unique_ptr<ledger::SimulatedLedger> ledger_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace daybook::projections::testing
