#include "tools/common/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace daybook::tools {
namespace {

// Of the first failure: later ones only follow from it.
int first_error = 0;

void Remember(bool written) {
  if (!written && first_error == 0) first_error = errno == 0 ? EIO : errno;
}

}  // namespace

void WriteOutput(std::string_view text) {
  if (first_error != 0) return;
  Remember(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

bool FlushOutput() {
  // Help is printed by the library of the command line, past WriteOutput.
  Remember(std::fflush(stdout) == 0 && std::ferror(stdout) == 0);
  return first_error == 0;
}

ExitCode CloseOutput(ExitCode code) {
  if (FlushOutput()) return code;
  std::fprintf(stderr, "daybook: standard output: %s\n", std::strerror(first_error));
  return ExitCode::kBroken;
}

}  // namespace daybook::tools
