// Goal: what ledger.h promises, by every implementation alike. An implementation joins by a
// fixture.
#include <catch2/catch.hpp>

#include "ledger/embedded.h"
#include "ledger/simulated.h"
#include "tests/ledger/ledger_driver.h"
#include "tests/ledger/memory_file_system.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

constexpr uint32_t kPartitions = 4;

// A fixture makes one ledger and opens it as often as it is asked, one at a time.
class EmbeddedOnDisk {
 public:
  EmbeddedOnDisk() {
    options_.directory = directory_.path() + "/ledger";
    options_.entity_partitions = kPartitions;
    options_.access_partitions = 1;
    options_.segments.segment_bytes = 8 * 1024 * 1024;
    options_.index.freeze_commits =
        7;  // so that the table, a frozen tail and a fresh one all serve
    options_.now = [] { return Timestamp{1000}; };
    REQUIRE(EmbeddedLedger::Create(options_).ok());
  }
  std::unique_ptr<Ledger> Open() { return EmbeddedLedger::Open(options_, nullptr).value(); }

 private:
  TemporaryDirectory directory_;
  EmbeddedOptions options_;
};

class EmbeddedInMemory {
 public:
  EmbeddedInMemory() {
    options_.directory = "/ledger";
    options_.file_system = &file_system_;
    options_.entity_partitions = kPartitions;
    options_.access_partitions = 1;
    options_.segments.segment_bytes = 64 * 1024;
    options_.segments.max_group_bytes = 32 * 1024;
    options_.index.in_memory = true;
    options_.index.freeze_commits = 7;
    options_.now = [] { return Timestamp{1000}; };
    REQUIRE(EmbeddedLedger::Create(options_).ok());
  }
  std::unique_ptr<Ledger> Open() { return EmbeddedLedger::Open(options_, nullptr).value(); }

 private:
  MemoryFileSystem file_system_;
  EmbeddedOptions options_;
};

class Simulated {
 public:
  std::unique_ptr<Ledger> Open() { return std::make_unique<SimulatedLedger>(&log_); }

 protected:
  static SimulatedLogOptions Options(SimulatedDrive drive) {
    SimulatedLogOptions options;
    options.ledger[0] = 7;
    options.entity_partitions = kPartitions;
    options.access_partitions = 1;
    options.drive = drive;
    return options;
  }
  explicit Simulated(SimulatedDrive drive) : log_(Options(drive)) {}

 private:
  SimulatedLog log_;
};

class SimulatedOnAppend : public Simulated {
 public:
  SimulatedOnAppend() : Simulated(SimulatedDrive::kOnAppend) {}
};

// An opened and started ledger and its driver.
struct Running {
  explicit Running(std::unique_ptr<Ledger> opened)
      : ledger(std::move(opened)), driver(ledger.get()) {
    REQUIRE(ledger->Start(&driver, &driver).ok());
  }
  ~Running() { ledger->Stop(); }
  std::unique_ptr<Ledger> ledger;
  LedgerDriver driver;
};

EntityRef Customer(int number) { return {"main", 2, "c" + std::to_string(number)}; }

std::vector<std::string> RecordsOf(const std::vector<CommitPtr>& commits) {
  std::vector<std::string> records;
  for (const CommitPtr& commit : commits) records.emplace_back(commit->view().record());
  return records;
}

std::vector<CommitPtr> ReadAll(const Ledger& ledger, PartitionId partition, Sequence from) {
  std::vector<CommitPtr> commits;
  REQUIRE(ledger
              .ReadPartition(partition, from,
                             [&](const CommitPtr& commit) {
                               commits.push_back(commit);
                               return true;
                             })
              .ok());
  return commits;
}

std::vector<CommitPtr> ReadHistory(const Ledger& ledger, const EntityRef& entity, Sequence after) {
  std::vector<CommitPtr> commits;
  REQUIRE(ledger
              .ReadEntity(entity, after,
                          [&](const CommitPtr& commit) {
                            commits.push_back(commit);
                            return true;
                          })
              .ok());
  return commits;
}

