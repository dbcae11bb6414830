// Goal: a verification says that a sound ledger is sound, names every kind of damage with its
// place, and changes nothing.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "ledger/identity.h"
#include "ledger/index_rows.h"
#include "ledger/index_table.h"
#include "ledger/log_walk.h"
#include "ledger/sha256.h"
#include "ledger/tree_root.h"
#include "tests/ledger/data_sample.h"

namespace daybook::ledger {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> AllFiles(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files[entry.path()] = ReadBytes(entry.path());
  }
  return files;
}

struct Sample {
  TemporaryDirectory folder;
  DataSample data{folder.path(), 300};
};

std::string TextOf(const v1::VerifyReport& report) { return report.DebugString(); }

}  // namespace

TEST_CASE("a sound ledger is sound, and is not touched", "[verify]") {
  Sample sample;
  const auto before = AllFiles(sample.data.path());
  const v1::VerifyReport report = sample.data.Verify();
  INFO(TextOf(report));
  CHECK(report.sound());
  CHECK(report.damages() == 0);
  CHECK(report.figures().commits() == 300);
  CHECK(report.figures().events() == 600);
  CHECK(report.figures().requests() == 300);
  CHECK(report.figures().source_events() == 300);
  CHECK(report.figures().entities() == 7);
  CHECK(report.figures().segments() > 2);
  for (const char* check :
       {"identity", "segments", "records", "requests", "vault", "index", "witness"}) {
    CHECK(std::count(report.checked().begin(), report.checked().end(), check) == 1);
  }
  CHECK(AllFiles(sample.data.path()) == before);
}

TEST_CASE("a ledger that is open cannot be verified", "[verify]") {
  Sample sample;
  const auto ledger = EmbeddedLedger::Open(sample.data.options(), nullptr).value();
  VerifyOptions options;
  options.directory = sample.data.path();
  CHECK(absl::IsFailedPrecondition(Verify(options).status()));
  options.directory = sample.folder.path() + "/nothing";
  CHECK(absl::IsNotFound(Verify(options).status()));
}

TEST_CASE("damage in a group is named, and so is what it takes with it", "[verify]") {
  Sample sample;
  const std::string first = sample.data.files().ledger.segments + "/0000000000000001.segment";
  FlipByte(first, 30000);
  const v1::VerifyReport report = sample.data.Verify();
  INFO(TextOf(report));
  CHECK(!report.sound());
  const v1::Finding& broken = report.findings(0);
  CHECK(broken.check() == "segments");
  CHECK(broken.file() == "ledger/segments/0000000000000001.segment");
  CHECK(broken.offset() <= 30000);
  CHECK(broken.offset() + 2000 > 30000);
  CHECK(!broken.advice().empty());
  // One group of one commit: the next of its partition tells which.
  REQUIRE(report.damages() == 2);
  const v1::Finding& missing = report.findings(1);
  CHECK(missing.check() == "records");
  CHECK(missing.has_partition());
  CHECK(missing.sequence() > 1);
  CHECK(report.figures().commits() == 299);
}

TEST_CASE("every flipped byte of header or group is found", "[verify]") {
  TemporaryDirectory folder;
  const DataSample data(folder.path(), 12);
  const auto identity = ReadIdentity(FileSystem::Posix(), data.files().ledger.identity).value();
  SegmentFiles files(FileSystem::Posix(), data.files().ledger.segments, identity.id);
  std::vector<uint64_t> offsets;
  for (uint64_t offset = 0; offset < kSegmentHeaderBytes; offset += 97) offsets.push_back(offset);
  LogVisitor visitor;
  visitor.group = [&](const GroupView& group, bool) {
    for (uint32_t at = 0; at < group.place.length; at += 13) {
      offsets.push_back(group.place.offset + at);
    }
    return true;
  };
  visitor.broken = [](const LogBreak&) { return false; };
  REQUIRE(WalkLog(&files, {}, visitor).ok());
  const std::string segment = data.files().ledger.segments + "/0000000000000001.segment";
  const std::string sound = ReadBytes(segment);
  for (const uint64_t offset : offsets) {
    FlipByte(segment, offset);
    INFO("offset " << offset);
    CHECK(!data.Verify().sound());
    WriteBytes(segment, sound);
  }
  CHECK(data.Verify().sound());
}

