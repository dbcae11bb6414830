// Goal: several owners on one faulty log. Whatever is lost, late, doubled, overtaken or split, and
// whoever crashes or stands still, every acknowledged commit is in the log exactly once and in
// order, by the word of a checker that knows nothing of the owners: it reads the raw log with the
// validity rule.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "ledger/simulated.h"
#include "ledger/validity.h"
#include "tests/ledger/ledger_driver.h"

namespace daybook::ledger {
namespace {

constexpr uint32_t kPartitions = 2;

struct Outcomes {
  std::set<std::string> durable, not_written, unknown;
};

// What every valid reading of the log says: the records of each partition, in order.
std::map<PartitionId, std::vector<std::string>> ReadIndependently(const SimulatedLog& log) {
  std::map<PartitionId, ValidityRule> rules;
  std::map<PartitionId, std::vector<std::string>> valid;
  for (const SimulatedLog::Entry& entry : log.Entries()) {
    for (const std::string& record : entry.records) {
      RecordHeader header;
      REQUIRE(DecodeHeader(record, log.options().ledger, &header) == HeaderVerdict::kOk);
      auto rule = rules.try_emplace(header.partition, header.partition, log.options().ledger).first;
      if (rule->second.Judge(record, nullptr, nullptr) == Verdict::kValid &&
          header.kind == RecordKind::kCommit) {
        valid[header.partition].push_back(record);
      }
    }
  }
  return valid;
}

// One owner in one life: gives commits while it owns a partition, reloads after whatever did not
// become durable, and writes down what it was told.
class Owner : public OwnershipListener, public Follower {
 public:
  Owner(SimulatedLog* log, Outcomes* outcomes, std::string name)
      : ledger_(std::make_unique<SimulatedLedger>(log)),
        outcomes_(outcomes),
        name_(std::move(name)) {
    for (uint32_t i = 0; i <= kPartitions; ++i) {
      told_[PartitionId(i)] = ledger_->LastDurable(PartitionId(i));
    }
    REQUIRE(ledger_->Start(this, this).ok());
  }

  SimulatedLedger* ledger() { return ledger_.get(); }

  void Give(PartitionId partition, size_t count) {
    const auto owned = owned_.find(partition);
    if (owned == owned_.end()) return;
    std::vector<CommitPtr> commits;
    for (size_t i = 0; i < count; ++i) {
      owned->second.last = owned->second.last.next();
      RecordHeader header;
      header.epoch = Epoch(1);
      header.partition = partition;
      header.term = owned->second.term;
      header.writer = owned->second.writer;
      header.sequence = owned->second.last;
      TestCommit what;
      what.request_id = name_ + "." + std::to_string(next_++);
      commits.push_back(MakeTestCommit(ledger_->info().id, header, what));
    }
    ledger_->Append({commits, [this, commits](AppendOutcome outcome, const absl::Status&) {
                       for (const CommitPtr& commit : commits) OnOutcome(commit, outcome);
                     }});
  }

  void OnGained(const Ownership& ownership) override {
    CHECK(owned_.count(ownership.partition) == 0);
    CHECK(ownership.last == told_[ownership.partition]);
    owned_[ownership.partition] = ownership;
  }
  void OnLost(PartitionId partition, const absl::Status&) override {
    CHECK(owned_.erase(partition) == 1);
  }
  void OnDurable(const std::vector<CommitPtr>& commits, const GroupPlace&) override {
    for (const CommitPtr& commit : commits) {
      Sequence& told = told_[commit->partition()];
      REQUIRE(commit->sequence() == told.next());
      told = commit->sequence();
    }
  }

 private:
  void OnOutcome(const CommitPtr& commit, AppendOutcome outcome) {
    const std::string record(commit->view().record());
    const PartitionId partition = commit->partition();
    if (outcome == AppendOutcome::kDurable) {
      outcomes_->durable.insert(record);
      CHECK(ledger_->Read(partition, commit->sequence()).value()->view().record() == record);
      return;
    }
    (outcome == AppendOutcome::kUnknown ? outcomes_->unknown : outcomes_->not_written)
        .insert(record);
    // As the engine does: what was decided since is dropped, and decided anew after what is there.
    const auto owned = owned_.find(partition);
    if (owned != owned_.end()) owned->second.last = ledger_->LastDurable(partition);
  }

