#include "ledger/witness.h"

#include <catch2/catch.hpp>

#include "golden.h"
#include "recording_file_system.h"
#include "sample_commit.h"

namespace daybook::ledger {
namespace {

constexpr char kPath[] = "disk/witness";

Witness Seen(uint64_t group, uint32_t epoch = 1) {
  Witness witness;
  witness.epoch = Epoch(epoch);
  witness.group = GroupNumber(group);
  for (size_t i = 0; i < witness.chain.size(); ++i) {
    witness.chain[i] = static_cast<uint8_t>(0x40 + i);
  }
  return witness;
}

std::unique_ptr<WitnessFile> OpenWitness(FileSystem* fs) {
  auto opened = WitnessFile::Open(fs, kPath, SampleLedgerId());
  REQUIRE(opened.ok());
  return *std::move(opened);
}

}  // namespace

TEST_CASE("witness: keeps the newest") {
  RecordingFileSystem fs;
  std::unique_ptr<WitnessFile> file = OpenWitness(&fs);
  CHECK_FALSE(file->newest().has_value());
  for (uint64_t group : {1, 2, 3, 3, 2}) REQUIRE(file->Store(Seen(group)).ok());
  CHECK(file->newest()->group == GroupNumber(3));
  CHECK(*OpenWitness(&fs)->newest() == Seen(3));
  REQUIRE(file->Store(Seen(1, 2)).ok());
  CHECK(*OpenWitness(&fs)->newest() == Seen(1, 2));
}

TEST_CASE("witness: bytes are those of the layout page, in two blocks by turns") {
  RecordingFileSystem fs;
  std::unique_ptr<WitnessFile> file = OpenWitness(&fs);
  REQUIRE(file->Store(Seen(9, 2)).ok());
  const std::string golden = Golden("witness_slot");
  CHECK(fs.Contents(kPath).size() == 8192);
  CHECK(Hex(fs.Contents(kPath).substr(0, golden.size())) == Hex(golden));
  REQUIRE(file->Store(Seen(10, 2)).ok());
  CHECK(Hex(fs.Contents(kPath).substr(0, golden.size())) == Hex(golden));
  CHECK(fs.Contents(kPath).substr(4096, 4) == "DBKW");
}

TEST_CASE("witness: one damaged slot leaves the other, two refuse, another ledger refuses") {
  RecordingFileSystem fs;
  std::unique_ptr<WitnessFile> file = OpenWitness(&fs);
  REQUIRE(file->Store(Seen(1)).ok());
  REQUIRE(file->Store(Seen(2)).ok());
  std::string contents = fs.Contents(kPath);
  contents[4096 + 33] ^= 1;
  fs.SetContents(kPath, contents);
  CHECK(*OpenWitness(&fs)->newest() == Seen(1));
  LedgerId other{};
  CHECK(absl::IsFailedPrecondition(WitnessFile::Open(&fs, kPath, other).status()));
  contents[33] ^= 1;
  fs.SetContents(kPath, contents);
  CHECK(absl::IsDataLoss(WitnessFile::Open(&fs, kPath, SampleLedgerId()).status()));
}

TEST_CASE("witness: survives a crash or a failure at any call") {
  using Fault = RecordingFileSystem::Fault;
  for (Fault fault : {Fault::kDie, Fault::kFail}) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      for (uint64_t call = 1; call <= 25; ++call) {
        INFO("seed " << seed << " call " << call);
        std::mt19937_64 random(seed * 100 + call);
        RecordingFileSystem fs;
        REQUIRE(fs.MakeDirectory("disk").ok());
        REQUIRE(fs.SyncDirectory(".").ok());
        fs.SetFault(fault, fs.calls() + call);
        uint64_t stored = 0;
        auto file = WitnessFile::Open(&fs, kPath, SampleLedgerId());
        if (file.ok()) {
          while (stored < 8 && (*file)->Store(Seen(stored + 1)).ok()) ++stored;
          if (stored < 8) CHECK_FALSE((*file)->Store(Seen(20)).ok());
        }
        std::unique_ptr<RecordingFileSystem> disk = fs.Crash(&random);
        std::unique_ptr<WitnessFile> again = OpenWitness(disk.get());
        const uint64_t found = again->newest().has_value() ? again->newest()->group.value() : 0;
        CHECK(found >= stored);
        CHECK(found <= stored + 1);
      }
    }
  }
}

}  // namespace daybook::ledger
