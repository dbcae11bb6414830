// Goal: a recovery does nothing to a sound ledger and nothing without being told to; it keeps every
// commit before the damage, names those behind it, deletes nothing, and can be called again when it
// was cut off.
#include <catch2/catch.hpp>

#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "ledger/recover.h"
#include "tests/ledger/data_sample.h"

namespace daybook::ledger {
namespace {

namespace fs = std::filesystem;

struct Sample {
  TemporaryDirectory folder;
  DataSample data{folder.path(), 300};

  absl::StatusOr<v1::RecoveryReport> Recover(bool accept_loss) {
    RecoverOptions options;
    options.data_directory = data.path();
    options.accept_loss = accept_loss;
    return ledger::Recover(options);
  }
  std::string Segment(int number) const {
    return data.files().ledger.segments + "/000000000000000" + std::to_string(number) + ".segment";
  }
};

uint64_t LostOf(const v1::RecoveryReport& report) {
  uint64_t lost = 0;
  for (const v1::LostRange& range : report.lost()) {
    lost += range.last_known_sequence() - range.kept_sequence();
  }
  return lost;
}

std::vector<v1::LostCommit> ReadLost(const std::string& path) {
  std::vector<v1::LostCommit> lost;
  std::istringstream lines(ReadBytes(path));
  for (std::string line; std::getline(lines, line);) {
    lost.emplace_back();
    REQUIRE(google::protobuf::util::JsonStringToMessage(line, &lost.back()).ok());
  }
  return lost;
}

}  // namespace

TEST_CASE("a sound ledger is left alone", "[recover]") {
  Sample sample;
  for (const bool accept_loss : {false, true}) {
    const auto report = sample.Recover(accept_loss);
    REQUIRE(report.ok());
    CHECK(report->problem().empty());
    CHECK(report->epoch() == 0);
  }
  const v1::VerifyReport verified = sample.data.Verify();
  CHECK(verified.sound());
  CHECK(verified.figures().epoch() == 1);
}

TEST_CASE("damage in the middle costs what lies behind it, and only when told", "[recover]") {
  Sample sample;
  FlipByte(sample.Segment(1), 30000);
  const std::string with_damage = ReadBytes(sample.Segment(1));
  const auto planned = sample.Recover(false);
  INFO(planned.status().ToString());
  REQUIRE(planned.ok());
  CHECK(planned->epoch() == 0);
  CHECK(!planned->problem().empty());
  CHECK(ReadBytes(sample.Segment(1)) == with_damage);

  const auto done = sample.Recover(true);
  INFO(done.status().ToString());
  REQUIRE(done.ok());
  CHECK(done->epoch() == 2);
  CHECK(done->lost_bytes() == planned->lost_bytes());
  const v1::VerifyReport verified = sample.data.Verify();
  INFO(verified.DebugString());
  CHECK(verified.sound());
  const uint64_t kept = verified.figures().commits();
  CHECK(kept > 0);
  CHECK(kept + LostOf(*done) == 300);

  // Every request is either there or named as lost, but the one whose bytes were hit.
  std::set<std::string> named;
  for (const v1::LostCommit& commit : ReadLost(done->set_aside() + "/lost.jsonl")) {
    REQUIRE(commit.requests_size() == 1);
    named.insert(commit.requests(0).request_id());
    CHECK(commit.entities(0).id() == commit.requests(0).entity_id());
  }
  CHECK(named.size() == LostOf(*done) - 1);
  int neither = 0;
  const std::set<int> recorded = sample.data.Recorded(300);
  for (int number = 0; number < 300; ++number) {
    const bool has = recorded.contains(number);
    const bool lost = named.contains(SampleCommand(number).request_id);
    CHECK(!(has && lost));
    if (!has && !lost) ++neither;
  }
  CHECK(neither == 1);

  // Nothing was deleted.
  CHECK(ReadBytes(done->set_aside() + "/segments/0000000000000001.segment") == with_damage);
  CHECK(fs::exists(done->set_aside() + "/segments/0000000000000002.segment"));
  CHECK(fs::exists(done->set_aside() + "/index/CURRENT"));
  CHECK(fs::exists(done->set_aside() + "/witness"));
  CHECK(fs::exists(done->set_aside() + "/report.json"));

  sample.data.Record(400, 410);
  CHECK(sample.data.Recorded(411).contains(405));
  CHECK(sample.data.Verify().sound());
}

TEST_CASE("a lost end that only a witness knows of is recovered from", "[recover]") {
  Sample sample;
  uint64_t end = 0;
  const std::string segment = LastSegment(sample.data.files(), &end);
  std::string bytes = ReadBytes(segment);
  const uint64_t from = end - std::min<uint64_t>(end - kSegmentHeaderBytes, 2000);
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(from), bytes.end(), '\0');
  WriteBytes(segment, bytes);
  CHECK(!EmbeddedLedger::Open(sample.data.options(), nullptr).ok());
  const auto done = sample.Recover(true);
  INFO(done.status().ToString());
  REQUIRE(done.ok());
  // The index knew the last sequences.
  CHECK(LostOf(*done) > 0);
  const v1::VerifyReport verified = sample.data.Verify();
  INFO(verified.DebugString());
  CHECK(verified.sound());
  CHECK(verified.figures().commits() + LostOf(*done) == 300);
}

TEST_CASE("a missing segment costs it and what follows", "[recover]") {
  Sample sample;
  fs::remove(sample.Segment(2));
  const auto done = sample.Recover(true);
  INFO(done.status().ToString());
  REQUIRE(done.ok());
  CHECK(done->last_file() == "ledger/segments/0000000000000001.segment");
  CHECK(sample.data.Verify().sound());
  sample.data.Record(400, 550);
  CHECK(sample.data.Verify().sound());
}

TEST_CASE("a witness that cannot be read is set aside, and nothing is lost", "[recover]") {
  Sample sample;
  for (const uint64_t slot : {0, 4096}) FlipByte(sample.data.files().ledger.witness, slot + 8);
  const auto done = sample.Recover(true);
  REQUIRE(done.ok());
  CHECK(LostOf(*done) == 0);
  CHECK(sample.data.Verify().figures().commits() == 300);
  CHECK(sample.data.Verify().sound());
}

TEST_CASE("a ledger whose beginning is damaged is not recovered", "[recover]") {
  Sample sample;
  FlipByte(sample.Segment(1), kSegmentHeaderBytes + 60);
  const std::string bytes = ReadBytes(sample.Segment(1));
  CHECK(absl::IsDataLoss(sample.Recover(true).status()));
  CHECK(ReadBytes(sample.Segment(1)) == bytes);
}

TEST_CASE("a recovery that was cut off is no ledger, and is finished by the next", "[recover]") {
  Sample sample;
  FlipByte(sample.Segment(1), 30000);
  const EmbeddedFiles& files = sample.data.files().ledger;
  // What is left after the identity was hidden and segments were set aside.
  REQUIRE(sample.Recover(true).ok());
  fs::rename(files.identity, files.unfinished_identity);
  CHECK(absl::IsNotFound(EmbeddedLedger::Open(sample.data.options(), nullptr).status()));
  CHECK(absl::IsFailedPrecondition(EmbeddedLedger::Create(sample.data.options())));
  const auto again = sample.Recover(true);
  INFO(again.status().ToString());
  REQUIRE(again.ok());
  CHECK(again->epoch() == 3);
  CHECK(sample.data.Verify().sound());
}

}  // namespace daybook::ledger
