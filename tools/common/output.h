// Standard output: data for whoever reads it, so that what cannot be written must not pass for
// done.
#pragma once

#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "tools/common/exit_code.h"

namespace daybook::tools {

// Writes as far as that is possible; the first failure is remembered. One thread.
void WriteOutput(std::string_view text);

template <typename... Values>
void PrintOutput(fmt::format_string<Values...> format, Values&&... values) {
  WriteOutput(fmt::format(format, std::forward<Values>(values)...));
}

// Hands over what was written; false if anything failed so far. For what goes on for long: nobody
// reads any more.
bool FlushOutput();

// The end of the program: `code`, or kBroken with a sentence on standard error if standard output
// did not take everything.
ExitCode CloseOutput(ExitCode code);

}  // namespace daybook::tools
