// What mappings do to text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace daybook::tools {

// How a file's bytes become text.
enum class Encoding {
  // Bytes that are not UTF-8 are refused.
  kUtf8,
  // ISO 8859-1: every byte is a character.
  kLatin1,
  // A value that is UTF-8 is taken as that, any other as Latin-1.
  kUtf8OrLatin1,
};

bool IsAscii(std::string_view text);
// By RFC 3629: no surrogates, no overlong forms, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text);
std::string Latin1ToUtf8(std::string_view text);

// Without blanks, tabs, line ends and no-break spaces (U+00A0, UTF-8) at both ends.
std::string_view Trim(std::string_view text);
// As a code of [A-Za-z0-9._:-], at most 64 characters: any run of other characters becomes one '-',
// none at the ends.
std::string ToCode(std::string_view text);
// The longest beginning of at most `bytes` bytes that does not cut a UTF-8 character.
std::string_view Truncate(std::string_view text, size_t bytes);

}  // namespace daybook::tools
