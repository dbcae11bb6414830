// `daybook bench`: measures a daybookd that it starts itself.
#pragma once

#include <string>
#include <vector>

namespace daybook::tools {

// `arguments` are those behind `bench`; `usual_output` is "table" or "json" and what --output among
// them may change. The tables go to standard output, progress to standard error. Returns an
// ExitCode as int.
int RunBench(const std::vector<std::string>& arguments, const std::string& usual_output);

}  // namespace daybook::tools
