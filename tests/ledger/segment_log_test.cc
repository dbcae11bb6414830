// The log in peace: what is appended is read, scanned, and found again; switches; readers beside
// the writer.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "ledger/segment_files.h"
#include "log_model.h"
#include "temporary_directory.h"

namespace daybook::ledger {
namespace {

std::unique_ptr<SegmentLog> NewLog(FileSystem* fs, const std::string& directory,
                                   const SegmentOptions& options) {
  REQUIRE(SegmentLog::Create(fs, directory, TestLedgerId(), options).ok());
  auto log = SegmentLog::Open(fs, directory, TestLedgerId(), options, {}, {}, nullptr);
  REQUIRE(log.ok());
  return *std::move(log);
}

GroupPlace Add(SegmentLog* log, const std::string& record) {
  GroupPlace place;
  REQUIRE(log->Append({record}, &place, nullptr).ok());
  return place;
}

std::vector<std::string> Bodies(const SegmentLog& log, const GroupPlace& after) {
  std::vector<std::string> bodies;
  REQUIRE(log.Scan(after,
                   [&](const GroupView& group) {
                     bodies.emplace_back(group.body);
                     return true;
                   })
              .ok());
  return bodies;
}

}  // namespace

TEST_CASE("segment log: an empty log is empty") {
  RecordingFileSystem fs;
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, SmallSegments());
  CHECK(log->durable_end() == GroupPlace{});
  CHECK(log->bytes() == 0);
  CHECK(log->writable());
  CHECK(Bodies(*log, {}).empty());
  std::string bytes;
  CHECK(absl::IsOutOfRange(log->Read({1, 4096, 1}, &bytes)));
}

TEST_CASE("segment log: groups keep their records, places and order over switches and starts") {
  for (uint32_t alignment : {8u, 4096u}) {
    RecordingFileSystem fs;
    const SegmentOptions options = SmallSegments(alignment);
    std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, options);
    std::mt19937_64 random(alignment);
    std::vector<Records> written;
    std::vector<std::vector<RecordPlace>> record_places;
    std::vector<GroupPlace> group_places;
    for (int i = 0; i < 60; ++i) {
      written.push_back(RandomRecords(&random, 11000));
      REQUIRE(log->Append(Views(written.back()), &group_places.emplace_back(),
                          &record_places.emplace_back())
                  .ok());
      CHECK(group_places.back().offset % alignment == 0);
      CHECK(group_places.back() == log->durable_end());
    }
    CHECK(group_places.back().segment > 3);
    CHECK(log->bytes() > 0);

    const uint64_t bytes_before = log->bytes();
    log.reset();
    OpenReport report;
    auto again = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, group_places[20],
                                  group_places, &report);
    REQUIRE(again.ok());
    CHECK(report.last == group_places.back());
    CHECK(report.cut_bytes == 0);
    CHECK((*again)->bytes() == bytes_before);

    for (size_t i = 0; i < written.size(); ++i) {
      for (size_t j = 0; j < written[i].size(); ++j) {
        std::string bytes;
        REQUIRE((*again)->Read(record_places[i][j], &bytes).ok());
        CHECK(bytes == written[i][j]);
      }
    }
    size_t next = 30;
    REQUIRE((*again)
                ->Scan(group_places[next - 1],
                       [&](const GroupView& group) {
                         CHECK(group.place == group_places[next]);
                         CHECK(group.record_count == written[next].size());
                         CHECK(group.body_offset == record_places[next][0].offset);
                         return ++next < 50;
                       })
                .ok());
    CHECK(next == 50);
    CHECK(Bodies(**again, group_places.back()).empty());
  }
}

TEST_CASE("segment log: groups out of bounds are refused and change nothing") {
  RecordingFileSystem fs;
  const SegmentOptions options = SmallSegments();
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, options);
  GroupPlace place;
  const std::string largest(options.max_group_bytes - 48, 'x');
  CHECK(absl::IsInvalidArgument(log->Append({largest, "x"}, &place, nullptr)));
  CHECK(absl::IsInvalidArgument(log->Append({}, &place, nullptr)));
  CHECK(log->writable());
  CHECK(Add(log.get(), largest).group == GroupNumber(1));
}

TEST_CASE("segment log: options out of bounds are refused") {
  RecordingFileSystem fs;
  SegmentOptions options = SmallSegments();
  options.alignment = 16;
  CHECK(absl::IsInvalidArgument(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options)));
  options = SmallSegments();
  options.segment_bytes = 4096 + options.max_group_bytes - 1;
  CHECK(absl::IsInvalidArgument(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options)));
}

