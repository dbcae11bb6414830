#include "tools/daybook/cli.h"

#include "fmt/format.h"
#include "tools/common/date_format.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"

namespace daybook::tools {

Cli::Cli(CLI::App& app) {
  app.add_option("--server", server_, "host:port of the server")
      ->envname("DAYBOOK_SERVER")
      ->check([](const std::string& server) {
        return std::string(server.find_first_not_of(' ') == std::string::npos ? "must be host:port"
                                                                              : "");
      })
      ->capture_default_str();
  app.add_option("--output", output_, "How answers are printed")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_option("--timeout", timeout_seconds_, "Seconds to wait for an answer")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  app.add_option("--zone", zone_name_,
                 "IANA zone of local times, given and shown; else times are UTC");
}

Connection Cli::Connect() const {
  return Connection(server_,
                    std::chrono::milliseconds(static_cast<int64_t>(timeout_seconds_ * 1000)));
}

absl::StatusOr<std::optional<absl::TimeZone>> Cli::zone() const {
  if (zone_name_.empty()) return std::nullopt;
  const auto zone = LoadZone(zone_name_);
  if (!zone.ok()) return zone.status();
  return *zone;
}

TextStyle Cli::style() const {
  const auto chosen = zone();
  TextStyle style;
  if (chosen.ok() && *chosen) style.zone = **chosen;
  return style;
}

void Cli::Print(const google::protobuf::Message& message) const {
  if (json()) {
    PrintOutput("{}\n", ToJson(message));
  } else {
    WriteOutput(MessageText(message, style(), MayColour()));
  }
}

void Cli::PrintList(const std::vector<const google::protobuf::Message*>& elements,
                    const std::vector<std::string>& columns) const {
  if (json()) {
    for (const google::protobuf::Message* element : elements) PrintOutput("{}\n", ToJson(*element));
  } else {
    WriteOutput(ToTable(elements, columns, style()).ToText(MayColour()));
  }
}

void Cli::Fail(const Failure& failure) {
  exit_code = ToExitCode(failure);
  fmt::print(stderr, "daybook: {}\n", ToText(failure));
  if (exit_code == ExitCode::kUnreachable && failure.reason.empty()) {
    fmt::print(stderr, "  asked {}; say --server or set DAYBOOK_SERVER\n", server_);
  }
}

void Cli::Fail(const absl::Status& status) {
  exit_code =
      absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsOutOfRange(status)
          ? ExitCode::kUsage
          : ExitCode::kBroken;
  fmt::print(stderr, "daybook: {}\n", std::string(status.message()));
}

}  // namespace daybook::tools
