// Goal: a value comes from the place that says it last (flag, environment, file, default), says
// which place that was, and nothing that is not a key, or not a value of one, goes by.
#include "server/config.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>

#include "tests/server/test_server.h"

namespace daybook::server {
namespace {

class Place {
 public:
  std::string File(const std::string& text) {
    const std::string path = directory_.path() + "/daybook.toml";
    std::ofstream(path) << text;
    return path;
  }
  Environment variables;

  absl::StatusOr<CommandLine> Read(const std::vector<std::string>& arguments) const {
    return ReadCommandLine(arguments, variables);
  }
  Configuration Good(const std::vector<std::string>& arguments) const {
    auto line = Read(arguments);
    INFO(line.status());
    REQUIRE(line.ok());
    return line->configuration;
  }
  std::string Bad(const std::vector<std::string>& arguments) const {
    const auto line = Read(arguments);
    REQUIRE(!line.ok());
    return std::string(line.status().message());
  }

 private:
  TemporaryDirectory directory_;
};

TEST_CASE("flags go over environment, environment over file, file over defaults") {
  Place place;
  const std::string file =
      place.File("workers = 2\nsegment_mb = 16\n\ndrain_seconds = 5\nreflection = true\n");
  place.variables = {{"DAYBOOK_SEGMENT_MB", "32"}, {"DAYBOOK_DRAIN_SECONDS", "6"}};
  const Configuration read = place.Good({"--config", file, "--drain-seconds", "7"});
  CHECK(read.settings.max_streams == Settings().max_streams);
  CHECK(read.settings.workers == 2);
  CHECK(read.settings.segment_mb == 32);
  CHECK(read.settings.drain_seconds == 7);
  CHECK(read.settings.reflection);
  CHECK(read.sources.at("max_streams") == "default");
  CHECK(read.sources.at("workers") == file + ":1");
  CHECK(read.sources.at("segment_mb") == "DAYBOOK_SEGMENT_MB");
  CHECK(read.sources.at("drain_seconds") == "--drain-seconds");

  CHECK_FALSE(place.Good({"--config", file, "--no-reflection"}).settings.reflection);
  place.variables["DAYBOOK_CONFIG"] = file;
  CHECK(place.Good({}).settings.workers == 2);
}

TEST_CASE("what is not a key is an error that names the place") {
  Place place;
  const std::string file = place.File("workers = 1\nworker = 2\n");
  CHECK_THAT(place.Bad({"--config", file}), Catch::Contains(file + ":2: there is no key 'worker'"));
  CHECK_THAT(place.Bad({"--worker", "2"}), Catch::Contains("--worker"));
  CHECK_THAT(place.Bad({"--config", file + ".no"}), Catch::Contains("cannot be read"));
  place.variables = {{"DAYBOOK_WORKER", "2"}};
  CHECK_THAT(place.Bad({}), Catch::Contains("DAYBOOK_WORKER: there is no such setting"));
}

TEST_CASE("variables of other programs may stand beside those of the server") {
  Place place;
  place.variables = {{"PATH", "/bin"},
                     {"DAYBOOK_SERVER", "127.0.0.1:1"},
                     {"DAYBOOK_DATA", "/data"},
                     {"DAYBOOK_SIMULATION_SEED", "1"},
                     {"DAYBOOK_WORKERS", "2"}};
  CHECK(place.Good({}).settings.workers == 2);
}

TEST_CASE("the number of partitions is known to be given or not") {
  Place place;
  CHECK_FALSE(place.Good({}).settings.entity_partitions_given);
  CHECK(place.Good({"--entity-partitions", "32"}).settings.entity_partitions_given);
  place.variables = {{"DAYBOOK_ENTITY_PARTITIONS", "32"}};
  CHECK(place.Good({}).settings.entity_partitions_given);
}

TEST_CASE("what is not a value is an error that names the place") {
  Place place;
  CHECK_THAT(place.Bad({"--config", place.File("\nworkers = \"2\"")}),
             Catch::Contains(":2: workers must be a whole number"));
  CHECK_THAT(place.Bad({"--config", place.File("workers = 0")}),
             Catch::Contains("'0' is not a number from 1 to 64"));
  CHECK_THAT(place.Bad({"--config", place.File("workers = ")}), Catch::Contains("daybook.toml:1"));
  place.variables = {{"DAYBOOK_WORKERS", "2x"}};
  CHECK_THAT(place.Bad({}), Catch::Contains("DAYBOOK_WORKERS: workers: '2x'"));
  place.variables.clear();
  CHECK_THAT(place.Bad({"--log-level", "loud"}), Catch::Contains("--log-level"));
}

TEST_CASE("only loopback addresses are served") {
  Place place;
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:7430", "[::1]:80", "localhost:7430"}) {
    CHECK(place.Good({"--listen", address}).settings.listen == address);
  }
  for (const char* address : {"0.0.0.0:7430", "10.0.0.1:1", "127.0.0.1", "127.0.0.1:70000",
                              "127.0.0.1.evil.org:1", ":7430", "example.org:80"}) {
    INFO(address);
    CHECK_FALSE(place.Read({"--listen", address}).ok());
    CHECK_FALSE(place.Read({"--metrics-listen", address}).ok());
  }
  CHECK_THAT(place.Bad({"--listen", "0.0.0.0:1"}), Catch::Contains("loopback"));
}

TEST_CASE("what is printed reads back as the same settings") {
  Place place;
  const Configuration read = place.Good({"--data-dir", "a \"b\"", "--workers", "3"});
  const std::string text = Print(read);
  CHECK_THAT(text, Catch::Contains("# --workers"));
  CHECK_THAT(text, Catch::Contains("# default"));
  const Configuration again = place.Good({"--config", place.File(text)});
  for (const SettingKey& key : SettingKeys()) {
    CHECK(key.show(again.settings) == key.show(read.settings));
  }
}

TEST_CASE("help names every key with its variable") {
  Place place;
  const auto line = place.Read({"--help"});
  REQUIRE(line.ok());
  CHECK(line->action == Action::kHelp);
  for (const SettingKey& key : SettingKeys()) {
    CHECK_THAT(line->text, Catch::Contains(key.flag()));
    CHECK_THAT(line->text, Catch::Contains(key.variable()));
  }
  CHECK(place.Read({"--check-config"})->action == Action::kCheckConfig);
  CHECK(place.Read({"--print-config"})->action == Action::kPrintConfig);
  CHECK(place.Read({"--version"})->action == Action::kVersion);
}

}  // namespace
}  // namespace daybook::server
