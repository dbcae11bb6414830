#include "tools/bench/bench.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/bench/measure.h"
#include "tools/common/exit_code.h"
#include "tools/common/output.h"

namespace daybook::tools {
namespace {

struct Measurement {
  std::string name;
  absl::StatusOr<std::vector<Section>> (*run)(const BenchOptions& options);
};

const std::vector<Measurement>& Measurements() {
  static const auto* measurements = new std::vector<Measurement>{
      {"unary", MeasureUnary}, {"latency", MeasureOneAtATime}, {"bulk", MeasureBulk}};
  return *measurements;
}

int Fail(ExitCode code, std::string_view message) {
  fmt::print(stderr, "daybook bench: {}\n", message);
  return static_cast<int>(code);
}

void PrintJson(const std::vector<std::string>& elements) {
  PrintOutput("[\n");
  for (size_t i = 0; i < elements.size(); ++i) {
    PrintOutput("  {}{}\n", elements[i], i + 1 < elements.size() ? "," : "");
  }
  PrintOutput("]\n");
}

int Run(const BenchOptions& options, const std::string& only, bool json) {
  std::vector<std::string> elements;
  for (const Measurement& measurement : Measurements()) {
    if (!only.empty() && only != measurement.name) continue;
    fmt::print(stderr, "measuring: {}\n", measurement.name);
    const auto sections = measurement.run(options);
    if (!sections.ok()) return Fail(ExitCode::kBroken, std::string(sections.status().message()));
    for (const Section& section : *sections) {
      if (json) {
        for (std::string& element : section.ToJson()) elements.push_back(std::move(element));
      } else {
        PrintOutput("{}\n", section.ToText());
        FlushOutput();
      }
    }
  }
  if (json) PrintJson(elements);
  return static_cast<int>(ExitCode::kOk);
}

}  // namespace

int RunBench(const std::vector<std::string>& arguments, const std::string& usual_output) {
  CLI::App app("Measure a daybookd that is started for it", "daybook bench");
  BenchOptions options;
  std::string only;
  std::string output = usual_output;
  bool quick = false;
  std::vector<std::string> names;
  for (const Measurement& measurement : Measurements()) names.push_back(measurement.name);
  app.add_option("--orders", options.orders, "Orders of each bulk row")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Length of a slice")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Slices of each kind, taking turns")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--quick", quick, "Short: to see that it runs, not for numbers to quote");
  app.add_option("--only", only, "One measurement")->check(CLI::IsMember(names));
  app.add_option("--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_option("--directory", options.parent, "Where the data is: the disk that is measured")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--server-option", options.server_arguments,
                 "Handed to daybookd, for instance --server-option=--workers=2");
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (quick) {
    options.orders = std::min<uint64_t>(options.orders, 10'000);
    options.seconds = 0.3;
    options.rounds = 1;
  }
  auto program = FindServerProgram();
  if (!program.ok()) return Fail(ExitCode::kUsage, std::string(program.status().message()));
  options.server_program = *std::move(program);
  return Run(options, only, output == "json");
}

}  // namespace daybook::tools
