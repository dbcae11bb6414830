#include "tests/ledger/data_sample.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/identity.h"

namespace daybook::ledger {

TestCommit SampleCommand(int number) {
  TestCommit what;
  what.entity.id = "c" + std::to_string(number % 7);
  what.request_id = "r" + std::to_string(number);
  what.source = "shop";
  what.source_event_id = "s" + std::to_string(number);
  what.events = 2;
  return what;
}

DataSample::DataSample(const std::string& folder, int commits)
    : path_(folder + "/data"), files_(path_) {
  REQUIRE(FileSystem::Posix()->MakeDirectory(path_).ok());
  REQUIRE(EmbeddedLedger::Create(options()).ok());
  const auto identity = ReadIdentity(FileSystem::Posix(), files_.ledger.identity).value();
  RandomSource* const random = RandomSource::System();
  FileMasterKey master(FileSystem::Posix(), files_.vault_directory, random);
  REQUIRE(CreateFileVault(FileSystem::Posix(), files_.vault_directory, identity.id, &master, random)
              .ok());
  const auto vault =
      OpenFileVault(FileSystem::Posix(), files_.vault_directory, identity.id, &master, random)
          .value();
  REQUIRE(vault->EnsureKey({"main", 2, "c1"}, event::v1::RETENTION_CLASS_PROFILE).ok());
  REQUIRE(vault->EnsureKey(kSamplePerson, event::v1::RETENTION_CLASS_PROFILE).ok());
  REQUIRE(vault->Sync().ok());
  Record(0, commits - 1);
}

EmbeddedOptions DataSample::options() const {
  EmbeddedOptions options;
  options.directory = files_.ledger_directory;
  options.entity_partitions = 4;
  options.segments.segment_bytes = 64 * 1024;
  options.segments.max_group_bytes = 16 * 1024;
  options.witness_interval = std::chrono::milliseconds(0);
  return options;
}

void DataSample::Record(int first, int last) {
  const auto ledger = EmbeddedLedger::Open(options(), nullptr).value();
  LedgerDriver driver(ledger.get());
  REQUIRE(ledger->Start(&driver, &driver).ok());
  for (int number = first; number <= last; ++number) driver.Record(SampleCommand(number));
  ledger->Stop();
}

std::set<int> DataSample::Recorded(int count) const {
  const auto ledger = EmbeddedLedger::Open(options(), nullptr).value();
  std::set<int> recorded;
  for (int number = 0; number < count; ++number) {
    const TestCommit what = SampleCommand(number);
    if (ledger->FindRequest(what.entity, what.request_id).value().has_value()) {
      recorded.insert(number);
    }
  }
  return recorded;
}

v1::VerifyReport DataSample::Verify() const {
  FileMasterKey master(FileSystem::Posix(), files_.vault_directory, RandomSource::System());
  VerifyOptions options;
  options.directory = path_;
  options.master = &master;
  return ledger::Verify(options).value();
}

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void FlipByte(const std::string& path, uint64_t offset) {
  std::string bytes = ReadBytes(path);
  REQUIRE(offset < bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 0x55);
  WriteBytes(path, bytes);
}

std::string LastSegment(const DataFiles& files, uint64_t* end) {
  std::string last;
  for (const auto& entry : std::filesystem::directory_iterator(files.ledger.segments)) {
    const size_t used = ReadBytes(entry.path()).find_last_not_of('\0') + 1;
    if (used <= kSegmentHeaderBytes || entry.path().string() < last) continue;
    last = entry.path();
    *end = used;
  }
  return last;
}

std::vector<std::string> DamagedChecks(const v1::VerifyReport& report) {
  std::vector<std::string> checks;
  for (const v1::Finding& finding : report.findings()) {
    if (finding.severity() != v1::Finding::SEVERITY_DAMAGE) continue;
    if (std::find(checks.begin(), checks.end(), finding.check()) == checks.end()) {
      checks.push_back(finding.check());
    }
  }
  return checks;
}

}  // namespace daybook::ledger
