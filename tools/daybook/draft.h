// A request as the command line gives it: options become fields when the command runs.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace daybook::tools {

// Collects what the options say; owned by the callbacks of the command line.
class Draft {
 public:
  // Sets the field at `path` to the option's text.
  void Add(std::string option, std::string path, std::string text);
  // Adds an element to a list from "key=value,key=value".
  absl::Status AddElement(const std::string& option, const std::string& list,
                          std::string_view pairs);
  // The request as protobuf JSON in a file ("-": standard input); options come on top.
  void set_json_path(std::string path) { json_path_ = std::move(path); }

  // InvalidArgument naming the option, NotFound for a file that cannot be read.
  absl::Status Fill(google::protobuf::Message& request,
                    const std::optional<absl::TimeZone>& zone) const;

 private:
  struct Setting {
    std::string option;
    std::string path;
    std::string text;
  };
  std::vector<Setting> settings_;
  std::vector<std::pair<std::string, int>> sizes_;  // Elements added to each list so far.
  std::string json_path_;
};

// A command of the program that sends one request. The pieces of the command line that requests are
// made of, in one place.
class VerbOptions {
 public:
  VerbOptions(CLI::App& noun, const std::string& name, const std::string& help);

  // An option (or a positional argument, if the name has no dashes) for the field at `path`; empty:
  // as the option.
  VerbOptions& Field(const std::string& option, const std::string& help, std::string path = "");
  VerbOptions& Required(const std::string& option, const std::string& help, std::string path = "");
  // A flag for a bool field.
  VerbOptions& Flag(const std::string& option, const std::string& help, std::string path);
  // A required argument that is a resource name: "17850" means "customers/17850".
  VerbOptions& Name(const std::string& field, const std::string& collection);
  // The same for an optional or differently named one. The text given last counts.
  VerbOptions& NameOption(const std::string& option, const std::string& field,
                          const std::string& collection, bool required);
  // A required argument that is a customer's child: "17850 536365", "17850/536365" or the full name
  // "customers/17850/orders/536365".
  VerbOptions& Child(const std::string& field, const std::string& collection);
  // An option that may come several times, each adds an element: "--line
  // product=A,units=2,unit_price=1.50".
  VerbOptions& Elements(const std::string& option, const std::string& list,
                        const std::string& help);
  // Request id, validate-only, provenance and --json of everything that changes something.
  VerbOptions& Mutation();
  // as_of, known_at and freshness of reads.
  VerbOptions& Read();
  // Freshness alone, for reads that take no instants.
  VerbOptions& ReadFreshness();

  CLI::App& app() { return *app_; }
  const std::shared_ptr<Draft>& draft() const { return draft_; }

 private:
  CLI::Option* Add(const std::string& option, const std::string& help, std::string path);

  CLI::App* app_;
  std::shared_ptr<Draft> draft_;
};

// What a person calls an entity: a bare id is a customer's, "tenant" the registry.
std::string EntityName(const std::string& text);

// A command that has verbs below it and needs one.
CLI::App& AddNoun(CLI::App& app, const std::string& name, const std::string& help);

}  // namespace daybook::tools
