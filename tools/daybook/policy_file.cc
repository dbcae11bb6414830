#include "tools/daybook/policy_file.h"

#include <set>

#include "fmt/format.h"
#include "tools/common/date_format.h"
#include "tools/common/toml_message.h"
#include "tools/import/text.h"

namespace daybook::tools {
namespace {

using event::v1::EarnRule;
using event::v1::ProgrammePublished;

// The fields' documented ranges, as proto/daybook/event/v1/loyalty.proto has them.
constexpr int64_t kMaxPoints = 1'000'000;
constexpr int64_t kMaxPerMinorUnits = 1'000'000'000;
constexpr int kMaxRules = 200;
constexpr int kMaxProducts = 1000;
constexpr uint32_t kMaxGraceDays = 366;
constexpr uint32_t kMaxLatenessDays = 3660;

bool IsCode(const std::string& text) { return !text.empty() && ToCode(text) == text; }

// Adds problems at the table's line.
class Checker {
 public:
  Checker(const toml::table& table, TomlProblems& problems) : table_(table), problems_(problems) {}

  void Check(bool good, std::string_view key, std::string_view what) {
    if (good) return;
    const toml::node* node = table_.get(key);
    problems_.Add(node == nullptr ? static_cast<const toml::node&>(table_) : *node,
                  fmt::format("{}: {}", key, what));
  }