std::vector<std::string> ScanAll(const Ledger& ledger, const GroupPlace& after, GroupPlace* end) {
  std::vector<std::string> records;
  const absl::Status status = ledger.Scan(after, [&](const ScannedGroup& group) {
    for (const CommitView& commit : group.commits) records.emplace_back(commit.record());
    *end = group.place;
    return true;
  });
  INFO(status.ToString());
  REQUIRE(status.ok());
  return records;
}

}  // namespace

TEMPLATE_TEST_CASE("a started ledger owns every partition in a new term", "[contract]",
                   EmbeddedOnDisk, EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  WriterId first_writer{};
  for (uint64_t term = 1; term <= 3; ++term) {
    Running running(fixture.Open());
    const auto owned = running.driver.owned();
    REQUIRE(owned.size() == 1 + kPartitions + 1);
    CHECK(owned.count(kRegistryPartition) == 1);
    CHECK(owned.count(kFirstAccessPartition) == 1);
    for (const auto& [partition, ownership] : owned) {
      CHECK(ownership.term == Term(term));
      CHECK(running.ledger->CurrentTerm(partition) == Term(term));
      CHECK(ownership.last == Sequence(0));
      CHECK(ownership.writer != first_writer);
    }
    first_writer = owned.begin()->second.writer;
    CHECK_FALSE(running.ledger->Start(&running.driver, &running.driver).ok());
  }
}

TEMPLATE_TEST_CASE("what was answered as durable can be read in every way", "[contract]",
                   EmbeddedOnDisk, EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  std::map<PartitionId, std::vector<CommitPtr>> partitions;
  std::map<std::string, std::vector<CommitPtr>> entities;
  std::vector<CommitPtr> all;
  for (int run = 0; run < 2; ++run) {
    Running running(fixture.Open());
    const GroupPlace before = running.ledger->DurableEnd();
    for (int i = 0; i < 30; ++i) {
      TestCommit what;
      what.entity = Customer(i % 5);
      what.request_id = "r" + std::to_string(run) + "." + std::to_string(i);
      what.source = "shop";
      what.source_event_id = "s" + what.request_id;
      what.events = 1 + i % 3;
      const CommitPtr commit = running.driver.Record(what);
      partitions[commit->partition()].push_back(commit);
      entities[what.entity.id].push_back(commit);
      all.push_back(commit);

      const auto place = running.ledger->FindRequest(what.entity, what.request_id).value();
      REQUIRE(place.has_value());
      CHECK(place->partition == commit->partition());
      CHECK(place->sequence == commit->sequence());
      CHECK(place->request_index == 0);
    }
    GroupPlace end;
    CHECK(ScanAll(*running.ledger, {}, &end) == RecordsOf(all));
    CHECK(end == running.ledger->DurableEnd());
    CHECK(running.driver.told_end() == end);
    CHECK(RecordsOf(running.driver.told()) == ScanAll(*running.ledger, before, &end));
    CHECK(ScanAll(*running.ledger, end, &end).empty());
    CHECK(running.ledger->StoredBytes() > 0);
  }

  const auto ledger = fixture.Open();
  for (const auto& [partition, commits] : partitions) {
    CHECK(ledger->LastDurable(partition) == commits.back()->sequence());
    CHECK(ledger->LatestEnd(partition).value() == commits.back()->sequence());
    CHECK(ledger->LastRecordedAt(partition) >= commits.back()->header().recorded_at);
    CHECK(RecordsOf(ReadAll(*ledger, partition, Sequence(0))) == RecordsOf(commits));
    for (size_t i = 0; i < commits.size(); ++i) {
      const Sequence sequence(i + 1);
      const std::vector<CommitPtr> rest(commits.begin() + static_cast<std::ptrdiff_t>(i),
                                        commits.end());
      CHECK(RecordsOf(ReadAll(*ledger, partition, sequence)) == RecordsOf(rest));
      CHECK(ledger->Read(partition, sequence).value()->view().record() ==
            commits[i]->view().record());
    }
    const Sequence beyond(commits.size() + 1);
    CHECK(absl::IsNotFound(ledger->Read(partition, beyond).status()));
    CHECK(ReadAll(*ledger, partition, beyond).empty());
  }
  for (const auto& [id, commits] : entities) {
    const EntityRef entity{"main", 2, id};
    CHECK(RecordsOf(ReadHistory(*ledger, entity, Sequence(0))) == RecordsOf(commits));
    const std::vector<CommitPtr> rest(commits.begin() + 1, commits.end());
    CHECK(RecordsOf(ReadHistory(*ledger, entity, commits.front()->sequence())) == RecordsOf(rest));
    CHECK(ReadHistory(*ledger, entity, commits.back()->sequence()).empty());
  }
  for (int run = 0; run < 2; ++run) {
    for (int i = 0; i < 30; ++i) {
      const std::string id = "r" + std::to_string(run) + "." + std::to_string(i);
      CHECK(ledger->FindRequest(Customer(i % 5), id).value().has_value());
      CHECK(ledger->FindSource(Customer(i % 5), "shop", "s" + id).value().has_value());
    }
  }
}

