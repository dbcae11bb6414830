// Goal: an embedded ledger survives what happens to processes and disks: nothing acknowledged is
// lost, nothing is there twice, and what cannot be trusted is refused.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <future>

#include "ledger/embedded.h"
#include "tests/ledger/ledger_driver.h"
#include "tests/ledger/memory_file_system.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

namespace fs = std::filesystem;

EmbeddedOptions OnDisk(const std::string& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.entity_partitions = 4;
  options.segments.segment_bytes = 8 * 1024 * 1024;
  options.index.freeze_commits = 10;
  options.witness_interval = std::chrono::milliseconds(0);
  return options;
}

// Small segments, made when they are needed: every run makes the same calls.
EmbeddedOptions InMemory(FileSystem* file_system, RandomSource* random) {
  EmbeddedOptions options;
  options.directory = "/ledger";
  options.file_system = file_system;
  options.random = random;
  options.entity_partitions = 2;
  options.segments.segment_bytes = 16 * 1024;
  options.segments.max_group_bytes = 8 * 1024;
  options.segments.prepare_ahead = false;
  options.index.in_memory = true;
  options.witness_interval = std::chrono::milliseconds(0);
  options.now = [] { return Timestamp{1000}; };
  return options;
}

struct Running {
  explicit Running(const EmbeddedOptions& options)
      : ledger(EmbeddedLedger::Open(options, &report).value()), driver(ledger.get()) {
    const absl::Status status = ledger->Start(&driver, &driver);
    INFO(status.ToString());
    REQUIRE(status.ok());
  }
  StoreReport report;
  std::unique_ptr<EmbeddedLedger> ledger;
  LedgerDriver driver;
};

TestCommit Command(int number) {
  TestCommit what;
  what.entity.id = "c" + std::to_string(number % 7);
  what.request_id = "r" + std::to_string(number);
  what.source = "shop";
  what.source_event_id = "s" + std::to_string(number);
  return what;
}

bool Has(const Ledger& ledger, int number) {
  const TestCommit what = Command(number);
  const auto place = ledger.FindRequest(what.entity, what.request_id).value();
  const auto by_source = ledger.FindSource(what.entity, what.source, what.source_event_id).value();
  REQUIRE(place.has_value() == by_source.has_value());
  if (!place.has_value()) return false;
  const CommitPtr commit = ledger.Read(place->partition, place->sequence).value();
  CHECK(commit->view().requests().find(what.request_id) != std::string_view::npos);
  return true;
}

// Commits that the log really holds, by reading all of it.
int CountScanned(const Ledger& ledger) {
  int count = 0;
  REQUIRE(ledger
              .Scan({},
                    [&](const ScannedGroup& group) {
                      count += static_cast<int>(group.commits.size());
                      return true;
                    })
              .ok());
  return count;
}

}  // namespace

TEST_CASE("a ledger is made once, and only where none is", "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  const EmbeddedOptions options = InMemory(&file_system, &random);
  CHECK(absl::IsNotFound(EmbeddedLedger::Open(options, nullptr).status()));
  REQUIRE(EmbeddedLedger::Create(options).ok());
  CHECK(absl::IsAlreadyExists(EmbeddedLedger::Create(options)));
  REQUIRE(file_system.Remove("/ledger/ledger.id").ok());
  CHECK(absl::IsFailedPrecondition(EmbeddedLedger::Create(options)));

  EmbeddedOptions none = options;
  none.directory = "/other";
  none.entity_partitions = 0;
  CHECK(absl::IsInvalidArgument(EmbeddedLedger::Create(none)));
}

TEST_CASE("a creation cut off anywhere is taken up again", "[embedded]") {
  for (int calls = 0;; ++calls) {
    INFO("calls before the power went: " << calls);
    MemoryFileSystem file_system;
    SeededRandom random(static_cast<uint64_t>(calls));
    const EmbeddedOptions options = InMemory(&file_system, &random);
    file_system.FailAfter(calls);
    const bool made = EmbeddedLedger::Create(options).ok();
    file_system.Mend();
    file_system.Crash(&random);
    const absl::Status again = EmbeddedLedger::Create(options);
    INFO(again.ToString());
    REQUIRE((again.ok() || absl::IsAlreadyExists(again)));
    if (made) CHECK(absl::IsAlreadyExists(again));
    Running running(options);
    running.driver.Record(Command(1));
    if (made) break;
  }
}

