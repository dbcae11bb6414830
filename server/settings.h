// What can be set, with defaults: the configuration as the rest of the server sees it. The table in
// settings.cc says each key's name, meaning, unit and range once; flags, environment variables, the
// file and --print-config all come from it.
#pragma once

#include <spdlog/common.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/logging.h"

namespace daybook::server {

struct Settings {
  std::string listen = "127.0.0.1:7430";
  std::string data_dir = "var";
  std::string port_file;
  std::string backup_dir;  // empty: "backups" in data_dir
  uint32_t entity_partitions = 32;
  // True if somebody said the number: then a ledger of another number is not what they meant.
  bool entity_partitions_given = false;
  uint32_t segment_mb = 64;
  uint32_t workers = 1;
  uint32_t views_cache_mb = 256;
  uint32_t rows_memory_mb = 512;
  uint32_t index_cache_mb = 64;
  bool reflection = false;
  std::string metrics_listen;
  spdlog::level::level_enum log_level = spdlog::level::info;
  LogFormat log_format = LogFormat::kJson;
  // Paths of PEM files; empty: no TLS.
  std::string tls_cert, tls_key;
  std::string tls_client_ca;  // empty: clients need no certificate
  bool require_tokens = false;
  uint32_t drain_seconds = 20;
  uint32_t max_streams = 1024;
  uint32_t max_message_mb = 16;
  uint32_t clock_leap_hours = 24;
  uint32_t clock_gap_days = 30;
};

// What a key's value looks like in the file.
enum class SettingKind { kText, kNumber, kSwitch };

struct SettingKey {
  std::string
      name;  // in the file; flag: "--" with '-' for '_'; environment: "DAYBOOK_" in capitals
  SettingKind kind;
  std::string help;
  // Errors: InvalidArgument saying what is allowed.
  std::function<absl::Status(const std::string& text, Settings* settings)> set;
  std::function<std::string(const Settings& settings)> show;

  std::string flag() const;
  std::string variable() const;
};

// In the order of --help.
const std::vector<SettingKey>& SettingKeys();
// What no key can say alone: certificate and key come together, and without TLS and tokens a server
// listens where only its own machine can reach it. Errors: InvalidArgument.
absl::Status CheckTogether(const Settings& settings);
// Null if there is none.
const SettingKey* FindSetting(std::string_view name);

}  // namespace daybook::server