TEMPLATE_TEST_CASE("a request id belongs to its entity, a source id to its source", "[contract]",
                   EmbeddedOnDisk, EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  Running running(fixture.Open());
  TestCommit what;
  what.entity = Customer(1);
  what.request_id = "r1";
  what.source = "shop";
  what.source_event_id = "s1";
  running.driver.Record(what);
  const Ledger& ledger = *running.ledger;
  CHECK(ledger.FindRequest(Customer(1), "r1").value().has_value());
  CHECK_FALSE(ledger.FindRequest(Customer(2), "r1").value().has_value());
  CHECK_FALSE(ledger.FindRequest({"other", 2, "c1"}, "r1").value().has_value());
  CHECK_FALSE(ledger.FindRequest({"main", 3, "c1"}, "r1").value().has_value());
  CHECK_FALSE(ledger.FindRequest(Customer(1), "s1").value().has_value());
  CHECK_FALSE(ledger.FindRequest(Customer(1), "").value().has_value());
  CHECK(ledger.FindSource(Customer(1), "shop", "s1").value().has_value());
  CHECK_FALSE(ledger.FindSource(Customer(1), "till", "s1").value().has_value());
  CHECK_FALSE(ledger.FindSource(Customer(1), "shop", "r1").value().has_value());
  const EntityRef too_long{"main", 2, std::string(200, 'x')};
  CHECK_FALSE(ledger.FindRequest(too_long, "r1").value().has_value());
  CHECK(ReadHistory(ledger, too_long, Sequence(0)).empty());
}

TEMPLATE_TEST_CASE("a commit that is not the owner's next is not written", "[contract]",
                   EmbeddedOnDisk, EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  Running running(fixture.Open());
  LedgerDriver& driver = running.driver;
  TestCommit what;
  const PartitionId partition = driver.PartitionFor(what.entity);
  const CommitPtr first = driver.Record(what);
  const auto owned = driver.owned().at(partition);
  RecordHeader header = first->header();

  const auto refused = [&](const RecordHeader& wrong, absl::StatusCode code) {
    const auto answer = driver.Append({MakeTestCommit(running.ledger->info().id, wrong, what)});
    CHECK(answer.outcome == AppendOutcome::kNotWritten);
    CHECK(answer.status.code() == code);
  };
  refused(header, absl::StatusCode::kFailedPrecondition);  // once more
  header.sequence = Sequence(3);
  refused(header, absl::StatusCode::kFailedPrecondition);  // a gap
  header.sequence = Sequence(2);
  header.term = owned.term.next();
  refused(header, absl::StatusCode::kFailedPrecondition);
  header.term = owned.term;
  header.writer[0] ^= 1;
  refused(header, absl::StatusCode::kFailedPrecondition);
  header.writer = owned.writer;
  header.epoch = Epoch(2);
  refused(header, absl::StatusCode::kFailedPrecondition);
  header.epoch = Epoch(1);
  header.partition = PartitionId(kPartitions + 1);
  refused(header, absl::StatusCode::kInvalidArgument);

  CHECK(running.ledger->LastDurable(partition) == Sequence(1));
  CHECK(running.ledger->writable().ok());
  driver.Record(what);  // goes on as if nothing had been
  CHECK(running.ledger->LastDurable(partition) == Sequence(2));
}

