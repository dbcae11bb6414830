// A server's data directory, looked at by the command line while no server has it open: what all
// commands on files share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "ledger/verify.h"
#include "projections/engine/catalogue.h"
#include "tools/daybook/cli.h"

namespace daybook::tools {

// `--data-dir` of a command, with the server's own variable and default.
void AddDataDir(CLI::App& verb, std::string* directory);

// The payload of every event type that this program knows.
ledger::PayloadTypes KnownPayloads(const projections::Catalogue& catalogue);

// What the stored views say of the ledger, for a verification; `problem` gets why that cannot be
// told, or what is wrong with some of them.
void ReadClaims(const std::string& data, ledger::VerifyOptions* options, std::string* problem);

// The master key of a data directory, or the file that was named instead.
std::unique_ptr<ledger::MasterKeySource> MasterKeyIn(const std::string& data,
                                                     const std::string& file);

// Prints what failed and sets the exit code: damage and refusals have their own.
void FailOnFiles(Cli& cli, const absl::Status& status);

}  // namespace daybook::tools
