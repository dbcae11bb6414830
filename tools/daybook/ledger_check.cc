// `daybook ledger verify` and `stats`: on the files of a server that is not running, or of a
// backup.
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "projections/domains.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/daybook/data_dir.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/table.h"

namespace daybook::tools {
namespace {

struct CheckOptions {
  std::string data;
  std::string master_key;
};

// Shows how far a reading of the whole log is.
std::function<void(uint64_t, uint64_t)> ShowProgress(const char* what) {
  const auto progress = std::make_shared<std::unique_ptr<Progress>>();
  return [progress, what](uint64_t done, uint64_t total) {
    if (*progress == nullptr) *progress = std::make_unique<Progress>(what, "bytes", total);
    (*progress)->Update(done);
  };
}

template <typename Value>
std::string Optional(bool has, Value value) {
  return has ? fmt::format("{}", value) : std::string();
}

void PrintFindings(const v1::VerifyReport& report) {
  if (report.findings().empty()) return;
  Table table({"severity", "check", "file", "offset", "partition", "sequence", "finding"});
  std::vector<std::string> advices;
  for (const v1::Finding& finding : report.findings()) {
    const bool damage = finding.severity() == v1::Finding::SEVERITY_DAMAGE;
    table.Add({damage ? "damage" : "note", finding.check(), finding.file(),
               Optional(finding.has_offset(), finding.offset()),
               Optional(finding.has_partition(), finding.partition()),
               Optional(finding.has_sequence(), finding.sequence()), finding.text()});
    const std::string advice = fmt::format("{}: {}", finding.check(), finding.advice());
    const bool known = std::find(advices.begin(), advices.end(), advice) != advices.end();
    if (!finding.advice().empty() && !known) advices.push_back(advice);
  }
  WriteOutput(table.ToText(MayColour()));
  if (!advices.empty()) PrintOutput("\nWhat to do:\n");
  for (const std::string& advice : advices) PrintOutput("  {}\n", advice);
  PrintOutput("\n");
}

void PrintReport(const v1::VerifyReport& report) {
  PrintFindings(report);
  const v1::LedgerFigures& figures = report.figures();
  PrintOutput("ledger {}, epoch {}: {} commits, {} events, {} groups in {} segments\n",
              figures.ledger_id(), figures.epoch(), figures.commits(), figures.events(),
              figures.groups(), figures.segments());
  PrintOutput("checked: {}\n", fmt::join(report.checked(), ", "));
  for (const std::string& reason : report.not_checked()) PrintOutput("not checked: {}\n", reason);
  if (report.sound()) {
    PrintOutput("sound\n");
  } else {
    PrintOutput("DAMAGED: {} findings\n", report.damages());
  }
}

void Verify(Cli& cli, const CheckOptions& given) {
  const projections::Catalogue catalogue(projections::AllDomains());
  const auto master = MasterKeyIn(given.data, given.master_key);
  ledger::VerifyOptions options;
  options.directory = given.data;
  options.payload_types = KnownPayloads(catalogue);
  options.master = master.get();
  options.progress = ShowProgress("verifying");
  std::string problem;
  ReadClaims(given.data, &options, &problem);
  auto report = ledger::Verify(options);
  if (!report.ok()) return FailOnFiles(cli, report.status());
  if (problem.empty()) {
    report->add_checked("views");
  } else {
    report->add_not_checked("views: " + problem);
  }
  cli.json() ? cli.Print(*report) : PrintReport(*report);
  if (!report->sound()) cli.exit_code = ExitCode::kDamaged;
}

void Stats(Cli& cli, const CheckOptions& given) {
  ledger::VerifyOptions options;
  options.directory = given.data;
  options.progress = ShowProgress("counting");
  const auto figures = ledger::CountFigures(options);
  if (!figures.ok()) return FailOnFiles(cli, figures.status());
  cli.Print(*figures);
}

}  // namespace

void AddLedgerCheck(CLI::App& noun, Cli& cli) {
  const auto given = std::make_shared<CheckOptions>();
  CLI::App* verify = noun.add_subcommand(
      "verify",
      "Recompute everything that the files of a stopped server, or of a backup, hold, and compare; "
      "nothing is changed. Ends in 6 if anything is damaged");
  AddDataDir(*verify, &given->data);
  verify->add_option("--master-key", given->master_key,
                     "File of the master key, if it is not in the data directory");
  verify->callback([&cli, given] { Verify(cli, *given); });

  CLI::App* stats = noun.add_subcommand(
      "stats", "What the files of a stopped server, or of a backup, hold, in figures");
  AddDataDir(*stats, &given->data);
  stats->callback([&cli, given] { Stats(cli, *given); });
}

}  // namespace daybook::tools
