// Reads the frozen bytes in tests/ledger/golden. They were computed by another program than ours,
// so they check the layout page as well as the code; a test that fails against them means that
// stored ledgers can no longer be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace daybook::ledger {

// The bytes of golden/NAME.hex.
std::string Golden(const std::string& name);
// The lines of golden/NAME that are neither empty nor comments, each split at blanks.
std::vector<std::vector<std::string>> GoldenRows(const std::string& name);
// Lower-case, two digits a byte.
std::string Hex(std::string_view bytes);

}  // namespace daybook::ledger
