#include "tools/import/importer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/common/toml_table.h"
#include "tools/import/checkpoint.h"
#include "tools/import/command.h"
#include "tools/import/intake.h"
#include "tools/import/pump.h"
#include "tools/import/session.h"

namespace daybook::tools {
namespace {

// Commands between two checkpoints; each waits for all that is on its way.
constexpr uint64_t kCheckpointEvery = 20'000;

// How far a fact may lie ahead of the clock; the server's own bound.
constexpr absl::Duration kMaxFuture = absl::Minutes(5);

// What ended an import early.
struct Stop {
  ExitCode code;
  std::string why;
};

Stop StopFor(const absl::Status& status) {
  const bool usage = absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
                     absl::IsPermissionDenied(status);
  return {usage ? ExitCode::kUsage : ExitCode::kBroken, std::string(status.message())};
}

Stop StopFor(const Failure& failure) { return {ToExitCode(failure), ToText(failure)}; }

class Import {
 public:
  Import(const ImportOptions& options, const Connection& connection)
      : options_(options), connection_(connection) {}

  std::optional<Stop> Run() {
    const auto start = std::chrono::steady_clock::now();
    if (auto stop = Prepare()) return stop;
    if (!options_.dry_run) {
      if (auto stop = Open()) return stop;
    }
    if (auto stop = ReadFiles()) return stop;
    if (auto stop = SendCommands()) return stop;
    if (!options_.dry_run && !options_.keep_open) {
      if (auto failure = CloseSession(connection_, session_)) return StopFor(*failure);
    }
    summary_.refused = refused_->by_reason();
    summary_.lines_refused = refused_->count();
    summary_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (absl::Status status = refused_->Close(); !status.ok()) return StopFor(status);
    if (!options_.dry_run && !options_.state_path.empty()) std::remove(options_.state_path.c_str());
    return std::nullopt;
  }

  const ImportSummary& summary() const { return summary_; }
  const std::string& refused_path() const { return refused_path_; }

 private:
  std::optional<Stop> Prepare() {
    const auto text = ReadTextFile(options_.mapping_path);
    if (!text.ok()) return StopFor(text.status());
    auto mapping = ParseMapping(*text, options_.mapping_path);
    if (!mapping.ok()) return StopFor(mapping.status());
    mapping_ = *std::move(mapping);
    if (absl::Status status = CheckFiles(); !status.ok()) return StopFor(status);
    session_ = options_.session.empty() ? mapping_->source : options_.session;
    refused_path_ = options_.refused_path.empty() ? options_.files.front() + ".refused.csv"
                                                  : options_.refused_path;
    checkpoint_.fingerprint = FingerprintOf(*text, session_, options_.files);
    if (!options_.state_path.empty()) {
      auto resumed = ReadCheckpoint(options_.state_path, checkpoint_.fingerprint);
      if (!resumed.ok()) return StopFor(resumed.status());
      resumed_ = *std::move(resumed);
    }
    // On a resume what the files themselves refuse is listed and counted already.
    auto unlisted = RefusedLines::Create("");
    auto refused = resumed_ ? RefusedLines::Resume(refused_path_, resumed_->refused_bytes,
                                                   resumed_->summary.refused)
                            : RefusedLines::Create(refused_path_);
    if (!refused.ok()) return StopFor(refused.status());
    unlisted_ = *std::move(unlisted);
    refused_ = *std::move(refused);
    return std::nullopt;
  }