TEMPLATE_TEST_CASE("a batch is written whole or not at all, beside others", "[contract]",
                   EmbeddedOnDisk, EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  Running running(fixture.Open());
  LedgerDriver& driver = running.driver;
  const TestCommit what;
  const PartitionId partition = driver.PartitionFor(what.entity);
  const PartitionId other(partition == PartitionId(1) ? 2 : 1);

  const CommitPtr one = driver.Next(what);
  const CommitPtr two = driver.Next(what);
  const CommitPtr three = driver.Next(what);
  driver.Give({one, three});  // leaves a hole
  driver.Give({driver.NextIn(other, what)});
  driver.Give({one, two});
  driver.Give({two});  // again
  driver.Give({three});
  driver.Give({});
  const auto answers = driver.WaitForAnswers(6);
  REQUIRE(answers.size() == 6);
  CHECK(answers[0].outcome == AppendOutcome::kNotWritten);
  CHECK(answers[1].outcome == AppendOutcome::kDurable);
  CHECK(answers[2].outcome == AppendOutcome::kDurable);
  CHECK(answers[3].outcome == AppendOutcome::kNotWritten);
  CHECK(answers[4].outcome == AppendOutcome::kDurable);
  CHECK(answers[5].outcome == AppendOutcome::kDurable);
  CHECK(RecordsOf(ReadAll(*running.ledger, partition, Sequence(1))) ==
        RecordsOf({one, two, three}));
  CHECK(running.ledger->LastDurable(other) == Sequence(1));
}

TEMPLATE_TEST_CASE("reading stops when the visitor has enough", "[contract]", EmbeddedOnDisk,
                   EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  Running running(fixture.Open());
  const TestCommit what;
  for (int i = 0; i < 20; ++i) running.driver.Record(what);
  const PartitionId partition = running.driver.PartitionFor(what.entity);
  int seen = 0;
  const auto three = [&](const CommitPtr&) { return ++seen < 3; };
  CHECK(running.ledger->ReadPartition(partition, Sequence(5), three).ok());
  CHECK(seen == 3);
  seen = 0;
  CHECK(running.ledger->ReadEntity(what.entity, Sequence(0), three).ok());
  CHECK(seen == 3);
  seen = 0;
  CHECK(running.ledger->Scan({}, [&](const ScannedGroup&) { return ++seen < 3; }).ok());
  CHECK(seen == 3);
}

TEMPLATE_TEST_CASE("a stopped ledger takes nothing and still answers", "[contract]", EmbeddedOnDisk,
                   EmbeddedInMemory, SimulatedOnAppend) {
  TestType fixture;
  const auto ledger = fixture.Open();
  LedgerDriver driver(ledger.get());
  CHECK_FALSE(ledger->writable().ok());
  REQUIRE(ledger->Start(&driver, &driver).ok());
  CHECK(ledger->writable().ok());
  const CommitPtr commit = driver.Record({});
  ledger->Stop();
  ledger->Stop();
  CHECK_FALSE(ledger->writable().ok());
  const auto answer = driver.Append({driver.Next({})});
  CHECK(answer.outcome == AppendOutcome::kNotWritten);
  CHECK(ledger->Read(commit->partition(), Sequence(1)).ok());
}

}  // namespace daybook::ledger
