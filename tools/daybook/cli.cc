#include "tools/daybook/cli.h"

#include <algorithm>
#include <cstdlib>

#include "fmt/format.h"
#include "tools/common/date_format.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/common/toml_table.h"

namespace daybook::tools {
namespace {

bool IsLoopback(const std::string& server) {
  const std::string host = server.substr(0, server.rfind(':'));
  const bool v4 =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
  return v4 || host == "localhost" || host == "[::1]";
}

// The text of the file that an option names; empty without one.
std::string ReadOption(const char* option, const std::string& path) {
  if (path.empty()) return {};
  const auto text = ReadTextFile(path);
  if (!text.ok()) throw CLI::ValidationError(option, std::string(text.status().message()));
  return *text;
}

// What goes into a header: gRPC ends the process over anything else.
void CheckHeader(const std::string& name, const std::string& value) {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable) {
    throw CLI::ValidationError(name, "has other characters than printable ASCII without blanks");
  }
}

}  // namespace

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
  const std::string access = "Who calls";
  app.add_option("--token-file", token_file_, "File with the token; else DAYBOOK_TOKEN has it")
      ->group(access);
  app.add_option("--read-purpose", read_purpose_, "Why personal fields are read: a code, recorded")
      ->group(access);
  app.add_option("--read-legal-basis", read_legal_basis_, "On which legal ground; likewise")
      ->group(access);
  app.add_flag("--tls", tls_, "Talk TLS; the machine's authorities are trusted")->group(access);
  app.add_option("--tls-ca", tls_ca_, "PEM file with the server's authority; talks TLS")
      ->group(access);
  app.add_option("--tls-cert", tls_cert_, "PEM file with this client's certificate")->group(access);
  app.add_option("--tls-key", tls_key_, "PEM file with its key")->group(access);
}

Connection Cli::Connect() const {
  Credentials credentials;
  if (!token_file_.empty()) {
    credentials.token = ReadOption("--token-file", token_file_);
  } else if (const char* token = std::getenv("DAYBOOK_TOKEN"); token != nullptr) {
    credentials.token = token;
  }
  credentials.token.erase(credentials.token.find_last_not_of(" \r\n") + 1);
  credentials.purpose = read_purpose_;
  credentials.legal_basis = read_legal_basis_;
  CheckHeader("the token", credentials.token);
  CheckHeader("--read-purpose", credentials.purpose);
  CheckHeader("--read-legal-basis", credentials.legal_basis);
  credentials.tls_ca = ReadOption("--tls-ca", tls_ca_);
  credentials.tls_cert = ReadOption("--tls-cert", tls_cert_);
  credentials.tls_key = ReadOption("--tls-key", tls_key_);
  credentials.tls = tls_ || !tls_ca_.empty();
  if (!credentials.tls && !(tls_cert_.empty() && tls_key_.empty())) {
    throw CLI::ValidationError("--tls-cert", "needs --tls or --tls-ca");
  }
  if (!credentials.token.empty() && !credentials.tls && !IsLoopback(server_)) {
    throw CLI::ValidationError(
        "--server", "a token is sent to another machine over TLS only: say --tls or --tls-ca");
  }
  return Connection(server_,
                    std::chrono::milliseconds(static_cast<int64_t>(timeout_seconds_ * 1000)),
                    credentials);
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
