#include "server/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "ledger/limits.h"
#include "server/address.h"

namespace daybook::server {
namespace {

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

template <typename Number>
bool ParseNumber(std::string_view text, Number* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

SettingKey Text(std::string name, std::string help, std::string Settings::*member,
                std::function<absl::Status(const std::string&)> check = {}) {
  return {std::move(name), SettingKind::kText, std::move(help),
          [member, check = std::move(check)](const std::string& text, Settings* settings) {
            if (check) {
              if (absl::Status status = check(text); !status.ok()) return status;
            }
            settings->*member = text;
            return absl::OkStatus();
          },
          [member](const Settings& settings) { return settings.*member; }};
}

SettingKey Number(std::string name, std::string help, uint32_t Settings::*member, uint32_t least,
                  uint32_t most) {
  help += fmt::format(" ({} to {})", least, most);
  return {std::move(name), SettingKind::kNumber, std::move(help),
          [=](const std::string& text, Settings* settings) {
            uint32_t value = 0;
            if (!ParseNumber(text, &value) || value < least || value > most) {
              return Invalid(fmt::format("'{}' is not a number from {} to {}", text, least, most));
            }
            settings->*member = value;
            return absl::OkStatus();
          },
          [member](const Settings& settings) { return std::to_string(settings.*member); }};
}

SettingKey Switch(std::string name, std::string help, bool Settings::*member) {
  return {std::move(name), SettingKind::kSwitch, std::move(help),
          [member](const std::string& text, Settings* settings) {
            if (text != "true" && text != "false") {
              return Invalid(fmt::format("'{}' is not true or false", text));
            }
            settings->*member = text == "true";
            return absl::OkStatus();
          },
          [member](const Settings& settings) {
            return std::string(settings.*member ? "true" : "false");
          }};
}

absl::Status CheckNotEmpty(const std::string& text) {
  return text.empty() ? Invalid("must not be empty") : absl::OkStatus();
}

absl::Status CheckLoopbackOrEmpty(const std::string& text) {
  return text.empty() ? absl::OkStatus() : CheckLoopback(text);
}

SettingKey EntityPartitions() {
  SettingKey key = Number("entity_partitions", "partitions of a new ledger; fixed for its life",
                          &Settings::entity_partitions, 1, ledger::kMaxEntityPartitions);
  key.set = [set = key.set](const std::string& text, Settings* settings) {
    settings->entity_partitions_given = true;
    return set(text, settings);
  };
  return key;
}

SettingKey LogLevel() {
  return {"log_level", SettingKind::kText, "what is logged: debug, info, warning, error",
          [](const std::string& text, Settings* settings) {
            const auto level = spdlog::level::from_str(text);
            if (text != "debug" && text != "info" && text != "warning" && text != "error") {
              return Invalid(fmt::format("'{}' is not debug, info, warning or error", text));
            }
            settings->log_level = level;
            return absl::OkStatus();
          },
          [](const Settings& settings) {
            const auto name = spdlog::level::to_string_view(settings.log_level);
            return std::string(name.data(), name.size());
          }};
}

SettingKey LogForm() {
  return {"log_format", SettingKind::kText, "one JSON object a line, or text: json, text",
          [](const std::string& text, Settings* settings) {
            if (text != "json" && text != "text") {
              return Invalid(fmt::format("'{}' is not json or text", text));
            }
            settings->log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
            return absl::OkStatus();
          },
          [](const Settings& settings) {
            return std::string(settings.log_format == LogFormat::kJson ? "json" : "text");
          }};
}

}  // namespace

const std::vector<SettingKey>& SettingKeys() {
  static const std::vector<SettingKey>& keys = *new std::vector<SettingKey>{
      Text("listen",
           "address and port to serve on; port 0: any free one. Loopback only without TLS and "
           "tokens",
           &Settings::listen, CheckAddress),
      Text("data_dir", "directory of ledger, vault and views; made if it is not there",
           &Settings::data_dir, CheckNotEmpty),
      Text("port_file", "file that gets the port once the server serves; empty: none",
           &Settings::port_file),
      Text("backup_dir",
           "directory of backups, best on another disk; empty: \"backups\" in data_dir",
           &Settings::backup_dir),
      EntityPartitions(),
      Number("segment_mb", "size of new segment files, MiB; two are zeroed ahead",
             &Settings::segment_mb, 8, 2048),
      Number("workers", "threads that decide commands; one is faster up to two cores",
             &Settings::workers, 1, 64),
      Number("views_cache_mb", "block cache of decision state and views, MiB",
             &Settings::views_cache_mb, 8, 1'048'576),
      Number("rows_memory_mb", "rows of decision state and views kept in memory, MiB, about",
             &Settings::rows_memory_mb, 1, 1'048'576),
      Number("index_cache_mb", "block cache of the ledger's index, MiB", &Settings::index_cache_mb,
             8, 1'048'576),
      Switch("reflection", "lets tools ask for the protos", &Settings::reflection),
      Text("metrics_listen", "loopback address and port of Prometheus metrics; empty: none",
           &Settings::metrics_listen, CheckLoopbackOrEmpty),
      Text("tls_cert", "PEM file with the server's certificate chain; empty: no TLS",
           &Settings::tls_cert),
      Text("tls_key", "PEM file with the certificate's key", &Settings::tls_key),
      Text("tls_client_ca",
           "PEM file with the authorities of clients' certificates, which are then required",
           &Settings::tls_client_ca),
      Switch("require_tokens",
             "calls need a token; the first administrator's is put into the data directory",
             &Settings::require_tokens),
      LogLevel(),
      LogForm(),
      Number("drain_seconds", "how long a stop waits for calls that are under way",
             &Settings::drain_seconds, 0, 3600),
      Number("max_streams", "calls at once on one connection", &Settings::max_streams, 1, 100'000),
      Number("max_message_mb", "largest message, an ingest batch for instance, MiB",
             &Settings::max_message_mb, 1, 256),
      Number("clock_leap_hours", "a clock that moves by more at once is not believed",
             &Settings::clock_leap_hours, 1, 87'600),
      Number("clock_gap_days", "nor one that is so much later at a start than it was last",
             &Settings::clock_gap_days, 1, 36'500),
  };
  return keys;
}

absl::Status CheckTogether(const Settings& settings) {
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    return Invalid("tls_cert and tls_key: one does not do without the other");
  }
  if (!settings.tls_client_ca.empty() && settings.tls_cert.empty()) {
    return Invalid("tls_client_ca: clients show certificates over TLS only; tls_cert is missing");
  }
  if (!settings.tls_cert.empty() && settings.require_tokens) return absl::OkStatus();
  const absl::Status loopback = CheckLoopback(settings.listen);
  if (loopback.ok()) return loopback;
  const char* const why =
      settings.require_tokens ? "without TLS (tls_cert, tls_key) tokens and personal data could be "
                                "read on their way"
      : settings.tls_cert.empty()
          ? "without TLS (tls_cert, tls_key) and tokens (require_tokens) whoever reaches the "
            "server "
            "may do everything"
          : "without tokens (require_tokens) whoever reaches the server may do everything";
  return Invalid(fmt::format("listen: {}; {}", std::string(loopback.message()), why));
}

const SettingKey* FindSetting(std::string_view name) {
  for (const SettingKey& key : SettingKeys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::string SettingKey::flag() const {
  std::string text = "--" + name;
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string SettingKey::variable() const {
  std::string text = "DAYBOOK_" + name;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace daybook::server