  const std::unique_ptr<SimulatedLedger> ledger_;
  Outcomes* const outcomes_;
  const std::string name_;
  int next_ = 0;
  std::map<PartitionId, Ownership> owned_;
  std::map<PartitionId, Sequence> told_;
};

void Check(const SimulatedLog& log, const Outcomes& outcomes) {
  const auto valid = ReadIndependently(log);
  std::map<std::string, int> count;
  for (const auto& [partition, records] : valid) {
    uint64_t sequence = 0;
    for (const std::string& record : records) {
      RecordHeader header;
      DecodeHeader(record, log.options().ledger, &header);
      REQUIRE(header.sequence == Sequence(++sequence));
      ++count[record];
    }
    CHECK(log.End(partition) == Sequence(sequence));
  }
  for (const std::string& record : outcomes.durable) REQUIRE(count[record] == 1);
  for (const std::string& record : outcomes.not_written) REQUIRE(count[record] == 0);
}

struct Totals {
  size_t durable = 0, not_written = 0, unknown = 0;
};

void RunOnce(uint64_t seed, const SimulatedFaults& faults, Totals* totals) {
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  SimulatedLogOptions options;
  options.ledger[0] = 1;
  options.entity_partitions = kPartitions;
  options.seed = seed;
  options.faults = faults;
  options.drive = SimulatedDrive::kByHand;
  SimulatedLog log(options);
  Outcomes outcomes;
  std::vector<std::unique_ptr<Owner>> owners;
  int lives = 0;
  for (int action = 0; action < 120; ++action) {
    const uint64_t dice = random() % 40;
    if (owners.empty() || (dice == 0 && owners.size() < 3)) {
      owners.push_back(std::make_unique<Owner>(&log, &outcomes, std::to_string(lives++)));
    } else if (dice == 1) {
      owners.erase(owners.begin() + static_cast<std::ptrdiff_t>(random() % owners.size()));
    } else if (dice == 2) {
      owners[random() % owners.size()]->ledger()->Claim(
          PartitionId(static_cast<uint32_t>(random() % (kPartitions + 1))));
    } else if (dice < 20) {
      owners[random() % owners.size()]->Give(
          PartitionId(static_cast<uint32_t>(random() % (kPartitions + 1))), 1 + random() % 3);
    }
    for (uint64_t steps = random() % 6; steps > 0; --steps) log.Step();
  }
  for (const auto& owner : owners) owner->ledger()->Stop();
  Check(log, outcomes);
  // A late reader finds the same.
  const SimulatedLedger reader(&log);
  for (const auto& [partition, records] : ReadIndependently(log)) {
    CHECK(reader.LastDurable(partition) == Sequence(records.size()));
  }
  totals->durable += outcomes.durable.size();
  totals->not_written += outcomes.not_written.size();
  totals->unknown += outcomes.unknown.size();
}

SimulatedFaults AllFaults() {
  SimulatedFaults faults;
  faults.lose = 0.05;
  faults.delay = 0.1;
  faults.twice = 0.1;
  faults.split = 0.3;
  faults.lose_acknowledgement = 0.05;
  faults.delay_acknowledgement = 0.1;
  faults.pause = 0.02;
  return faults;
}

// More by hand: DAYBOOK_SIMULATION_SEEDS.
uint64_t Seeds() {
  const char* const given = std::getenv("DAYBOOK_SIMULATION_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 2000;
}

}  // namespace

TEST_CASE("with several owners and all faults, what was acknowledged is there once, in order",
          "[simulation]") {
  Totals totals;
  for (uint64_t seed = 0; seed < Seeds(); ++seed) RunOnce(seed, AllFaults(), &totals);
  // The runs are worth something only if all three outcomes are common.
  CHECK(totals.durable > Seeds() * 5);
  CHECK(totals.not_written > Seeds());
  CHECK(totals.unknown > Seeds());
}

TEST_CASE("each fault alone", "[simulation]") {
  const SimulatedFaults all = AllFaults();
  double SimulatedFaults::*const each[] = {&SimulatedFaults::lose,
                                           &SimulatedFaults::delay,
                                           &SimulatedFaults::twice,
                                           &SimulatedFaults::split,
                                           &SimulatedFaults::pause,
                                           &SimulatedFaults::lose_acknowledgement,
                                           &SimulatedFaults::delay_acknowledgement};
  Totals totals;
  for (const auto fault : each) {
    SimulatedFaults one;
    one.*fault = all.*fault * 3;
    for (uint64_t seed = 0; seed < Seeds() / 10; ++seed) RunOnce(seed, one, &totals);
  }
}

TEST_CASE("the same seed makes the same log", "[simulation]") {
  const auto run = [] {
    SimulatedLogOptions options;
    options.seed = 17;
    options.faults = AllFaults();
    options.entity_partitions = kPartitions;
    options.drive = SimulatedDrive::kByHand;
    auto log = std::make_unique<SimulatedLog>(options);
    Outcomes outcomes;
    {
      Owner owner(log.get(), &outcomes, "a");
      for (int i = 0; i < 200; ++i) {
        owner.Give(PartitionId(1), 1);
        log->Step();
      }
    }
    return log->Entries().back().place.chain;
  };
  CHECK(run() == run());
}

TEST_CASE("without faults every batch becomes durable, however many are on their way",
          "[simulation]") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    SimulatedLogOptions options;
    options.seed = seed;
    options.drive = SimulatedDrive::kByHand;
    SimulatedLog log(options);
    SimulatedLedger ledger(&log);
    LedgerDriver driver(&ledger);
    REQUIRE(ledger.Start(&driver, &driver).ok());
    log.RunUntilIdle();
    for (int i = 0; i < 500; ++i) driver.Give({driver.NextIn(PartitionId(1), {})});
    log.RunUntilIdle();
    for (const auto& answer : driver.WaitForAnswers(500)) {
      CHECK(answer.outcome == AppendOutcome::kDurable);
    }
    ledger.Stop();
  }
}

TEST_CASE("a log with a thread of its own serves several writers", "[simulation]") {
  SimulatedLogOptions options;
  options.entity_partitions = 4;
  options.drive = SimulatedDrive::kOwnThread;
  SimulatedLog log(options);
  SimulatedLedger ledger(&log);
  LedgerDriver driver(&ledger);
  REQUIRE(ledger.Start(&driver, &driver).ok());
  log.RunUntil([&] { return driver.owned().size() == 5; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        driver.Give({driver.NextIn(PartitionId(static_cast<uint32_t>(t) + 1), {})});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& answer : driver.WaitForAnswers(150)) {
    CHECK(answer.outcome == AppendOutcome::kDurable);
  }
  ledger.Stop();
  CHECK(driver.told().size() == 150);
}

}  // namespace daybook::ledger
