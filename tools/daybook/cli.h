// What all commands of `daybook` share: the global options, how answers are printed and how errors
// end the program.
#pragma once

#include <google/protobuf/message.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/common/connection.h"
#include "tools/common/exit_code.h"
#include "tools/common/failure.h"
#include "tools/daybook/message_text.h"

namespace daybook::tools {

// One per process, lives as long as the parsed command line. One thread uses it.
class Cli {
 public:
  // Adds the global options to `app`.
  explicit Cli(CLI::App& app);
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  // What main returns; commands set it.
  ExitCode exit_code = ExitCode::kOk;

  // Throws CLI::ValidationError if what says who calls cannot be used.
  Connection Connect() const;
  bool json() const { return output_ == "json"; }
  // Where local times are; absent if --zone is not given. Fails (exit code 2) if there is no such
  // zone.
  absl::StatusOr<std::optional<absl::TimeZone>> zone() const;
  TextStyle style() const;

  // One message as JSON on a line, or for people.
  void Print(const google::protobuf::Message& message) const;
  // List elements: JSON, one a line, or a table with these columns.
  void PrintList(const std::vector<const google::protobuf::Message*>& elements,
                 const std::vector<std::string>& columns) const;

  // Prints "daybook: ..." on standard error and sets the exit code.
  void Fail(const Failure& failure);
  // InvalidArgument and NotFound are the command line's fault, everything else is ours.
  void Fail(const absl::Status& status);

 private:
  std::string server_ = "127.0.0.1:7430";
  std::string output_ = "table";
  double timeout_seconds_ = 30;
  std::string zone_name_;
  std::string token_file_, read_purpose_, read_legal_basis_, tls_ca_, tls_cert_, tls_key_;
  bool tls_ = false;
};

}  // namespace daybook::tools
