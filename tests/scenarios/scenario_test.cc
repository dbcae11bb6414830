// Every file in data/ is a test of its own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenarios/scenario.h"

namespace daybook::scenarios {
namespace {

TEST_CASE("scenario") {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(DAYBOOK_SCENARIOS)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().filename());
  }
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  for (const std::string& file : files) {
    DYNAMIC_SECTION(file) { PlayScenario(DAYBOOK_SCENARIOS, file); }
  }
}

}  // namespace
}  // namespace daybook::scenarios
