// Goal: damage to what was synced refuses the start, or cuts at most the last group, and that only
// if no witness saw it.
#include <catch2/catch.hpp>

#include "ledger/coding.h"
#include "ledger/segment_files.h"
#include "ledger/segment_format.h"
#include "log_model.h"

namespace daybook::ledger {
namespace {

// A log of a few segments after a clean stop, which tests copy and damage.
struct CleanLog {
  explicit CleanLog(uint32_t alignment, int groups = 24) : options(SmallSegments(alignment)) {
    REQUIRE(fs.MakeDirectory("disk").ok());
    REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
    auto log = Open({}, {});
    REQUIRE(log.ok());
    std::mt19937_64 random(alignment);
    for (int i = 0; i < groups; ++i) {
      REQUIRE((*log)
                  ->Append(Views(RandomRecords(&random, 9000)), &places.emplace_back(), nullptr)
                  .ok());
    }
  }

  absl::StatusOr<std::unique_ptr<SegmentLog>> Open(const GroupPlace& from,
                                                   const std::vector<GroupPlace>& witnesses,
                                                   OpenReport* report = nullptr) {
    return SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, from, witnesses, report);
  }
  std::string Path(uint64_t segment) const { return SegmentPath(kLogDirectory, segment); }
  void Change(uint64_t segment, uint64_t offset, std::string_view bytes) {
    std::string contents = fs.Contents(Path(segment));
    contents.replace(offset, bytes.size(), bytes);
    fs.SetContents(Path(segment), contents);
  }
  // All files as they are, to go back to.
  std::map<std::string, std::string> Save() const {
    std::map<std::string, std::string> saved;
    for (const std::string& path : fs.Files()) saved[path] = fs.Contents(path);
    return saved;
  }
  void Restore(const std::map<std::string, std::string>& saved) {
    for (const std::string& path : fs.Files()) fs.RemoveFile(path);
    for (const auto& [path, contents] : saved) fs.SetContents(path, contents);
  }

  RecordingFileSystem fs;
  SegmentOptions options;
  std::vector<GroupPlace> places;
};

// Flips bits, zeroes or garbles up to a page inside [begin, end) of a segment; false if nothing
// changed.
bool Damage(CleanLog* log, uint64_t segment, uint64_t begin, uint64_t end,
            std::mt19937_64* random) {
  const std::string before = log->fs.Contents(log->Path(segment));
  std::string after = before;
  const uint64_t at = begin + (*random)() % (end - begin);
  const uint64_t length = std::min<uint64_t>(end - at, 1 + (*random)() % 4096);
  switch ((*random)() % 3) {
    case 0:
      after[at] = static_cast<char>(after[at] ^ (1 << ((*random)() % 8)));
      break;
    case 1:
      std::fill_n(after.begin() + static_cast<int64_t>(at), length, '\0');
      break;
    default:
      for (uint64_t i = 0; i < length; ++i) after[at + i] = static_cast<char>((*random)());
  }
  log->fs.SetContents(log->Path(segment), after);
  return after != before;
}

}  // namespace

TEST_CASE("damage: in any group but the last refuses the start") {
  CleanLog log(GENERATE(8u, 4096u));
  const auto saved = log.Save();
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const GroupPlace& hit = log.places[random() % (log.places.size() - 1)];
    if (!Damage(&log, hit.segment, hit.offset, hit.offset + hit.length, &random)) continue;
    CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
    log.Restore(saved);
  }
}

TEST_CASE("damage: in the last group cuts that group if nobody has seen it, else refuses") {
  CleanLog log(GENERATE(8u, 4096u));
  const GroupPlace last = log.places.back();
  const GroupPlace before_last = log.places[log.places.size() - 2];
  const auto saved = log.Save();
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    if (!Damage(&log, last.segment, last.offset, last.offset + last.length, &random)) continue;
    const auto damaged = log.Save();
    CHECK(absl::IsDataLoss(log.Open({}, {last}).status()));
    CHECK(absl::IsDataLoss(log.Open(last, {}).status()));
    // Refusing changes nothing.
    CHECK(log.Save() == damaged);

    OpenReport report;
    auto opened = log.Open({}, {before_last}, &report);
    REQUIRE(opened.ok());
    CHECK(report.last == before_last);
    CHECK((report.cut_bytes > 0) == !report.cut_reason.empty());
    log.Restore(saved);
  }
}

