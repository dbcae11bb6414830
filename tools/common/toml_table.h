// TOML files read strictly: every problem is reported with its file and line, and a key that nobody
// asked for is one.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook::tools {

// What is wrong with a file. Collects, so that a person sees everything at once.
class TomlProblems {
 public:
  explicit TomlProblems(std::string file) : file_(std::move(file)) {}

  void Add(const toml::source_region& where, std::string_view what);
  void Add(const toml::node& node, std::string_view what) { Add(node.source(), what); }

  bool empty() const { return problems_.empty(); }
  // InvalidArgument with a line "FILE:LINE: what" for each, in order of the file; OK if there are
  // none.
  absl::Status ToStatus() const;

 private:
  std::string file_;
  std::vector<std::pair<uint32_t, std::string>> problems_;
};

// Parses TOML text; `file` names it in errors. InvalidArgument with the line.
absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& file);

// Reads a whole file. NotFound if it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// One table of a file. Each getter marks its key as known and adds a problem if the value has
// another type. The table and the problems must outlive it.
class TomlTable {
 public:
  TomlTable(const toml::table& table, TomlProblems& problems)
      : table_(table), problems_(problems) {}

  std::optional<std::string> Text(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key);
  std::optional<bool> Bool(std::string_view key);
  // A string, or any other plain value as TOML writes it.
  std::optional<std::string> AnyText(std::string_view key);
  // One string or a list of them.
  std::vector<std::string> Texts(std::string_view key);
  // Null if absent.
  const toml::table* Table(std::string_view key);
  // A list of tables; one table counts as a list of one.
  std::vector<const toml::table*> Tables(std::string_view key);

  // Text that must be there; adds a problem and gives "" if it is not.
  std::string RequiredText(std::string_view key);

  // Adds a problem for each key that no getter asked for.
  void RejectUnknown();
  void Problem(std::string_view key, std::string_view what);

  const toml::table& table() const { return table_; }
  TomlProblems& problems() { return problems_; }

 private:
  const toml::node* Get(std::string_view key);

  const toml::table& table_;
  TomlProblems& problems_;
  std::set<std::string, std::less<>> known_;
};

// A plain value as text: strings as they are, numbers, booleans and dates as TOML writes them;
// nothing for lists and tables.
std::optional<std::string> PlainText(const toml::node& node);

}  // namespace daybook::tools
