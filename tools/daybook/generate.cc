#include "tools/daybook/nouns.h"

namespace daybook::tools {

void AddGenerate(CLI::App&, Cli&) {}

}  // namespace daybook::tools
