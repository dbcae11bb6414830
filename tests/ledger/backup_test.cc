// Goal: a finished backup is the ledger as it was, an unfinished one is known as such, and what is
// restored goes on as a new epoch in which nothing that was erased comes back.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include "ledger/backup.h"
#include "ledger/identity.h"
#include "ledger/manifest.h"
#include "ledger/position_check.h"
#include "ledger/restore.h"
#include "tests/ledger/data_sample.h"

namespace daybook::ledger {
namespace {

namespace fs = std::filesystem;

struct Sample {
  TemporaryDirectory folder;
  DataSample data{folder.path(), 300};
  std::string backup = folder.path() + "/backups/one";
  std::string target = folder.path() + "/restored";
  FileMasterKey master{FileSystem::Posix(), data.files().vault_directory, RandomSource::System()};

  absl::StatusOr<v1::BackupManifest> BackUp(BackupProgress* last = nullptr) {
    BackupSource source;
    source.directory = data.path();
    return MakeBackup(source, backup, [&](const BackupProgress& progress) {
      if (last != nullptr) *last = progress;
      return true;
    });
  }
  absl::StatusOr<v1::RestoreReport> Restore(const std::string& erasures_from = {},
                                            Epoch at_least = Epoch(0)) {
    RestoreOptions options;
    options.backup = backup;
    options.data_directory = target;
    options.master = &master;
    options.erasures_from = erasures_from;
    options.at_least = at_least;
    return ledger::Restore(options);
  }
  std::unique_ptr<EmbeddedLedger> OpenRestored() {
    EmbeddedOptions options = data.options();
    options.directory = DataFiles(target).ledger_directory;
    return EmbeddedLedger::Open(options, nullptr).value();
  }
  std::unique_ptr<Vault> OpenVault(const DataFiles& files) {
    const auto identity = ReadIdentity(FileSystem::Posix(), data.files().ledger.identity).value();
    return OpenFileVault(FileSystem::Posix(), files.vault_directory, identity.id, &master,
                         RandomSource::System())
        .value();
  }
  v1::VerifyReport VerifyAt(const std::string& directory) {
    VerifyOptions options;
    options.directory = directory;
    options.master = &master;
    return Verify(options).value();
  }
};

bool Recorded(const Ledger& ledger, int number) {
  const TestCommit what = SampleCommand(number);
  return ledger.FindRequest(what.entity, what.request_id).value().has_value();
}

}  // namespace

TEST_CASE("a backup is sound, holds everything, and has no master key", "[backup]") {
  Sample sample;
  const auto manifest = sample.BackUp();
  INFO(manifest.status().ToString());
  REQUIRE(manifest.ok());
  CHECK(manifest->partitions_size() == 5);
  const v1::VerifyReport report = sample.VerifyAt(sample.backup);
  INFO(report.DebugString());
  CHECK(report.sound());
  CHECK(report.figures().commits() == 300);
  CHECK(std::count(report.checked().begin(), report.checked().end(), "manifest") == 1);
  CHECK(!fs::exists(DataFiles(sample.backup).master_key));
}

TEST_CASE("what a backup has already is not copied again", "[backup]") {
  Sample sample;
  BackupProgress first, second;
  REQUIRE(sample.BackUp(&first).ok());
  CHECK(first.bytes_copied == first.bytes_total);
  CHECK(first.bytes_done == first.bytes_total);
  sample.data.Record(300, 310);
  REQUIRE(sample.BackUp(&second).ok());
  CHECK(second.bytes_copied < 70'000);  // the live segment and the vault, of several
  CHECK(second.bytes_done == second.bytes_total);
  CHECK(sample.VerifyAt(sample.backup).figures().commits() == 311);
}

TEST_CASE("a backup that is given up is unfinished, and can be gone on with", "[backup]") {
  Sample sample;
  BackupSource source;
  source.directory = sample.data.path();
  REQUIRE(sample.BackUp().ok());
  sample.data.Record(300, 302);
  int calls = 0;
  const auto given_up =
      MakeBackup(source, sample.backup, [&](const BackupProgress&) { return ++calls < 400; });
  CHECK(absl::IsCancelled(given_up.status()));
  CHECK(DamagedChecks(sample.VerifyAt(sample.backup)) == std::vector<std::string>{"manifest"});
  CHECK(absl::IsNotFound(sample.Restore().status()));
  CHECK(!fs::exists(sample.target));
  REQUIRE(sample.BackUp().ok());
  CHECK(sample.VerifyAt(sample.backup).sound());
}

TEST_CASE("a backup never replaces what is not one of the same ledger", "[backup]") {
  Sample sample, other;
  fs::create_directories(sample.backup);
  WriteBytes(sample.backup + "/letter", "precious");
  CHECK(absl::IsFailedPrecondition(sample.BackUp().status()));
  fs::remove(sample.backup + "/letter");
  REQUIRE(sample.BackUp().ok());
  other.backup = sample.backup;
  CHECK(absl::IsFailedPrecondition(other.BackUp().status()));
  CHECK(sample.VerifyAt(sample.backup).sound());
}

TEST_CASE("a damaged ledger is not backed up", "[backup]") {
  Sample sample;
  FlipByte(sample.data.files().ledger.segments + "/0000000000000001.segment", 30000);
  CHECK(absl::IsDataLoss(sample.BackUp().status()));
  CHECK(!fs::exists(DataFiles(sample.backup).manifest));
}

TEST_CASE("a backup taken while commits are written ends where it was told", "[backup]") {
  Sample sample;
  const auto ledger = EmbeddedLedger::Open(sample.data.options(), nullptr).value();
  LedgerDriver driver(ledger.get());
  REQUIRE(ledger->Start(&driver, &driver).ok());
  driver.Record(SampleCommand(300));
  BackupSource source;
  source.directory = sample.data.path();
  source.end = ledger->DurableEnd();
  int more = 301;
  const auto manifest = MakeBackup(source, sample.backup, [&](const BackupProgress&) {
    if (more < 400) driver.Record(SampleCommand(more++));
    return true;
  });
  INFO(manifest.status().ToString());
  REQUIRE(manifest.ok());
  CHECK(more > 301);
  const v1::VerifyReport report = sample.VerifyAt(sample.backup);
  INFO(report.DebugString());
  CHECK(report.sound());
  CHECK(report.figures().commits() == 301);
}

TEST_CASE("a restored ledger has everything, and goes on in a new epoch", "[restore]") {
  Sample sample;
  REQUIRE(sample.BackUp().ok());
  const auto report = sample.Restore();
  INFO(report.status().ToString());
  REQUIRE(report.ok());
  CHECK(report->epoch() == 2);
  const v1::VerifyReport verified = sample.VerifyAt(sample.target);
  INFO(verified.DebugString());
  CHECK(verified.sound());
  CHECK(verified.figures().commits() == 300);
  CHECK(verified.figures().epoch() == 2);
  const auto ledger = sample.OpenRestored();
  for (int number = 0; number < 300; ++number) CHECK(Recorded(*ledger, number));
  CHECK(ledger->info().epoch == Epoch(2));
  LedgerDriver driver(ledger.get());
  REQUIRE(ledger->Start(&driver, &driver).ok());
  const CommitPtr next = driver.Record(SampleCommand(300));
  CHECK(next->header().epoch == Epoch(2));
  ledger->Stop();
}

TEST_CASE("positions of the epoch before are good up to what was kept", "[restore]") {
  Sample sample;
  REQUIRE(sample.BackUp().ok());
  REQUIRE(sample.Restore().ok());
  const auto ledger = sample.OpenRestored();
  LedgerDriver driver(ledger.get());
  REQUIRE(ledger->Start(&driver, &driver).ok());
  const PartitionId partition = driver.PartitionFor(SampleCommand(0).entity);
  const Sequence kept = ledger->LastDurable(partition);
  const Sequence next = kept.next();
  driver.Record(SampleCommand(700));
  const auto check = [&](uint32_t epoch, Sequence sequence) {
    return CheckPosition(*ledger, {Epoch(epoch), partition, sequence}).value();
  };
  CHECK(check(1, Sequence(0)).standing == PositionStanding::kGood);
  CHECK(check(1, Sequence(1)).standing == PositionStanding::kGood);
  CHECK(check(1, kept).standing == PositionStanding::kGood);
  // The new epoch has a commit of this number: another one.
  CHECK(check(1, next).standing == PositionStanding::kEpochEnded);
  CHECK(check(1, next).last_common == kept);
  CHECK(check(1, Sequence(100000)).last_common == kept);
  CHECK(check(2, kept).standing == PositionStanding::kGood);
  CHECK(check(2, next).standing == PositionStanding::kGood);
  CHECK(check(2, next.next()).standing == PositionStanding::kBeyondEnd);
  CHECK(check(3, kept).standing == PositionStanding::kBeyondEnd);
  ledger->Stop();
}

TEST_CASE("a restore can pass over epochs that other continuations had", "[restore]") {
  Sample sample;
  REQUIRE(sample.BackUp().ok());
  CHECK(sample.Restore({}, Epoch(5))->epoch() == 5);
  CHECK(sample.VerifyAt(sample.target).sound());
}

TEST_CASE("what was erased after the backup is erased again", "[restore]") {
  Sample sample;
  REQUIRE(sample.BackUp().ok());
  {
    const auto vault = sample.OpenVault(sample.data.files());
    REQUIRE(vault->Destroy(kSamplePerson).ok());
  }
  const auto report = sample.Restore(sample.data.path());
  INFO(report.status().ToString());
  REQUIRE(report.ok());
  CHECK(report->destroyed_again() == 1);
  const auto vault = sample.OpenVault(DataFiles(sample.target));
  CHECK(vault->IsDestroyed(kSamplePerson));
  CHECK(absl::IsFailedPrecondition(
      vault->EnsureKey(kSamplePerson, event::v1::RETENTION_CLASS_PROFILE).status()));
  CHECK(vault->FindKey(vault->IdOfDataKey({"main", 2, "c1"}, event::v1::RETENTION_CLASS_PROFILE))
            .ok());
}

TEST_CASE("nothing is restored from a damaged backup, or over something", "[restore]") {
  Sample sample;
  REQUIRE(sample.BackUp().ok());
  SECTION("a changed file") {
    FlipByte(sample.backup + "/ledger/segments/0000000000000001.segment", 60000);
    CHECK(absl::IsDataLoss(sample.Restore().status()));
    CHECK(DamagedChecks(sample.VerifyAt(sample.backup)).front() == "manifest");
  }
  SECTION("a damaged manifest") {
    FlipByte(DataFiles(sample.backup).manifest, 0);
    CHECK(absl::IsDataLoss(sample.Restore().status()));
    CHECK(DamagedChecks(sample.VerifyAt(sample.backup)) == std::vector<std::string>{"manifest"});
  }
  SECTION("a missing file") {
    fs::remove(sample.backup + "/ledger/segments/0000000000000002.segment");
    CHECK(absl::IsDataLoss(sample.Restore().status()));
  }
  SECTION("a manifest that leads elsewhere") {
    auto manifest = ReadManifest(FileSystem::Posix(), sample.backup).value();
    manifest.add_files()->set_path("../escaped");
    REQUIRE(WriteJsonFile(FileSystem::Posix(), DataFiles(sample.backup).manifest, manifest).ok());
    CHECK(absl::IsDataLoss(sample.Restore().status()));
    CHECK(!fs::exists(sample.folder.path() + "/escaped"));
  }
  SECTION("a directory in use") {
    fs::create_directories(sample.target);
    WriteBytes(sample.target + "/letter", "precious");
    CHECK(absl::IsFailedPrecondition(sample.Restore().status()));
    CHECK(ReadBytes(sample.target + "/letter") == "precious");
  }
  SECTION("another master key") {
    const std::string keys = sample.folder.path() + "/keys";
    fs::create_directories(keys);
    FileMasterKey other(FileSystem::Posix(), keys, RandomSource::System());
    REQUIRE(other.Get(/*create=*/true).ok());
    RestoreOptions options;
    options.backup = sample.backup;
    options.data_directory = sample.target;
    options.master = &other;
    CHECK(absl::IsFailedPrecondition(ledger::Restore(options).status()));
  }
  // Whatever was begun is no ledger.
  CHECK(!fs::exists(DataFiles(sample.target).ledger.identity));
}

}  // namespace daybook::ledger
