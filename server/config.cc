#include "server/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <optional>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "server/version.h"

namespace daybook::server {
namespace {

// Values as texts, by key, with where they came from.
struct Given {
  std::string text;
  std::string source;
};
using Layer = std::map<std::string, Given>;

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::optional<std::string> TextOf(const toml::node& node, SettingKind kind) {
  switch (kind) {
    case SettingKind::kText:
      return node.value_exact<std::string>();
    case SettingKind::kNumber:
      if (const auto value = node.value_exact<int64_t>()) return std::to_string(*value);
      return std::nullopt;
    case SettingKind::kSwitch:
      if (const auto value = node.value_exact<bool>()) return *value ? "true" : "false";
      return std::nullopt;
  }
  return std::nullopt;
}

const char* NameOf(SettingKind kind) {
  switch (kind) {
    case SettingKind::kText:
      return "a text";
    case SettingKind::kNumber:
      return "a whole number";
    case SettingKind::kSwitch:
      return "true or false";
  }
  return "";
}

std::string KnownKeys() {
  std::string text;
  for (const SettingKey& key : SettingKeys()) text += (text.empty() ? "" : ", ") + key.name;
  return text;
}

absl::StatusOr<Layer> ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) {
    return Invalid(fmt::format("{}: cannot be read", path));
  }
  toml::table table;
  try {
    table = toml::parse(bytes.str(), path);
  } catch (const toml::parse_error& error) {
    return Invalid(fmt::format("{}:{}: {}", path, error.source().begin.line,
                               std::string(error.description())));
  }
  Layer layer;
  for (const auto& [name, node] : table) {
    const std::string place = fmt::format("{}:{}", path, name.source().begin.line);
    const SettingKey* key = FindSetting(name.str());
    if (key == nullptr) {
      return Invalid(
          fmt::format("{}: there is no key '{}'; there are {}", place, name.str(), KnownKeys()));
    }
    const auto text = TextOf(node, key->kind);
    if (!text)
      return Invalid(fmt::format("{}: {} must be {}", place, key->name, NameOf(key->kind)));
    layer[key->name] = {*text, place};
  }
  return layer;
}

// Names the file of ReadFile.
constexpr char kConfigVariable[] = "DAYBOOK_CONFIG";

// What the client, the tests and the examples read: it may stand in the environment of a server.
bool IsOfOthers(std::string_view variable) {
  for (const char* name :
       {"DAYBOOK_SERVER", "DAYBOOK_TOKEN", "DAYBOOK_DATA", "DAYBOOK_BIN", "DAYBOOK_KEEP"}) {
    if (variable == name) return true;
  }
  return variable.starts_with("DAYBOOK_SIMULATION_");
}

absl::StatusOr<Layer> ReadEnvironment(const Environment& environment) {
  std::map<std::string, std::string> keys;  // by variable
  for (const SettingKey& key : SettingKeys()) keys[key.variable()] = key.name;
  Layer layer;
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with("DAYBOOK_") || variable == kConfigVariable) continue;
    if (const auto key = keys.find(variable); key != keys.end()) {
      layer[key->second] = {value, variable};
    } else if (!IsOfOthers(variable)) {
      return Invalid(
          fmt::format("{}: there is no such setting; --help names every variable", variable));
    }
  }
  return layer;
}

// What CLI11 writes into; options keep pointers to it.
struct Flags {
  std::string config;
  bool check = false, print = false, version = false;
  std::map<std::string, std::string> texts;
  std::map<std::string, bool> switches;
  std::map<std::string, CLI::Option*> options;

  explicit Flags(CLI::App* app) {
    app->add_option("--config", config, "TOML file with the keys below (DAYBOOK_CONFIG)");
    app->add_flag("--check-config", check, "check the configuration and end");
    app->add_flag("--print-config", print, "print every value with its source and end");
    app->add_flag("--version", version, "print the version and end");
    const Settings defaults;
    for (const SettingKey& key : SettingKeys()) {
      const std::string help =
          fmt::format("{}; {}, {}", key.help, key.variable(),
                      key.show(defaults).empty() ? std::string("none by default")
                                                 : "default " + key.show(defaults));
      if (key.kind == SettingKind::kSwitch) {
        const std::string names = fmt::format("{},!--no-{}", key.flag(), key.flag().substr(2));
        options[key.name] = app->add_flag(names, switches[key.name], help);
      } else {
        options[key.name] = app->add_option(key.flag(), texts[key.name], help);
      }
    }
  }

  Layer layer() const {
    Layer given;
    for (const SettingKey& key : SettingKeys()) {
      if (options.at(key.name)->count() == 0) continue;
      const bool is_switch = key.kind == SettingKind::kSwitch;
      given[key.name] = {
          is_switch ? (switches.at(key.name) ? "true" : "false") : texts.at(key.name), key.flag()};
    }
    return given;
  }
};

absl::Status Apply(const Layer& layer, Configuration* configuration) {
  for (const auto& [name, given] : layer) {
    const absl::Status status = FindSetting(name)->set(given.text, &configuration->settings);
    if (!status.ok()) {
      return Invalid(fmt::format("{}: {}: {}", given.source, name, std::string(status.message())));
    }
    configuration->sources[name] = given.source;
  }
  return absl::OkStatus();
}

// TOML's basic string.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments,
                                            const Environment& environment) {
  CLI::App app("daybookd: the Daybook server", "daybookd");
  Flags flags(&app);
  CommandLine line;
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    line.action = Action::kHelp;
    line.text = app.help();
    return line;
  } catch (const CLI::ParseError& error) {
    return Invalid(error.what());
  }
  if (flags.version) {
    line.action = Action::kVersion;
    line.text = fmt::format("daybookd {}\n", kVersion);
    return line;
  }
  if (flags.print) line.action = Action::kPrintConfig;
  if (flags.check) line.action = Action::kCheckConfig;

  for (const SettingKey& key : SettingKeys()) line.configuration.sources[key.name] = "default";
  std::string path = flags.config;
  if (path.empty()) {
    if (const auto named = environment.find(kConfigVariable); named != environment.end()) {
      path = named->second;
    }
  }
  if (!path.empty()) {
    const auto file = ReadFile(path);
    if (!file.ok()) return file.status();
    if (absl::Status status = Apply(*file, &line.configuration); !status.ok()) return status;
  }
  const auto variables = ReadEnvironment(environment);
  if (!variables.ok()) return variables.status();
  absl::Status status = Apply(*variables, &line.configuration);
  if (status.ok()) status = Apply(flags.layer(), &line.configuration);
  if (status.ok()) status = CheckTogether(line.configuration.settings);
  if (!status.ok()) return status;
  return line;
}

std::string Print(const Configuration& configuration) {
  std::string out;
  for (const SettingKey& key : SettingKeys()) {
    const std::string value = key.show(configuration.settings);
    const std::string entry =
        fmt::format("{} = {}", key.name, key.kind == SettingKind::kText ? Quoted(value) : value);
    out += fmt::format("{:<40}  # {}\n", entry, configuration.sources.at(key.name));
  }
  return out;
}

}  // namespace daybook::server