TEST_CASE("damage: behind the end is cut within one group's reach, else refused") {
  SegmentOptions options = SmallSegments();
  options.max_group_bytes = 8 * 1024;
  RecordingFileSystem fs;
  REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
  GroupPlace last;
  {
    auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
    REQUIRE(log.ok());
    REQUIRE((*log)->Append({"one"}, &last, nullptr).ok());
  }
  const uint64_t end = AlignUp(last.offset + last.length, 8);
  const auto open_with_dirt = [&](uint64_t segment, uint64_t offset) {
    const std::string path = SegmentPath(kLogDirectory, segment);
    const std::string clean = fs.Contents(path);
    std::string dirty = clean;
    dirty[offset] = 1;
    fs.SetContents(path, dirty);
    OpenReport report;
    absl::Status opened =
        SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {last}, &report).status();
    if (opened.ok()) {
      CHECK(report.cut_bytes == 1);
      CHECK(fs.Contents(path) == clean);
    }
    fs.SetContents(path, clean);
    return opened;
  };
  CHECK(open_with_dirt(1, end).ok());
  CHECK(open_with_dirt(1, end + options.max_group_bytes - 1).ok());
  CHECK(absl::IsDataLoss(open_with_dirt(1, end + options.max_group_bytes)));
  CHECK(absl::IsDataLoss(open_with_dirt(1, options.segment_bytes - 1)));
  // A group of any size would have fitted into the first segment.
  CHECK(absl::IsDataLoss(open_with_dirt(2, 4096)));
  CHECK(absl::IsDataLoss(open_with_dirt(2, options.segment_bytes - 1)));
}

TEST_CASE("damage: to the header of a segment refuses the start") {
  CleanLog log(8);
  const auto saved = log.Save();
  for (uint64_t segment = 1; segment <= log.places.back().segment + 1; ++segment) {
    for (uint64_t offset : {0, 5, 10, 26, 33, 41, 45, 2000, 4095}) {
      log.Change(segment, offset, "\x5a");
      CHECK_FALSE(log.Open({}, {}).ok());
      log.Restore(saved);
    }
  }
}

TEST_CASE("damage: missing, swapped and foreign segments refuse the start") {
  CleanLog log(8, 60);
  const auto saved = log.Save();
  const uint64_t current = log.places.back().segment;
  REQUIRE(current >= 3);

  for (uint64_t segment = 1; segment <= current + 1; ++segment) {
    INFO("segment " << segment << " removed");
    log.fs.RemoveFile(log.Path(segment));
    CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
    log.Restore(saved);
  }
  // All from one on: what is left ends with a segment that holds groups and has no successor.
  for (uint64_t segment = 2; segment <= current; ++segment) {
    for (uint64_t s = segment; s <= current + 1; ++s) log.fs.RemoveFile(log.Path(s));
    CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
    log.Restore(saved);
  }
  const std::string first = log.fs.Contents(log.Path(1));
  log.fs.SetContents(log.Path(1), log.fs.Contents(log.Path(2)));
  log.fs.SetContents(log.Path(2), first);
  CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
  log.Restore(saved);

  // A segment of the same number from another ledger, or from another life of this one.
  CleanLog other(8, 60);
  log.fs.SetContents(log.Path(2), other.fs.Contents(other.Path(2)));
  CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
  log.Restore(saved);
}

TEST_CASE("damage: truncated segments refuse the start, or are found by the witness") {
  CleanLog log(8, 60);
  const auto saved = log.Save();
  const GroupPlace last = log.places.back();
  for (uint64_t segment = 1; segment <= last.segment; ++segment) {
    for (uint64_t size : {0, 100, 4096, 5000, 9000}) {
      INFO("segment " << segment << " size " << size);
      const std::string whole = log.fs.Contents(log.Path(segment));
      log.fs.SetContents(log.Path(segment), whole.substr(0, size));
      CHECK_FALSE(log.Open({}, {last}).ok());
      if (segment < last.segment) CHECK_FALSE(log.Open({}, {}).ok());
      log.Restore(saved);
    }
  }
}

TEST_CASE("damage: before the index's place fails the read that meets it and nothing else") {
  CleanLog log(8);
  const GroupPlace from = log.places[10];
  const GroupPlace hit = log.places[4];
  log.Change(hit.segment, hit.offset + 50, "\x01\x02\x03");
  auto opened = log.Open(from, {log.places.back(), log.places[2]});
  REQUIRE(opened.ok());
  size_t seen = 0;
  const auto count = [&](const GroupView&) {
    ++seen;
    return true;
  };
  CHECK(absl::IsDataLoss((*opened)->Scan({}, count)));
  CHECK(seen == 4);
  CHECK((*opened)->Scan(log.places[5], count).ok());
}

