// A data directory with a ledger and a vault as a server leaves them, for tests of what operators
// do with one; and ways to damage it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/data_files.h"
#include "ledger/embedded.h"
#include "ledger/file_vault.h"
#include "ledger/segment_format.h"
#include "ledger/verify.h"
#include "tests/ledger/ledger_driver.h"

namespace daybook::ledger {

inline const EntityRef kSamplePerson{"main", 2, "erased"};

class DataSample {
 public:
  // Makes it below `folder`, stopped, with `commits` commits of seven customers, each with a
  // request id and a source id, and a few keys.
  DataSample(const std::string& folder, int commits);

  const std::string& path() const { return path_; }
  const DataFiles& files() const { return files_; }
  EmbeddedOptions options() const;
  // Starts the ledger, records commits `first` to `last` and stops it.
  void Record(int first, int last);
  // The numbers below `count` whose requests the ledger has; opens it.
  std::set<int> Recorded(int count) const;

  v1::VerifyReport Verify() const;

 private:
  const std::string path_;
  const DataFiles files_;
};

// What is asked for commit `number`.
TestCommit SampleCommand(int number);

// The last segment with groups, and the byte behind its last that is not zero.
std::string LastSegment(const DataFiles& files, uint64_t* end);
std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, const std::string& bytes);
// Changes one byte.
void FlipByte(const std::string& path, uint64_t offset);

// The checks that have damage, each once, in order.
std::vector<std::string> DamagedChecks(const v1::VerifyReport& report);

}  // namespace daybook::ledger
