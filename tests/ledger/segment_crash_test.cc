// Goal: whatever a crash leaves of unsynced writes, the next start finds every acknowledged group,
// at most the one in flight besides, and nothing else; after any number of crashes.
#include <catch2/catch.hpp>

#include "log_model.h"

namespace daybook::ledger {
namespace {

using Fault = RecordingFileSystem::Fault;

constexpr size_t kMaxBytes = 9000;

// Calls that a first life of `groups` groups makes, so that each of them can be the last.
uint64_t CallsOfOneLife(const SegmentOptions& options, uint64_t seed, size_t groups) {
  std::mt19937_64 random(seed);
  RecordingFileSystem fs;
  LogModel model(options);
  REQUIRE(model.Live(&fs, &random, groups, kMaxBytes, true) == LogModel::End::kRan);
  REQUIRE(model.complaint() == "");
  return fs.calls();
}

// Crashes at `call` of the first life, then in later lives at random calls, and ends with a life in
// peace.
void CrashAgainAndAgain(const SegmentOptions& options, uint64_t seed, uint64_t call, size_t groups,
                        size_t samples) {
  std::mt19937_64 random(seed);
  RecordingFileSystem fs;
  LogModel first(options);
  fs.SetFault(Fault::kDie, call);
  first.Live(&fs, &random, groups, kMaxBytes, false);
  INFO("seed " << seed << " call " << call);
  REQUIRE(first.complaint() == "");

  for (size_t sample = 0; sample < samples; ++sample) {
    std::mt19937_64 dice(seed * 1000003 + call * 1009 + sample);
    INFO("sample " << sample);
    LogModel model = first;
    std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&dice);
    for (int crash = 0; crash < 2; ++crash) {
      // The group after a crash is often shorter than the one that was torn.
      disk->SetFault(Fault::kDie, 1 + dice() % 40);
      model.Live(disk.get(), &dice, 3, crash == 0 ? 200 : kMaxBytes, false);
      REQUIRE(model.complaint() == "");
      disk = disk->Crash(&dice);
    }
    model.Live(disk.get(), &dice, 2, 100, true);
    REQUIRE(model.complaint() == "");
  }
}

}  // namespace

TEST_CASE("crashes: every call is the last one, and two more crashes follow") {
  const uint32_t alignment = GENERATE(8u, 4096u);
  const SegmentOptions options = SmallSegments(alignment);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const size_t groups = 14;
    const uint64_t calls = CallsOfOneLife(options, seed, groups);
    for (uint64_t call = 1; call <= calls; ++call) {
      CrashAgainAndAgain(options, seed, call, groups, 6);
    }
  }
}

TEST_CASE("crashes: a process that dies while the page cache lives loses nothing later") {
  const SegmentOptions options = SmallSegments();
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    RecordingFileSystem fs;
    LogModel model(options);
    fs.SetFault(Fault::kDie, 40 + random() % 60);
    model.Live(&fs, &random, 20, kMaxBytes, false);
    fs.ClearFault();
    model.Live(&fs, &random, random() % 3, kMaxBytes, true);
    REQUIRE(model.complaint() == "");
    std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&random);
    model.Live(disk.get(), &random, 1, kMaxBytes, true);
    REQUIRE(model.complaint() == "");
  }
}

}  // namespace daybook::ledger