TEST_CASE("damage in the other files is named", "[verify]") {
  Sample sample;
  const DataFiles& files = sample.data.files();
  SECTION("the identity") {
    FlipByte(files.ledger.identity, 40);
    CHECK(DamagedChecks(sample.data.Verify()) == std::vector<std::string>{"identity"});
  }
  SECTION("a segment's header") {
    FlipByte(files.ledger.segments + "/0000000000000002.segment", 10);
    const v1::VerifyReport report = sample.data.Verify();
    INFO(TextOf(report));
    CHECK(DamagedChecks(report).front() == "segments");
    CHECK(report.findings(0).text().find("0000000000000002") != std::string::npos);
  }
  SECTION("a missing segment") {
    fs::remove(files.ledger.segments + "/0000000000000002.segment");
    const v1::VerifyReport report = sample.data.Verify();
    INFO(TextOf(report));
    CHECK(DamagedChecks(report).front() == "segments");
  }
  SECTION("a key") {
    FlipByte(files.vault, 4096 + 128 * 5 + 60);
    const v1::VerifyReport report = sample.data.Verify();
    INFO(TextOf(report));
    CHECK(DamagedChecks(report) == std::vector<std::string>{"vault"});
    CHECK(report.findings(0).offset() == 4096 + 128 * 5);
  }
  SECTION("another master key") {
    WriteBytes(files.master_key, std::string(64, '7') + "\n");
    CHECK(DamagedChecks(sample.data.Verify()) == std::vector<std::string>{"vault"});
  }
  SECTION("the vault") {
    fs::remove(files.vault);
    CHECK(DamagedChecks(sample.data.Verify()) == std::vector<std::string>{"vault"});
  }
  SECTION("the witness") {
    for (const uint64_t slot : {0, 4096}) FlipByte(files.ledger.witness, slot + 8);
    CHECK(DamagedChecks(sample.data.Verify()) == std::vector<std::string>{"witness"});
  }
  SECTION("an index of rows that cannot be read") {
    for (const auto& entry : fs::directory_iterator(files.ledger.index)) {
      if (entry.path().extension() == ".sst") FlipByte(entry.path(), 300);
    }
    CHECK(DamagedChecks(sample.data.Verify()) == std::vector<std::string>{"index"});
  }
}

TEST_CASE("an index with a row too many, or one too few, is found out", "[verify]") {
  Sample sample;
  const std::string directory = sample.data.files().ledger.index;
  const auto put = [&](const std::string& key, const std::string& value) {
    const auto table = IndexTable::OpenRocksDb(directory, 1 << 20).value();
    REQUIRE(table->Put(key, value).ok());
    REQUIRE(table->Persist().ok());
  };
  SECTION("too many") {
    put(RequestRowKey(KeyOfRequest("main", 2, "c1", "never")),
        EncodeRequestPlace({PartitionId(1), Sequence(1), 0}));
  }
  SECTION("too few") {
    std::string key, value;
    {
      const auto table = IndexTable::OpenRocksDb(directory, 1 << 20).value();
      REQUIRE(table
                  ->ScanFromAtOrBefore("p",
                                       [&](std::string_view at, std::string_view) {
                                         key = at;
                                         return at[0] != 'p';
                                       })
                  .ok());
    }
    put(key, "");
  }
  const v1::VerifyReport report = sample.data.Verify();
  INFO(TextOf(report));
  CHECK(DamagedChecks(report) == std::vector<std::string>{"index"});
  CHECK(report.findings(0).text().find("partition") != std::string::npos);
}

TEST_CASE("an end before what was witnessed is damage", "[verify]") {
  Sample sample;
  const std::string copy = sample.folder.path() + "/earlier";
  CopyDirectory(sample.data.files().ledger.segments, copy);
  sample.data.Record(300, 320);
  fs::remove_all(sample.data.files().ledger.segments);
  fs::rename(copy, sample.data.files().ledger.segments);
  const v1::VerifyReport report = sample.data.Verify();
  INFO(TextOf(report));
  CHECK(DamagedChecks(report) == std::vector<std::string>{"index", "witness"});
}

TEST_CASE("what views say is held against the log", "[verify]") {
  Sample sample;
  VerifyOptions options;
  options.directory = sample.data.path();
  auto ledger = EmbeddedLedger::Open(sample.data.options(), nullptr).value();
  const CommitPtr commit = ledger->Read(PartitionId(1), Sequence(3)).value();
  ClaimedPosition right{"views/right@1", PartitionId(1), Sequence(3), HashOfCommit(commit->view())};
  ClaimedPosition wrong{"views/wrong@1", PartitionId(1), Sequence(3), {}};
  ClaimedPosition ahead{"views/ahead@1", PartitionId(1), Sequence(100000), {}};
  GroupPlace far = ledger->DurableEnd();
  far.group = far.group.next();
  options.positions = {right, wrong, ahead};
  options.places = {{"views/far@1", far}};
  ledger.reset();
  const v1::VerifyReport report = Verify(options).value();
  INFO(TextOf(report));
  REQUIRE(report.damages() == 3);
  CHECK(report.findings(0).file() == "views/wrong@1");
  CHECK(report.findings(1).file() == "views/far@1");
  CHECK(report.findings(2).file() == "views/ahead@1");
}

TEST_CASE("the root of a tree is that of RFC 9162", "[tree]") {
  TreeRoot tree;
  CHECK(AsView(tree.Root()) == AsView(Sha256Of("")));
  // By definition: MTH(D[n]) = H(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two
  // below n.
  std::vector<Bytes32> leaves;
  const std::function<Bytes32(size_t, size_t)> definition = [&](size_t begin, size_t end) {
    if (end - begin == 1) return leaves[begin];
    size_t split = 1;
    while (split * 2 < end - begin) split *= 2;
    std::string node(1, '\x01');
    node.append(AsView(definition(begin, begin + split)));
    node.append(AsView(definition(begin + split, end)));
    return Sha256Of(node);
  };
  for (int number = 0; number < 70; ++number) {
    leaves.push_back(Sha256Of(std::to_string(number)));
    tree.Add(leaves.back());
    CHECK(tree.Root() == definition(0, leaves.size()));
  }
}

}  // namespace daybook::ledger
