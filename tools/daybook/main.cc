// The command line of Daybook: `daybook NOUN VERB ...`.
#include <CLI/CLI.hpp>
#include <system_error>

#include "fmt/format.h"
#include "tools/common/output.h"
#include "tools/daybook/cli.h"
#include "tools/daybook/nouns.h"
#ifdef DAYBOOK_HAS_BENCH
#include "tools/bench/bench.h"
#endif

namespace daybook::tools {
namespace {

#ifdef DAYBOOK_HAS_BENCH
// Everything behind `bench` is the benchmark's own command line.
void AddBench(CLI::App& app, Cli& cli) {
  CLI::App* verb =
      app.add_subcommand("bench", "Measure: starts what it measures, prints a table and JSON");
  verb->fallthrough(false);  // or its options would be looked for among the global ones
  verb->prefix_command();
  verb->set_help_flag("");
  verb->callback([verb, &cli] {
    std::vector<std::string> arguments = verb->remaining();
    cli.exit_code = static_cast<ExitCode>(RunBench(arguments, cli.json() ? "json" : "table"));
  });
}
#endif

ExitCode Main(int argc, char** argv) {
  CLI::App app("Daybook: customers, what they bought, and their points", "daybook");
  app.require_subcommand(1);
  app.fallthrough();
  Cli cli(app);
  AddCustomer(app, cli);
  AddOrder(app, cli);
  AddPoints(app, cli);
  AddContact(app, cli);
  AddWarranty(app, cli);
  AddCase(app, cli);
  AddHolding(app, cli);
  AddSla(app, cli);
  AddProgramme(app, cli);
  AddSchema(app, cli);
  AddView(app, cli);
  AddLedger(app, cli);
  AddSubscribe(app, cli);
  AddSession(app, cli);
  AddClock(app, cli);
  AddImport(app, cli);
  AddGenerate(app, cli);
  AddTenant(app, cli);
  AddToken(app, cli);
  AddAccess(app, cli);
#ifdef DAYBOOK_HAS_BENCH
  AddBench(app, cli);
#endif
  app.footer(
      "Exit codes: 0 done, 1 refused by the server, 2 wrong command line or file, 3 server not "
      "reachable,\n"
      "4 import done with refused lines, 5 input, output or an internal error, 6 stored data is "
      "damaged.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Where something is missing because something unknown stands there, that is the mistake.
    const std::vector<std::string> unknown = app.remaining(true);
    if (error.get_name() == "RequiredError" && !unknown.empty()) {
      fmt::print(stderr, "daybook: unknown command or option \"{}\"\n", unknown.front());
      fmt::print(stderr, "Run with --help for more information.\n");
      return ExitCode::kUsage;
    }
    return app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return cli.exit_code;
}

}  // namespace
}  // namespace daybook::tools

int main(int argc, char** argv) {
  using daybook::tools::ExitCode;
  try {
    return static_cast<int>(daybook::tools::CloseOutput(daybook::tools::Main(argc, argv)));
  } catch (const std::system_error&) {
    // fmt's word for a standard error that takes nothing: there is nobody left to tell.
    return static_cast<int>(ExitCode::kBroken);
  }
}