TEST_CASE("an identity that was changed is refused", "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  const EmbeddedOptions options = InMemory(&file_system, &random);
  REQUIRE(EmbeddedLedger::Create(options).ok());
  const std::string text = file_system.Contents("/ledger/ledger.id");
  for (size_t i = 0; i < text.size(); ++i) {
    file_system.Damage("/ledger/ledger.id", i, std::string(1, static_cast<char>(text[i] ^ 1)));
    CHECK_FALSE(EmbeddedLedger::Open(options, nullptr).ok());
    file_system.Damage("/ledger/ledger.id", i, text.substr(i, 1));
  }
  CHECK(EmbeddedLedger::Open(options, nullptr).ok());
}

TEST_CASE("the text of an identity is frozen", "[embedded]") {
  MemoryFileSystem file_system;
  LedgerIdentity identity{{}, 32, 0};
  for (uint8_t i = 0; i < identity.id.size(); ++i) identity.id[i] = i;
  REQUIRE(WriteIdentity(&file_system, "ledger.id", identity).ok());
  CHECK(file_system.Contents("ledger.id") ==
        "daybook ledger, format 1\n"
        "id = 000102030405060708090a0b0c0d0e0f\n"
        "entity_partitions = 32\n"
        "access_partitions = 0\n"
        "crc32c = 976b542f\n");
  CHECK(ReadIdentity(&file_system, "ledger.id").value() == identity);
}

TEST_CASE("a second handle on a ledger is refused", "[embedded]") {
  TemporaryDirectory directory;
  const EmbeddedOptions options = OnDisk(directory.path());
  REQUIRE(EmbeddedLedger::Create(options).ok());
  {
    const auto first = EmbeddedLedger::Open(options, nullptr).value();
    CHECK(absl::IsFailedPrecondition(EmbeddedLedger::Open(options, nullptr).status()));
    CHECK(absl::IsFailedPrecondition(EmbeddedLedger::Create(options)));
  }
  CHECK(EmbeddedLedger::Open(options, nullptr).ok());
}

TEST_CASE("what a killed process leaves holds everything it acknowledged", "[embedded]") {
  TemporaryDirectory directory;
  const EmbeddedOptions options = OnDisk(directory.path() + "/ledger");
  REQUIRE(EmbeddedLedger::Create(options).ok());
  Running running(options);
  for (int image = 0; image < 3; ++image) {
    const int count = 25 * (image + 1);
    for (int i = count - 25; i < count; ++i) running.driver.Record(Command(i));
    const std::string copy = directory.path() + "/image" + std::to_string(image);
    CopyDirectory(options.directory, copy);
    const EmbeddedOptions copied = OnDisk(copy);
    for (int restart = 0; restart < 2; ++restart) {
      Running again(copied);
      for (int i = 0; i < count; ++i) CHECK(Has(*again.ledger, i));
      CHECK_FALSE(Has(*again.ledger, count + restart));
      again.driver.Record(Command(count + restart));
      CHECK(CountScanned(*again.ledger) == count + restart + 1);
    }
  }
}

TEST_CASE("the index may be missing, old, foreign or damaged", "[embedded]") {
  TemporaryDirectory directory;
  const EmbeddedOptions options = OnDisk(directory.path() + "/ledger");
  REQUIRE(EmbeddedLedger::Create(options).ok());
  const std::string index = options.directory + "/index";
  const std::string old_index = directory.path() + "/old";
  {
    Running running(options);
    for (int i = 0; i < 30; ++i) running.driver.Record(Command(i));
  }
  CopyDirectory(index, old_index);
  {
    Running running(options);
    CHECK(running.report.reread_commits == 0);  // a clean stop leaves nothing to read again
    for (int i = 30; i < 60; ++i) running.driver.Record(Command(i));
  }
  fs::remove_all(index);
  SECTION("missing") {}
  SECTION("old") { CopyDirectory(old_index, index); }
  SECTION("of another ledger") {
    const EmbeddedOptions other = OnDisk(directory.path() + "/other");
    REQUIRE(EmbeddedLedger::Create(other).ok());
    { Running running(other); }
    CopyDirectory(other.directory + "/index", index);
  }
  SECTION("damaged") {
    CopyDirectory(old_index, index);
    std::ofstream(index + "/CURRENT") << "nonsense\n";
  }
  for (int restart = 0; restart < 2; ++restart) {
    Running running(options);
    for (int i = 0; i < 60 + restart; ++i) CHECK(Has(*running.ledger, i));
    running.driver.Record(Command(60 + restart));
    CHECK(CountScanned(*running.ledger) == 61 + restart);
  }
}

