#include "tools/generate/generate.h"

#include "absl/time/civil_time.h"
#include "tools/daybook/nouns.h"

namespace daybook::tools {
namespace {

// What the options say before they are looked at together.
struct Raw {
  GenerateOptions options;
  std::string start = "2024-01-01";
  std::vector<std::string> to = {"server"};
};

void Run(Cli& cli, Raw& raw) {
  absl::CivilDay start;
  if (!absl::ParseCivilTime(raw.start, &start)) {
    return cli.Fail(absl::InvalidArgumentError("--start: \"" + raw.start +
                                               "\" is not a day such as 2024-01-01"));
  }
  raw.options.shop.start_day = start - absl::CivilDay(1970, 1, 1);
  const bool to_files = raw.to.front() == "files";
  if ((!to_files && raw.to.front() != "server") || raw.to.size() != (to_files ? 2 : 1)) {
    return cli.Fail(absl::InvalidArgumentError("--to: must be \"server\" or \"files FOLDER\""));
  }
  if (to_files) raw.options.folder = raw.to.back();
  cli.exit_code = RunGenerate(raw.options, cli.Connect());
}

}  // namespace

void AddGenerate(CLI::App& app, Cli& cli) {
  CLI::App* verb = app.add_subcommand("generate", "Make up a shop of any size from one seed");
  const auto raw = std::make_shared<Raw>();
  ShopOptions& shop = raw->options.shop;
  const CLI::Range positive(uint64_t{1}, uint64_t{1'000'000'000});
  const CLI::Range percent(uint64_t{0}, uint64_t{100});
  verb->add_option("--customers", shop.customers, "Customers")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--orders", shop.orders, "Orders")->check(positive)->capture_default_str();
  verb->add_option("--products", shop.products, "Products")->check(positive)->capture_default_str();
  verb->add_option("--seed", shop.seed, "The same seed gives the same shop")->capture_default_str();
  verb->add_option("--start", raw->start, "First day")->capture_default_str();
  verb->add_option("--days", shop.days, "Days")
      ->check(CLI::Range(1, 36'600))
      ->capture_default_str();
  verb->add_option("--programme", shop.programme,
                   "Programme whose points are redeemed; empty: none")
      ->capture_default_str();
  verb->add_option("--returns-percent", shop.returns_percent, "Returns of a hundred orders")
      ->check(percent)
      ->capture_default_str();
  verb->add_option("--redemptions-percent", shop.redemptions_percent,
                   "Redemptions of a hundred orders")
      ->check(percent)
      ->capture_default_str();
  verb->add_option("--contacts-percent", shop.contacts_percent, "Contacts of a hundred orders")
      ->check(percent)
      ->capture_default_str();
  verb->add_option("--session", shop.import_session, "Id of the import session; else shop-SEED");
  verb->add_option("--to", raw->to,
                   "\"server\", or \"files FOLDER\": CSV that generated_shop.toml reads")
      ->expected(1, 2)
      ->capture_default_str();
  verb->callback([&cli, raw] { Run(cli, *raw); });
}

}  // namespace daybook::tools
