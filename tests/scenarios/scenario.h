// Plays a scenario file against the whole engine in memory. README.md has the file's form.
//
//   PlayScenario(folder, "points_rule_1.json");
//
// Fails the running Catch2 test at the first step whose outcome is not the expected one.
#pragma once

#include <string>

namespace daybook::scenarios {

void PlayScenario(const std::string& folder, const std::string& file);

}  // namespace daybook::scenarios