TEST_CASE("batches that wait are written as one group", "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  EmbeddedOptions options = InMemory(&file_system, &random);
  std::promise<void> started, go_on;
  std::atomic<int> groups{0};
  options.before_group = [&] {
    if (++groups == 1) {
      started.set_value();
      go_on.get_future().wait();
    }
    return absl::OkStatus();
  };
  REQUIRE(EmbeddedLedger::Create(options).ok());
  Running running(options);
  running.driver.Give({running.driver.Next(Command(0))});
  started.get_future().wait();
  for (int i = 1; i <= 20; ++i) running.driver.Give({running.driver.Next(Command(i))});
  go_on.set_value();
  for (const auto& answer : running.driver.WaitForAnswers(21)) {
    CHECK(answer.outcome == AppendOutcome::kDurable);
  }
  CHECK(groups == 2);
  CHECK(running.driver.told().size() == 21);
}

TEST_CASE("what must be durable first and is not fails the group before it is written",
          "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  EmbeddedOptions options = InMemory(&file_system, &random);
  std::atomic<bool> fail{true};
  options.before_group = [&] {
    return fail ? absl::UnavailableError("the vault is not synced") : absl::OkStatus();
  };
  REQUIRE(EmbeddedLedger::Create(options).ok());
  Running running(options);
  const CommitPtr commit = running.driver.Next(Command(0));
  const auto answer = running.driver.Append({commit});
  CHECK(answer.outcome == AppendOutcome::kNotWritten);
  CHECK(absl::IsUnavailable(answer.status));
  CHECK_FALSE(Has(*running.ledger, 0));
  fail = false;
  CHECK(running.driver.Append({commit}).outcome == AppendOutcome::kDurable);
  CHECK(Has(*running.ledger, 0));
}

TEST_CASE("without room nothing is written, and it goes on when there is room", "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  const EmbeddedOptions options = InMemory(&file_system, &random);
  REQUIRE(EmbeddedLedger::Create(options).ok());
  Running running(options);
  int next = 0;
  TestCommit large = Command(next);
  large.payload = std::string(3000, 'x');
  const auto give = [&] {
    large.request_id = "r" + std::to_string(next);
    return running.driver.Append({running.driver.Next(large)});
  };
  // A full disk fails what makes files; groups go into what was written through before.
  LedgerDriver::Answer answer = give();
  while (answer.outcome == AppendOutcome::kDurable && next < 100) {
    ++next;
    // Only calls that make a new segment follow: the group's own two are let through.
    file_system.FailAfter(2, absl::ResourceExhaustedError("no room"));
    answer = give();
    file_system.Mend();
  }
  CHECK(answer.outcome == AppendOutcome::kNotWritten);
  CHECK(absl::IsResourceExhausted(answer.status));
  CHECK(absl::IsResourceExhausted(running.ledger->writable()));
  const PartitionId partition = running.driver.PartitionFor(large.entity);
  CHECK(running.ledger->LastDurable(partition) == Sequence(static_cast<uint64_t>(next)));
  running.driver.Reset(partition);
  CHECK(give().outcome == AppendOutcome::kDurable);
  CHECK(running.ledger->writable().ok());
  CHECK(running.ledger->LastDurable(partition) == Sequence(static_cast<uint64_t>(next) + 1));
}

