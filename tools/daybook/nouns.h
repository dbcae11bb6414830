// The nouns of the command line, one file each: every function adds its noun with its verbs to
// `app`.
#pragma once

#include "tools/daybook/cli.h"

namespace daybook::tools {

void AddCustomer(CLI::App& app, Cli& cli);
void AddOrder(CLI::App& app, Cli& cli);
void AddPoints(CLI::App& app, Cli& cli);
void AddClock(CLI::App& app, Cli& cli);
void AddContact(CLI::App& app, Cli& cli);
void AddCase(CLI::App& app, Cli& cli);
void AddHolding(CLI::App& app, Cli& cli);
void AddSla(CLI::App& app, Cli& cli);
void AddProgramme(CLI::App& app, Cli& cli);
void AddSchema(CLI::App& app, Cli& cli);
void AddWarranty(CLI::App& app, Cli& cli);
void AddView(CLI::App& app, Cli& cli);
void AddLedger(CLI::App& app, Cli& cli);
// Verbs of the noun `ledger`.
void AddLedgerBackup(CLI::App& noun, Cli& cli);
void AddLedgerCheck(CLI::App& noun, Cli& cli);
void AddSubscribe(CLI::App& app, Cli& cli);
void AddSession(CLI::App& app, Cli& cli);
void AddImport(CLI::App& app, Cli& cli);
void AddGenerate(CLI::App& app, Cli& cli);
void AddTenant(CLI::App& app, Cli& cli);
void AddToken(CLI::App& app, Cli& cli);
void AddAccess(CLI::App& app, Cli& cli);

}  // namespace daybook::tools