 private:
  const toml::table& table_;
  TomlProblems& problems_;
};

void CheckRule(const toml::table& table, const EarnRule& rule, TomlProblems& problems) {
  Checker checker(table, problems);
  checker.Check(IsCode(rule.rule_id()), "rule_id", "must be 1 to 64 characters of [A-Za-z0-9._:-]");
  checker.Check(rule.points() >= 1 && rule.points() <= kMaxPoints, "points", "must be 1 to 10^6");
  checker.Check(rule.per_minor_units() >= 1 && rule.per_minor_units() <= kMaxPerMinorUnits,
                "per_minor_units", "must be 1 to 10^9");
  checker.Check(rule.include_products_size() <= kMaxProducts, "include_products",
                "must be at most 1,000");
  checker.Check(rule.exclude_products_size() <= kMaxProducts, "exclude_products",
                "must be at most 1,000");
  checker.Check(rule.include_categories_size() <= kMaxProducts, "include_categories",
                "must be at most 1,000");
  checker.Check(rule.exclude_categories_size() <= kMaxProducts, "exclude_categories",
                "must be at most 1,000");
}

void CheckProgramme(const toml::table& table, const ProgrammePublished& programme,
                    TomlProblems& problems) {
  Checker checker(table, problems);
  checker.Check(IsCode(programme.programme_id()), "programme_id",
                "must be 1 to 64 characters of [A-Za-z0-9._:-]");
  checker.Check(programme.version() == 0, "version", "is given by the server: leave it out");
  checker.Check(programme.has_effective_from(), "effective_from", "is missing");
  checker.Check(!programme.name().empty() && programme.name().size() <= 128, "name",
                "must be 1 to 128 characters");
  checker.Check(programme.currency().size() == 3, "currency", "must be an ISO 4217 code");
  checker.Check(LoadZone(programme.zone()).ok(), "zone", "must be an IANA time zone");
  checker.Check(programme.rounding() != 0, "rounding", "must be half_even, down or half_up");
  checker.Check(programme.allocation_order() != 0, "allocation_order",
                "must be soonest_expiry or earliest_earned");
  checker.Check(programme.shortfall() != 0, "shortfall", "must be debt, waive or charge");
  checker.Check(programme.expired_refund() != 0, "expired_refund",
                "must be lapse, grace or new_lot");
  const bool grace = programme.expired_refund() == event::v1::EXPIRED_REFUND_POLICY_GRACE;
  checker.Check(grace ? programme.grace_days() >= 1 && programme.grace_days() <= kMaxGraceDays
                      : programme.grace_days() == 0,
                "grace_days",
                "must be 1 to 366 with expired_refund = \"grace\", and is not used otherwise");
  checker.Check(programme.lateness_days() <= kMaxLatenessDays, "lateness_days",
                "must be at most 3,660");
  checker.Check(programme.earn_rules_size() >= 1 && programme.earn_rules_size() <= kMaxRules,
                "earn_rules", "must be 1 to 200");

  const toml::array* rules = table["earn_rules"].as_array();
  std::set<std::string> ids;
  for (int i = 0; rules != nullptr && i < programme.earn_rules_size(); ++i) {
    const toml::table* rule = rules->size() > static_cast<size_t>(i)
                                  ? rules->get(static_cast<size_t>(i))->as_table()
                                  : nullptr;
    if (rule == nullptr) continue;
    CheckRule(*rule, programme.earn_rules(i), problems);
    Checker(*rule, problems)
        .Check(ids.insert(programme.earn_rules(i).rule_id()).second, "rule_id", "is there twice");
  }
}

}  // namespace

absl::StatusOr<ProgrammePublished> ParseProgramme(std::string_view toml, const std::string& file,
                                                  const std::vector<std::string>& overrides) {
  absl::StatusOr<toml::table> table = ParseToml(toml, file);
  if (!table.ok()) return table.status();
  for (const std::string& line : overrides) {
    absl::StatusOr<toml::table> override_table = ParseToml(line, "--set");
    if (!override_table.ok()) return override_table.status();
    for (const auto& [key, node] : *override_table) table->insert_or_assign(key, node);
  }
  TomlProblems problems(file);
  ProgrammePublished programme;
  FromToml(*table, programme, problems);
  // Ranges of what could not even be read would only repeat the problem.
  if (problems.empty()) CheckProgramme(*table, programme, problems);
  if (!problems.empty()) return problems.ToStatus();
  return programme;
}

absl::StatusOr<event::v1::AttributeSchemaPublished> ParseAttributeSchema(std::string_view toml,
                                                                         const std::string& file) {
  absl::StatusOr<toml::table> table = ParseToml(toml, file);
  if (!table.ok()) return table.status();
  TomlProblems problems(file);
  event::v1::AttributeSchemaPublished schema;
  FromToml(*table, schema, problems);
  Checker(*table, problems)
      .Check(schema.version() == 0, "version", "is given by the server: leave it out");
  if (const toml::array* attributes = (*table)["attributes"].as_array()) {
    for (const toml::node& node : *attributes) {
      const toml::table* attribute = node.as_table();
      if (attribute == nullptr) continue;
      Checker checker(*attribute, problems);
      checker.Check(attribute->contains("path"), "path", "is missing");
      checker.Check(attribute->contains("type"), "type", "is missing");
      checker.Check(attribute->contains("personal"), "personal", "must be said: true or false");
    }
  }
  if (!problems.empty()) return problems.ToStatus();
  return schema;
}

namespace {

// A policy whose ranges the server checks.
template <typename Policy>
absl::StatusOr<Policy> ParsePolicy(std::string_view toml, const std::string& file) {
  absl::StatusOr<toml::table> table = ParseToml(toml, file);
  if (!table.ok()) return table.status();
  TomlProblems problems(file);
  Policy policy;
  FromToml(*table, policy, problems);
  Checker(*table, problems)
      .Check(policy.version() == 0, "version", "is given by the server: leave it out");
  if (!problems.empty()) return problems.ToStatus();
  return policy;
}

}  // namespace

absl::StatusOr<event::v1::SlaPublished> ParseSla(std::string_view toml, const std::string& file) {
  return ParsePolicy<event::v1::SlaPublished>(toml, file);
}

absl::StatusOr<event::v1::WarrantyTermsPublished> ParseWarrantyTerms(std::string_view toml,
                                                                     const std::string& file) {
  return ParsePolicy<event::v1::WarrantyTermsPublished>(toml, file);
}

std::string ProgrammeToToml(const ProgrammePublished& programme) {
  ProgrammePublished without_version = programme;
  without_version.clear_version();
  return fmt::format("# version {}\n{}", programme.version(), ToToml(without_version));
}

}  // namespace daybook::tools