TEST_CASE("after a failed sync nothing more is written until a restart, which knows",
          "[embedded]") {
  for (const bool power_cut : {false, true}) {
    MemoryFileSystem file_system;
    SeededRandom random(1);
    const EmbeddedOptions options = InMemory(&file_system, &random);
    REQUIRE(EmbeddedLedger::Create(options).ok());
    {
      Running running(options);
      for (int i = 0; i < 5; ++i) running.driver.Record(Command(i));
      file_system.FailAfter(1);  // the write succeeds, the sync does not
      CHECK(running.driver.Append({running.driver.Next(Command(5))}).outcome ==
            AppendOutcome::kUnknown);
      file_system.Mend();
      CHECK_FALSE(running.ledger->writable().ok());
      const auto refused = running.driver.Append({running.driver.Next(Command(6))});
      CHECK(refused.outcome == AppendOutcome::kNotWritten);
      CHECK(absl::IsUnavailable(refused.status));
      for (int i = 0; i < 5; ++i) CHECK(Has(*running.ledger, i));
      CHECK_FALSE(Has(*running.ledger, 5));  // not known, so not shown
      CHECK(running.driver.told().size() == 5);
    }
    if (power_cut) file_system.Crash(&random);
    Running running(options);
    for (int i = 0; i < 5; ++i) CHECK(Has(*running.ledger, i));
    CHECK_FALSE(Has(*running.ledger, 6));
    const bool written = Has(*running.ledger, 5);
    if (!power_cut) CHECK(written);
    CHECK(CountScanned(*running.ledger) == (written ? 6 : 5));
    if (!written) running.driver.Record(Command(5));
    CHECK(Has(*running.ledger, 5));
  }
}

TEST_CASE("a log that lost acknowledged commits is refused", "[embedded]") {
  MemoryFileSystem file_system;
  SeededRandom random(1);
  const EmbeddedOptions options = InMemory(&file_system, &random);
  REQUIRE(EmbeddedLedger::Create(options).ok());
  GroupPlace end;
  {
    Running running(options);
    for (int i = 0; i < 5; ++i) running.driver.Record(Command(i));
    end = running.ledger->DurableEnd();
  }
  const auto names = file_system.List("/ledger/segments").value();
  const std::string segment = "/ledger/segments/" + names.front();
  REQUIRE(end.segment == 1);
  file_system.Damage(segment, end.offset, std::string(end.length, '\0'));
  SECTION("which the witness file saw") {
    CHECK(absl::IsDataLoss(EmbeddedLedger::Open(options, nullptr).status()));
  }
  SECTION("which only a view saw") {
    REQUIRE(file_system.Remove("/ledger/witness").ok());
    EmbeddedOptions with_view = options;
    with_view.witnesses.push_back(end);
    CHECK(absl::IsDataLoss(EmbeddedLedger::Open(with_view, nullptr).status()));
    CHECK(EmbeddedLedger::Open(options, nullptr).ok());  // nobody saw it: a torn write
  }
}

TEST_CASE("killed again and again, with and without power: nothing acknowledged is lost or doubled",
          "[embedded]") {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    MemoryFileSystem file_system;
    SeededRandom random(seed);
    const EmbeddedOptions options = InMemory(&file_system, &random);
    REQUIRE(EmbeddedLedger::Create(options).ok());
    std::map<int, bool> acknowledged;  // by number; false: outcome unknown
    int next = 0;
    for (int life = 0; life < 4; ++life) {
      {
        Running running(options);
        for (auto& [number, sure] : acknowledged) {
          const bool there = Has(*running.ledger, number);
          if (sure) CHECK(there);
          sure = there;
        }
        const auto known = std::count_if(acknowledged.begin(), acknowledged.end(),
                                         [](const auto& item) { return item.second; });
        REQUIRE(CountScanned(*running.ledger) == known);
        file_system.FailAfter(static_cast<int>(random.Below(40)));
        for (int i = 0; i < 12; ++i) {
          const int number = next++;
          const auto answer = running.driver.Append({running.driver.Next(Command(number))});
          if (answer.outcome != AppendOutcome::kNotWritten) {
            acknowledged[number] = answer.outcome == AppendOutcome::kDurable;
          } else {
            running.driver.Reset(running.driver.PartitionFor(Command(number).entity));
          }
        }
      }
      file_system.Mend();
      if (random.Below(2) == 0) file_system.Crash(&random);
    }
  }
}

}  // namespace daybook::ledger
