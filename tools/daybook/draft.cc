#include "tools/daybook/draft.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tools/common/field.h"
#include "tools/common/json.h"
#include "tools/common/toml_table.h"
#include "tools/common/views.h"

namespace daybook::tools {
namespace {

// "as_of" of "--as-of".
std::string FieldName(std::string_view option) {
  std::string name(option.substr(std::min(option.find_first_not_of('-'), option.size())));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string WithCollection(const std::string& text, const std::string& collection) {
  return text.find('/') == std::string::npos ? collection + "/" + text : text;
}

std::string ChildName(const std::vector<std::string>& parts, const std::string& collection) {
  if (parts.size() == 2) {
    return fmt::format("{}/{}/{}", WithCollection(parts[0], "customers"), collection, parts[1]);
  }
  const std::string& name = parts.front();
  const size_t slash = name.find('/');
  const bool is_short =
      slash != std::string::npos && name.find('/', slash + 1) == std::string::npos;
  if (!is_short) return name;
  return fmt::format("customers/{}/{}/{}", name.substr(0, slash), collection,
                     name.substr(slash + 1));
}

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  if (path != "-") return ReadTextFile(path);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

}  // namespace

void Draft::Add(std::string option, std::string path, std::string text) {
  settings_.push_back({std::move(option), std::move(path), std::move(text)});
}

absl::Status Draft::AddElement(const std::string& option, const std::string& list,
                               std::string_view pairs) {
  const auto found = std::find_if(sizes_.begin(), sizes_.end(),
                                  [&](const auto& entry) { return entry.first == list; });
  int& size = found != sizes_.end() ? found->second : sizes_.emplace_back(list, 0).second;
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(pairs), ',');
  for (const std::string& part : parts) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("{}: \"{}\" is not key=value", option, part));
    }
    Add(option, fmt::format("{}[{}].{}", list, size, part.substr(0, equals)),
        part.substr(equals + 1));
  }
  ++size;
  return absl::OkStatus();
}

absl::Status Draft::Fill(google::protobuf::Message& request,
                         const std::optional<absl::TimeZone>& zone) const {
  if (!json_path_.empty()) {
    const auto json = ReadAll(json_path_);
    if (!json.ok()) return json.status();
    if (absl::Status status = FromJson(*json, request); !status.ok()) return status;
  }
  TextFormat format;
  format.zone = zone;
  for (const Setting& setting : settings_) {
    const auto path = FieldPath::Compile(request.GetDescriptor(), setting.path);
    const absl::Status status =
        path.ok() ? path->Set(request, setting.text, format) : path.status();
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("{}: {}", setting.option, std::string(status.message())));
    }
  }
  return absl::OkStatus();
}

VerbOptions::VerbOptions(CLI::App& noun, const std::string& name, const std::string& help)
    : app_(noun.add_subcommand(name, help)), draft_(std::make_shared<Draft>()) {}

CLI::Option* VerbOptions::Add(const std::string& option, const std::string& help,
                              std::string path) {
  if (path.empty()) path = FieldName(option);
  return app_->add_option_function<std::string>(
      option,
      [draft = draft_, option, path](const std::string& text) { draft->Add(option, path, text); },
      help);
}

VerbOptions& VerbOptions::Field(const std::string& option, const std::string& help,
                                std::string path) {
  Add(option, help, std::move(path));
  return *this;
}

VerbOptions& VerbOptions::Required(const std::string& option, const std::string& help,
                                   std::string path) {
  Add(option, help, std::move(path))->required();
  return *this;
}

VerbOptions& VerbOptions::Flag(const std::string& option, const std::string& help,
                               std::string path) {
  app_->add_flag_callback(
      option, [draft = draft_, option, path] { draft->Add(option, path, "true"); }, help);
  return *this;
}

VerbOptions& VerbOptions::NameOption(const std::string& option, const std::string& field,
                                     const std::string& collection, bool required) {
  CLI::Option* added = app_->add_option_function<std::string>(
      option,
      [draft = draft_, option, field, collection](const std::string& text) {
        draft->Add(option, field, WithCollection(text, collection));
      },
      fmt::format("Id, or {}/ID", collection));
  if (required) added->required();
  return *this;
}

VerbOptions& VerbOptions::Name(const std::string& field, const std::string& collection) {
  return NameOption(field, field, collection, true);
}

VerbOptions& VerbOptions::Child(const std::string& field, const std::string& collection) {
  app_->add_option_function<std::vector<std::string>>(
          field,
          [draft = draft_, field, collection](const std::vector<std::string>& parts) {
            draft->Add(field, field, ChildName(parts, collection));
          },
          fmt::format("CUSTOMER ID, CUSTOMER/ID, or customers/CUSTOMER/{}/ID", collection))
      ->expected(1, 2)
      ->required();
  return *this;
}

VerbOptions& VerbOptions::Elements(const std::string& option, const std::string& list,
                                   const std::string& help) {
  app_->add_option_function<std::vector<std::string>>(
          option,
          [draft = draft_, option, list](const std::vector<std::string>& elements) {
            for (const std::string& element : elements) {
              const absl::Status status = draft->AddElement(option, list, element);
              if (!status.ok()) throw CLI::ValidationError(option, std::string(status.message()));
            }
          },
          help)
      ->expected(1, -1)
      ->allow_extra_args(false);
  return *this;
}

VerbOptions& VerbOptions::Mutation() {
  const std::string group = "Of every request that changes something";
  const auto field = [&](const char* option, const char* help, const char* path) {
    Add(option, help, path)->group(group);
  };
  field("--request-id", "The same id is done once, for ever; else a random UUID", "request_id");
  Flag("--validate-only", "Check and answer, record nothing", "validate_only");
  field("--occurred-at", "When it happened; else now", "provenance.occurred_at");
  field("--occurred-zone", "IANA zone in which it was written down", "provenance.zone");
  field("--source", "System that the fact comes from", "provenance.source");
  field("--source-event-id", "That system's id of the fact", "provenance.source_event_id");
  // A contact has a channel of its own.
  if (app_->get_option_no_throw("--channel") == nullptr) {
    field("--channel", "Sales or contact channel", "provenance.channel");
  }
  field("--location", "Shop or desk", "provenance.location");
  field("--actor", "Who acted", "provenance.actor_id");
  field("--import-session", "Open import session; history only", "provenance.import_session");
  app_->add_option_function<std::string>(
          "--json", [draft = draft_](const std::string& path) { draft->set_json_path(path); },
          "File with the request as protobuf JSON (-: standard input); options come on top")
      ->group(group);
  return *this;
}

VerbOptions& VerbOptions::Read() {
  Field("--as-of", "What was true then: RFC 3339, or local time with --zone", "read.as_of");
  Field("--known-at", "What had been recorded by then", "read.known_at");
  return ReadFreshness();
}

VerbOptions& VerbOptions::ReadFreshness() {
  Field("--freshness", "any, acknowledged or latest", "read.freshness");
  return Field("--at-least", "Position token: the answer holds at least that", "read.at_least");
}

std::string EntityName(const std::string& text) {
  return text == "tenant" ? text : WithCollection(text, "customers");
}

CLI::App& AddNoun(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* noun = app.add_subcommand(name, help);
  noun->require_subcommand(1);
  return *noun;
}

}  // namespace daybook::tools
