// Request ids: random for what a person asks, derived for what must happen once however often it is
// sent.
#pragma once

#include <string>
#include <string_view>

namespace daybook::tools {

// A version 4 UUID from the operating system's randomness.
std::string RandomRequestId();

// 32 hexadecimal digits that depend on `name` alone (XXH3-128), the same on every machine.
std::string DerivedRequestId(std::string_view name);

}  // namespace daybook::tools
