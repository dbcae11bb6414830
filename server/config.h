// Puts the settings together: flags over environment over one TOML file over defaults. Every value
// keeps where it came from; what is not a key, or not a value of it, is an error that names the
// place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/settings.h"

namespace daybook::server {

struct Configuration {
  Settings settings;
  // By key: "default", "FILE:LINE", "DAYBOOK_LISTEN", "--listen".
  std::map<std::string, std::string> sources;
};

// What the command line asks for.
enum class Action { kServe, kCheckConfig, kPrintConfig, kHelp, kVersion };

struct CommandLine {
  Action action = Action::kServe;
  Configuration configuration;
  std::string text;  // of kHelp and kVersion
};

// The variables of an environment.
using Environment = std::map<std::string, std::string>;

// `arguments` without the program's name. Of the environment only what begins with DAYBOOK_ is
// looked at, and must be a key or belong to another program of ours. Errors: InvalidArgument for a
// person to read.
absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments,
                                            const Environment& environment);

// A TOML file with every key and, behind '#', where its value came from.
std::string Print(const Configuration& configuration);

}  // namespace daybook::server