TEST_CASE("segment log: a log is made once, and opened only where one is") {
  RecordingFileSystem fs;
  const SegmentOptions options = SmallSegments();
  NewLog(&fs, kLogDirectory, options);
  CHECK(
      absl::IsFailedPrecondition(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options)));
  REQUIRE(fs.MakeDirectory("elsewhere").ok());
  CHECK(absl::IsNotFound(
      SegmentLog::Open(&fs, "elsewhere", TestLedgerId(), options, {}, {}, nullptr).status()));
  LedgerId other{};
  CHECK(absl::IsFailedPrecondition(
      SegmentLog::Open(&fs, kLogDirectory, other, options, {}, {}, nullptr).status()));
}

TEST_CASE("segment log: a place of another log is not scanned from") {
  RecordingFileSystem fs;
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, SmallSegments());
  GroupPlace first = Add(log.get(), "one");
  GroupPlace second = Add(log.get(), "two");
  const auto nothing = [](const GroupView&) { return true; };
  first.chain[0] ^= 1;
  CHECK(absl::IsDataLoss(log->Scan(first, nothing)));
  second.chain[0] ^= 1;
  CHECK(absl::IsDataLoss(log->Scan(second, nothing)));
  second.group = second.group.next();
  CHECK(absl::IsDataLoss(log->Scan(second, nothing)));
}

TEST_CASE("segment log: other sizes and alignments hold from the next new segment on") {
  RecordingFileSystem fs;
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, SmallSegments(8));
  Add(log.get(), "one");
  log.reset();
  SegmentOptions larger = SmallSegments(4096);
  larger.segment_bytes = 64 * 1024;
  auto again = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), larger, {}, {}, nullptr);
  REQUIRE(again.ok());
  CHECK(Add(again->get(), "two").offset % 4096 != 0);
  while (Add(again->get(), std::string(9000, 'x')).segment < 4) {
  }
  Add(again->get(), "three");
  CHECK((*again)->durable_end().offset % 4096 == 0);
  again->reset();
  again = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), larger, {}, {}, nullptr);
  REQUIRE(again.ok());
  CHECK(Bodies(**again, {}).front() == "one");
  CHECK(Bodies(**again, {}).back() == "three");
}

TEST_CASE("segment log: a backup's live segment that ends behind its last group opens") {
  RecordingFileSystem fs;
  const SegmentOptions options = SmallSegments();
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, options);
  const GroupPlace last = Add(log.get(), "one");
  log.reset();
  const std::string path = SegmentPath(kLogDirectory, 1);
  fs.SetContents(path, fs.Contents(path).substr(0, last.offset + last.length));
  auto again = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {last}, nullptr);
  REQUIRE(again.ok());
  CHECK(Add(again->get(), "two").segment == 2);
  CHECK(Bodies(**again, {}) == std::vector<std::string>{"one", "two"});
}

TEST_CASE("segment log: readers beside the writer see whole groups in order") {
  SegmentOptions options = SmallSegments();
  options.prepare_ahead = true;
  RecordingFileSystem fs;
  std::unique_ptr<SegmentLog> log = NewLog(&fs, kLogDirectory, options);
  std::atomic<bool> done{false};
  std::atomic<bool> bad{false};
  const auto read = [&] {
    while (!done.load()) {
      uint64_t next = 1;
      const absl::Status scanned = log->Scan({}, [&](const GroupView& group) {
        if (group.place.group.value() != next || group.body != std::to_string(next)) bad = true;
        ++next;
        return true;
      });
      if (!scanned.ok()) bad = true;
      log->bytes();
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (int i = 1; i <= 1500; ++i) {
    GroupPlace place;
    if (!log->Append({std::to_string(i)}, &place, nullptr).ok()) bad = true;
  }
  done = true;
  one.join();
  two.join();
  CHECK_FALSE(bad.load());
}

TEST_CASE("segment log: works on a real disk") {
  TemporaryDirectory directory;
  const std::string path = directory / "log";
  SegmentOptions options;
  options.segment_bytes = 256 * 1024;
  options.max_group_bytes = 64 * 1024;
  std::mt19937_64 random(1);
  std::vector<std::string> written;
  GroupPlace last;
  {
    std::unique_ptr<SegmentLog> log = NewLog(FileSystem::Posix(), path, options);
    for (int i = 0; i < 40; ++i) {
      written.push_back(std::string(random() % 60000 + 1, static_cast<char>(i)));
      last = Add(log.get(), written.back());
    }
    CHECK(last.segment > 3);
  }
  auto log =
      SegmentLog::Open(FileSystem::Posix(), path, TestLedgerId(), options, {}, {last}, nullptr);
  REQUIRE(log.ok());
  CHECK(Bodies(**log, {}) == written);
}

}  // namespace daybook::ledger
