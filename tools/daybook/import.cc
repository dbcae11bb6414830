#include "tools/import/importer.h"

#include "tools/daybook/nouns.h"

namespace daybook::tools {

void AddImport(CLI::App& app, Cli& cli) {
  CLI::App* verb =
      app.add_subcommand("import", "Bring files in: CSV of any columns, through a mapping");
  const auto options = std::make_shared<ImportOptions>();
  const auto memory_mb = std::make_shared<size_t>(options->memory_bytes >> 20);
  const auto retry_seconds = std::make_shared<int64_t>(options->retry_for.count() / 1000);
  if (const char* directory = std::getenv("TMPDIR")) options->temp_directory = directory;
  verb->add_option("files", options->files, "CSV files, plain or zstd")->required();
  verb->add_option("--mapping", options->mapping_path, "TOML file that says what the columns mean")
      ->required();
  verb->add_option("--session", options->session,
                   "Id of the import session; else the mapping's source");
  verb->add_option("--refused", options->refused_path,
                   "Where refused lines go; else FILE.refused.csv");
  verb->add_option("--state", options->state_path, "File that lets a resume skip what is done");
  verb->add_option("--temp", options->temp_directory, "Folder for what does not fit into memory")
      ->capture_default_str();
  verb->add_option("--memory-mb", *memory_mb, "Memory for sorting")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb->add_option("--batch", options->batch_items, "Commands in a batch")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb->add_option("--in-flight", options->batches_in_flight, "Batches on their way at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  verb->add_option("--retry-seconds", *retry_seconds,
                   "How long to try to reach a server that went away")
      ->capture_default_str();
  verb->add_flag("--unary", options->unary, "One call at a time instead of the stream");
  verb->add_flag("--keep-open", options->keep_open, "Leave the session open at the end");
  verb->add_flag("--dry-run", options->dry_run, "Read and convert everything, send nothing");
  verb->callback([&cli, options, memory_mb, retry_seconds] {
    options->memory_bytes = *memory_mb << 20;
    options->retry_for = std::chrono::seconds(*retry_seconds);
    cli.exit_code = RunImport(*options, cli.Connect());
  });
}

}  // namespace daybook::tools
