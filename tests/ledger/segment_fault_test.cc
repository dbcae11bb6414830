// Goal: each call to the file system may fail, once or from then on, and never is anything
// acknowledged that a restart, or a restart and then a power cut, does not find again.
#include <catch2/catch.hpp>

#include "log_model.h"

namespace daybook::ledger {
namespace {

using Fault = RecordingFileSystem::Fault;

constexpr size_t kMaxBytes = 9000;
constexpr size_t kGroups = 14;

void FailAt(const SegmentOptions& options, Fault fault, bool sticky, uint64_t seed, uint64_t call) {
  INFO("seed " << seed << " call " << call << " sticky " << sticky << " no space "
               << (fault == Fault::kNoSpace));
  std::mt19937_64 random(seed);
  RecordingFileSystem fs;
  LogModel model(options);
  fs.SetFault(fault, call, sticky);
  model.Live(&fs, &random, kGroups, kMaxBytes, false);
  REQUIRE(model.complaint() == "");
  fs.ClearFault();

  // The power fails at once: what the failed call left must not matter.
  std::mt19937_64 dice(seed * 7919 + call);
  LogModel after_cut = model;
  std::unique_ptr<RecordingFileSystem> cut = fs.Crash(&dice);
  after_cut.Live(cut.get(), &dice, 2, kMaxBytes, true);
  REQUIRE(after_cut.complaint() == "");

  // The process restarts and reads the cache; only then the power fails.
  model.Live(&fs, &dice, dice() % 3, kMaxBytes, true);
  REQUIRE(model.complaint() == "");
  std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&dice);
  model.Live(disk.get(), &dice, 1, kMaxBytes, true);
  REQUIRE(model.complaint() == "");
}

}  // namespace

TEST_CASE("faults: each call fails, once or for good") {
  const SegmentOptions options = SmallSegments(GENERATE(8u, 4096u));
  const Fault fault = GENERATE(Fault::kFail, Fault::kNoSpace);
  const bool sticky = GENERATE(false, true);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    std::mt19937_64 random(seed);
    RecordingFileSystem fs;
    LogModel model(options);
    REQUIRE(model.Live(&fs, &random, kGroups, kMaxBytes, true) == LogModel::End::kRan);
    const uint64_t calls = fs.calls();
    for (uint64_t call = 1; call <= calls; ++call) FailAt(options, fault, sticky, seed, call);
  }
}

TEST_CASE("faults: a second start meets failing calls as well") {
  const SegmentOptions options = SmallSegments();
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    for (uint64_t call = 1; call <= 40; ++call) {
      INFO("seed " << seed << " call " << call);
      std::mt19937_64 random(seed);
      RecordingFileSystem fs;
      LogModel model(options);
      fs.SetFault(Fault::kDie, 60 + seed);
      model.Live(&fs, &random, kGroups, kMaxBytes, false);
      std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&random);
      disk->SetFault(Fault::kFail, call);
      model.Live(disk.get(), &random, 3, kMaxBytes, false);
      REQUIRE(model.complaint() == "");
      disk->ClearFault();
      model.Live(disk.get(), &random, 3, kMaxBytes, true);
      REQUIRE(model.complaint() == "");
      disk = disk->Crash(&random);
      model.Live(disk.get(), &random, 3, kMaxBytes, true);
      REQUIRE(model.complaint() == "");
    }
  }
}

TEST_CASE("faults: a disk that is full refuses, and goes on by itself when there is room") {
  const bool honest = GENERATE(true, false);
  const SegmentOptions options = SmallSegments();
  std::mt19937_64 random(5);
  RecordingFileSystem fs;
  REQUIRE(fs.MakeDirectory("disk").ok());
  REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
  fs.SetCapacity(3 * options.segment_bytes - 1, honest);
  auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
  REQUIRE(log.ok());

  const std::string record(5000, 'x');
  GroupPlace place;
  size_t taken = 0;
  absl::Status appended;
  while ((appended = (*log)->Append({record}, &place, nullptr)).ok()) ++taken;
  CHECK(absl::IsResourceExhausted(appended));
  CHECK((*log)->writable());
  CHECK((*log)->durable_end().group.value() == taken);
  // Nothing of the attempt is left on the disk.
  CHECK_FALSE(fs.Exists(std::string(kLogDirectory) + "/unfinished.segment"));
  // A group that still fits behind the last is taken.
  REQUIRE((*log)->Append({"small"}, &place, nullptr).ok());
  CHECK(absl::IsResourceExhausted((*log)->Append({record}, &place, nullptr)));

  fs.SetCapacity(4 * options.segment_bytes, honest);
  REQUIRE((*log)->Append({record}, &place, nullptr).ok());
  CHECK(place.segment == 2);
  CHECK(place.group.value() == taken + 2);
  log->reset();
  REQUIRE(SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {place}, nullptr).ok());
}

TEST_CASE("faults: a full disk does not keep a log from opening") {
  const SegmentOptions options = SmallSegments();
  RecordingFileSystem fs;
  REQUIRE(fs.MakeDirectory("disk").ok());
  REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
  fs.SetCapacity(2 * options.segment_bytes, true);
  auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
  REQUIRE(log.ok());
  GroupPlace place;
  CHECK((*log)->Append({"small"}, &place, nullptr).ok());
}

TEST_CASE("faults: the thread that prepares segments meets the full disk, and later the room") {
  SegmentOptions options = SmallSegments();
  options.prepare_ahead = true;
  RecordingFileSystem fs;
  REQUIRE(fs.MakeDirectory("disk").ok());
  REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
  fs.SetCapacity(2 * options.segment_bytes, false);
  auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
  REQUIRE(log.ok());
  const std::string record(5000, 'x');
  GroupPlace place;
  absl::Status appended;
  while ((appended = (*log)->Append({record}, &place, nullptr)).ok()) {
  }
  CHECK(absl::IsResourceExhausted(appended));
  fs.SetCapacity(20 * options.segment_bytes, false);
  for (int i = 0; i < 40; ++i) REQUIRE((*log)->Append({record}, &place, nullptr).ok());
}

}  // namespace daybook::ledger
