// What the program calls itself.
#pragma once

namespace daybook::server {

inline constexpr char kVersion[] = DAYBOOK_VERSION;

}  // namespace daybook::server