TEST_CASE("damage: a witness or an index of another log refuses the start") {
  CleanLog log(8);
  GroupPlace other = log.places[7];
  other.chain[5] ^= 1;
  CHECK(absl::IsDataLoss(log.Open({}, {other}).status()));
  CHECK(absl::IsDataLoss(log.Open(other, {}).status()));
  CHECK(absl::IsDataLoss(log.Open(log.places[9], {other}).status()));
  other = log.places.back();
  other.chain[5] ^= 1;
  CHECK(absl::IsDataLoss(log.Open(log.places.back(), {other}).status()));
  other = log.places.back();
  other.segment += 9;
  CHECK(absl::IsDataLoss(log.Open(other, {}).status()));
  GroupPlace later = log.places.back();
  later.group = later.group.next();
  const absl::Status refused = log.Open({}, {later}).status();
  CHECK(absl::IsDataLoss(refused));
  // Both figures are named.
  CHECK(refused.ToString().find("group 24") != std::string::npos);
  CHECK(refused.ToString().find("group 25") != std::string::npos);
  CHECK(log.Open({}, log.places).ok());
}

TEST_CASE("damage: a lost page under a later group is not taken for a torn end") {
  CleanLog log(4096);
  const auto saved = log.Save();
  for (size_t i = 0; i + 1 < log.places.size(); ++i) {
    const GroupPlace& hit = log.places[i];
    log.Change(hit.segment, hit.offset, std::string(4096, '\0'));
    CHECK(absl::IsDataLoss(log.Open({}, {}).status()));
    log.Restore(saved);
  }
}

TEST_CASE("damage: frames that clients put into payloads are no frames") {
  const SegmentOptions options = SmallSegments();
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    RecordingFileSystem fs;
    REQUIRE(fs.MakeDirectory("disk").ok());
    REQUIRE(fs.SyncDirectory(".").ok());
    REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
    auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
    REQUIRE(log.ok());
    GroupPlace last;
    REQUIRE((*log)->Append({"one"}, &last, nullptr).ok());

    // The very frame that would come next or after it, as far as it can be known without the salt.
    GroupFrame frame;
    frame.number = GroupNumber(2 + random() % 2);
    frame.chain = last.chain;
    std::string payload;
    for (size_t i = 0; i < 700; ++i) {
      char bytes[kFrameBytes];
      StoreFrame(frame, random() % 2 == 0 ? 0 : SaltStart({}), bytes);
      payload.append(bytes, sizeof bytes);
      payload.append(random() % 9, '\0');
    }
    payload.resize(std::min<size_t>(payload.size(), 11000));
    GroupPlace place;
    fs.SetFault(RecordingFileSystem::Fault::kDie, fs.calls() + 1 + random() % 2);
    (*log)->Append({payload}, &place, nullptr).IgnoreError();
    std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&random);
    OpenReport report;
    auto again =
        SegmentLog::Open(disk.get(), kLogDirectory, TestLedgerId(), options, {}, {last}, &report);
    REQUIRE(again.ok());
    REQUIRE((*again)->Append({payload}, &place, nullptr).ok());
    REQUIRE((*again)->Append({"three"}, &place, nullptr).ok());
    const uint64_t groups = place.group.value();
    again->reset();
    again =
        SegmentLog::Open(disk.get(), kLogDirectory, TestLedgerId(), options, {}, {place}, &report);
    REQUIRE(again.ok());
    CHECK(report.last.group.value() == groups);
  }
}

TEST_CASE(
    "damage: a torn group that began a segment is cut there, then a shorter one goes before it") {
  const SegmentOptions options = SmallSegments();
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    RecordingFileSystem fs;
    REQUIRE(fs.MakeDirectory("disk").ok());
    REQUIRE(fs.SyncDirectory(".").ok());
    REQUIRE(SegmentLog::Create(&fs, kLogDirectory, TestLedgerId(), options).ok());
    GroupPlace last;
    {
      auto log = SegmentLog::Open(&fs, kLogDirectory, TestLedgerId(), options, {}, {}, nullptr);
      REQUIRE(log.ok());
      REQUIRE((*log)->Append({std::string(9000, 'a')}, &last, nullptr).ok());
      REQUIRE((*log)->Append({std::string(9000, 'b')}, &last, nullptr).ok());
      // Does not fit behind the two: segment 3 is made, and the write into segment 2 is the last
      // call.
      fs.SetFault(RecordingFileSystem::Fault::kDie, fs.calls() + 10);
      GroupPlace torn;
      REQUIRE_FALSE((*log)->Append({std::string(11000, 'c')}, &torn, nullptr).ok());
    }
    std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&random);
    {
      disk->SetFault(RecordingFileSystem::Fault::kDie, 40 + random() % 30);
      auto log =
          SegmentLog::Open(disk.get(), kLogDirectory, TestLedgerId(), options, {}, {last}, nullptr);
      GroupPlace place;
      while (log.ok() && (*log)->Append({"short"}, &place, nullptr).ok()) last = place;
    }
    disk = disk->Crash(&random);
    const absl::Status opened =
        SegmentLog::Open(disk.get(), kLogDirectory, TestLedgerId(), options, {}, {last}, nullptr)
            .status();
    REQUIRE(opened == absl::OkStatus());
  }
}

}  // namespace daybook::ledger
