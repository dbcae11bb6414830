#include "tools/import/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "fmt/format.h"
#include "tools/common/request_id.h"
#include "tools/common/toml_table.h"

namespace daybook::tools {
namespace {

// The counters of a summary that a checkpoint keeps.
constexpr std::pair<const char*, uint64_t ImportSummary::*> kCounters[] = {
    {"commands", &ImportSummary::commands},
    {"accepted", &ImportSummary::accepted},
    {"repeated", &ImportSummary::repeated},
    {"tolerated", &ImportSummary::tolerated},
    {"refused_commands", &ImportSummary::refused_commands},
    {"events", &ImportSummary::events}};

// Where the next checkpoint is written before it takes the place of the last.
std::string Beside(const std::string& path) { return path + ".new"; }

}  // namespace

std::string FingerprintOf(const std::string& mapping_text, const std::string& session,
                          const std::vector<std::string>& files) {
  std::string all = fmt::format("{}\n{}\n", mapping_text, session);
  for (const std::string& file : files) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    const auto changed = std::filesystem::last_write_time(file, error).time_since_epoch().count();
    all += fmt::format("{} {} {}\n", file, size, changed);
  }
  return DerivedRequestId(all);
}

absl::StatusOr<std::optional<Checkpoint>> ReadCheckpoint(const std::string& path,
                                                         const std::string& fingerprint) {
  const std::string beside = Beside(path);
  if (std::filesystem::is_directory(path) || !std::ofstream(beside)) {
    return absl::InvalidArgumentError(path + ": cannot be written; name another with --state");
  }
  std::filesystem::remove(beside);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const absl::Status foreign = absl::InvalidArgumentError(
      path + ": is there already and no state of an import; name another with --state");
  const auto text = ReadTextFile(path);
  if (!text.ok()) return foreign;
  const auto table = ParseToml(*text, path);
  if (!table.ok()) return foreign;
  TomlProblems problems(path);
  TomlTable reader(*table, problems);
  Checkpoint checkpoint;
  checkpoint.fingerprint = reader.RequiredText("fingerprint");
  const auto number = [&](const char* key) {
    return static_cast<uint64_t>(reader.Integer(key).value_or(0));
  };
  checkpoint.groups = number("groups");
  checkpoint.refused_bytes = number("refused_bytes");
  for (const auto& [key, counter] : kCounters) checkpoint.summary.*counter = number(key);
  if (const toml::table* refused = reader.Table("refused")) {
    for (const auto& [reason, lines] : *refused) {
      checkpoint.summary.refused.emplace(reason.str(), lines.value<uint64_t>().value_or(0));
    }
  }
  if (!problems.empty()) return foreign;
  if (checkpoint.fingerprint != fingerprint) return std::nullopt;
  return checkpoint;
}

absl::Status WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint) {
  const std::string beside = Beside(path);
  {
    std::ofstream file(beside);
    file << fmt::format("fingerprint = \"{}\"\ngroups = {}\nrefused_bytes = {}\n",
                        checkpoint.fingerprint, checkpoint.groups, checkpoint.refused_bytes);
    for (const auto& [key, counter] : kCounters) {
      file << fmt::format("{} = {}\n", key, checkpoint.summary.*counter);
    }
    file << "\n[refused]\n";
    for (const auto& [reason, lines] : checkpoint.summary.refused) {
      file << fmt::format("{} = {}\n", reason, lines);
    }
    if (!file.flush()) return absl::InternalError("cannot write " + beside);
  }
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (error) return absl::InternalError("cannot write " + path);
  return absl::OkStatus();
}

}  // namespace daybook::tools
