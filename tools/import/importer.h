// `daybook import`: files in, commands out, and an account of every line.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/common/connection.h"
#include "tools/common/exit_code.h"

namespace daybook::tools {

struct ImportOptions {
  std::string mapping_path;
  std::vector<std::string> files;
  // Empty: the mapping's source.
  std::string session;
  // Where the refused lines go; empty: FILE.refused.csv beside the first file.
  std::string refused_path;
  // How far the import is, so that a resume need not send everything again; empty: none is kept.
  // The result is the same without: request ids see to that.
  std::string state_path;
  std::string temp_directory = "/tmp";
  size_t memory_bytes = size_t{256} * 1024 * 1024;
  // One call at a time through the services instead of the stream.
  bool unary = false;
  bool keep_open = false;
  // Reads and converts everything, sends nothing.
  bool dry_run = false;
  size_t batch_items = 500;
  size_t batches_in_flight = 4;
  std::chrono::milliseconds retry_for{30'000};
};

// Every line that was read is refused, skipped or taken.
struct ImportSummary {
  uint64_t lines_read = 0;
  uint64_t lines_skipped = 0;
  uint64_t lines_refused = 0;
  std::map<std::string, uint64_t> refused;  // Lines by reason.
  uint64_t commands = 0;
  uint64_t accepted = 0;
  uint64_t repeated = 0;
  uint64_t tolerated = 0;
  uint64_t refused_commands = 0;
  uint64_t events = 0;
  double seconds = 0;

  // One object on one line.
  std::string ToJson() const;
};

// Runs the import; the summary as JSON goes to standard output, progress, the summary per reason
// and errors to standard error.
ExitCode RunImport(const ImportOptions& options, const Connection& connection);

}  // namespace daybook::tools