  // What can be said about the files before anything is sent. What is no plain file can be read
  // only once.
  absl::Status CheckFiles() const {
    std::set<std::pair<dev_t, ino_t>> seen;
    for (const std::string& file : options_.files) {
      struct stat found {};
      const bool is_there =
          (file == "-" ? fstat(STDIN_FILENO, &found) : stat(file.c_str(), &found)) == 0;
      if (is_there && !seen.emplace(found.st_dev, found.st_ino).second) {
        return absl::InvalidArgumentError(file + ": is named twice");
      }
      if (file == "-" || (is_there && !S_ISREG(found.st_mode))) continue;
      if (absl::Status status = CheckHeader(*mapping_, file); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::optional<Stop> Open() const {
    const auto failure = OpenSession(connection_, session_, mapping_->source);
    if (!failure) return std::nullopt;
    if (!IsSessionClosed(*failure)) return StopFor(*failure);
    fmt::print(
        stderr,
        "daybook import: the session \"{}\" is closed: what it brought can only be repeated; "
        "for anything new name another with --session\n",
        session_);
    return std::nullopt;
  }

  std::optional<Stop> ReadFiles() {
    const Intake::Options options{options_.memory_bytes, options_.temp_directory,
                                  absl::ToUnixMicros(absl::Now() + kMaxFuture)};
    intake_ = std::make_unique<Intake>(*mapping_, options, resumed_ ? *unlisted_ : *refused_);
    uint64_t before = 0;
    Progress progress("reading", "bytes", SizeOfFiles());
    for (const std::string& file : options_.files) {
      const absl::Status status =
          intake_->ReadFile(file, [&](uint64_t bytes) { progress.Update(before + bytes); });
      if (!status.ok()) return StopFor(status);
      before += SizeOf(file);
    }
    if (absl::Status status = intake_->Finish(); !status.ok()) return StopFor(status);
    summary_.lines_read = intake_->lines_read();
    summary_.lines_skipped = intake_->lines_skipped();
    return std::nullopt;
  }

  static uint64_t SizeOf(const std::string& file) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(file, error);
    return error ? 0 : size;
  }

  // 0, which is unknown, if one of them is not a plain file.
  uint64_t SizeOfFiles() const {
    uint64_t sum = 0;
    for (const std::string& file : options_.files) {
      const uint64_t size = SizeOf(file);
      if (size == 0) return 0;
      sum += size;
    }
    return sum;
  }

  std::optional<Stop> Resume() {
    const uint64_t lines_read = summary_.lines_read;
    const uint64_t lines_skipped = summary_.lines_skipped;
    summary_ = resumed_->summary;
    summary_.lines_read = lines_read;
    summary_.lines_skipped = lines_skipped;
    Group group;
    for (; groups_ < resumed_->groups; ++groups_) {
      const auto more = intake_->NextGroup(group);
      if (!more.ok()) return StopFor(more.status());
    }
    return std::nullopt;
  }

  std::optional<Stop> SendCommands() {
    if (resumed_) {
      if (auto stop = Resume()) return stop;
    }
    const std::unique_ptr<Sender> sender = options_.unary
                                               ? NewUnarySender(connection_, options_.retry_for)
                                               : NewStreamSender(connection_, options_.retry_for);
    CommandBuilder builder(*mapping_, *intake_, session_, *refused_);
    const Pump::Limits limits{options_.unary ? 1 : options_.batch_items,
                              options_.unary ? 1 : options_.batches_in_flight};
    Pump pump(*sender, limits, builder, *intake_, *refused_, summary_);
    Progress progress("sending", "groups", intake_->groups());
    Group group;
    while (true) {
      const auto more = intake_->NextGroup(group);
      if (!more.ok()) return StopFor(more.status());
      if (!*more) break;
      ++groups_;
      std::optional<Command> command = builder.Build(group);
      if (!command) continue;
      ++summary_.commands;
      progress.Update(groups_);
      if (options_.dry_run) continue;
      if (auto failure = pump.Push(*std::move(command))) return StopFor(*failure);
      if (groups_ % kCheckpointEvery != 0) continue;
      if (auto stop = SaveState(pump)) return stop;
    }
    if (auto failure = pump.Drain()) return StopFor(*failure);
    return std::nullopt;
  }

  std::optional<Stop> SaveState(Pump& pump) {
    if (options_.state_path.empty()) return std::nullopt;
    if (auto failure = pump.Drain()) return StopFor(*failure);
    const auto bytes = refused_->Flush();
    if (!bytes.ok()) return StopFor(bytes.status());
    checkpoint_.groups = groups_;
    checkpoint_.refused_bytes = *bytes;
    checkpoint_.summary = summary_;
    checkpoint_.summary.refused = refused_->by_reason();
    if (absl::Status status = WriteCheckpoint(options_.state_path, checkpoint_); !status.ok()) {
      return StopFor(status);
    }
    return std::nullopt;
  }

  const ImportOptions& options_;
  const Connection& connection_;
  std::optional<Mapping> mapping_;
  std::string session_;
  std::string refused_path_;
  std::unique_ptr<RefusedLines> refused_;
  std::unique_ptr<RefusedLines> unlisted_;
  std::unique_ptr<Intake> intake_;
  ImportSummary summary_;
  Checkpoint checkpoint_;
  std::optional<Checkpoint> resumed_;
  uint64_t groups_ = 0;
};

void PrintReasons(const ImportSummary& summary, const std::string& path) {
  fmt::print(stderr, "{} lines read, {} commands: {} accepted, {} repeated, {} refused\n",
             summary.lines_read, summary.commands, summary.accepted, summary.repeated,
             summary.refused_commands);
  if (summary.lines_refused == 0) return;
  fmt::print(stderr, "{} lines refused, see {}\n", summary.lines_refused, path);
  for (const auto& [reason, lines] : summary.refused)
    fmt::print(stderr, "  {:>10}  {}\n", lines, reason);
}

}  // namespace

std::string ImportSummary::ToJson() const {
  std::string reasons;
  for (const auto& [reason, lines] : refused) {
    reasons += fmt::format("{}\"{}\":{}", reasons.empty() ? "" : ",", reason, lines);
  }
  return fmt::format(
      "{{\"lines_read\":{},\"lines_skipped\":{},\"lines_refused\":{},\"refused\":{{{}}},"
      "\"commands\":{},"
      "\"accepted\":{},\"repeated\":{},\"tolerated\":{},\"refused_commands\":{},\"events\":{},"
      "\"seconds\":{:.3f}}}",
      lines_read, lines_skipped, lines_refused, reasons, commands, accepted, repeated, tolerated,
      refused_commands, events, seconds);
}

ExitCode RunImport(const ImportOptions& options, const Connection& connection) {
  Import import(options, connection);
  if (const std::optional<Stop> stop = import.Run()) {
    fmt::print(stderr, "daybook import: {}\n", stop->why);
    if (stop->code == ExitCode::kUnreachable) {
      fmt::print(stderr,
                 "The same command again goes on where this one stopped; nothing is doubled.\n");
    }
    return stop->code;
  }
  PrintOutput("{}\n", import.summary().ToJson());
  PrintReasons(import.summary(), import.refused_path());
  return import.summary().lines_refused > 0 ? ExitCode::kPartlyRefused : ExitCode::kOk;
}

}  // namespace daybook::tools
