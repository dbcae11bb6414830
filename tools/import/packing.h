// The bytes of lines and keys in the importer's temporary files: read back by the same process
// only.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "tools/import/intake.h"

namespace daybook::tools {

// Returns the address behind the number.
template <typename Number>
char* PutBigEndian(Number number, char* to) {
  for (size_t i = 0; i < sizeof number; ++i) {
    to[i] = static_cast<char>(static_cast<uint64_t>(number) >> (8 * (sizeof number - 1 - i)));
  }
  return to + sizeof number;
}

template <typename Number>
Number GetBigEndian(const char* from) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(Number); ++i)
    number = (number << 8) | static_cast<uint8_t>(from[i]);
  return static_cast<Number>(number);
}

inline void PackText(std::string_view text, std::string& to) {
  const auto size = static_cast<uint32_t>(text.size());
  to.append(reinterpret_cast<const char*>(&size), sizeof size);
  to.append(text);
}

// Takes it off the front of `from`.
inline std::string_view UnpackText(std::string_view& from) {
  uint32_t size = 0;
  std::memcpy(&size, from.data(), sizeof size);
  const std::string_view text = from.substr(sizeof size, size);
  from.remove_prefix(sizeof size + size);
  return text;
}

inline void PackLine(const GroupLine& line, std::string& to) {
  char numbers[sizeof(int64_t) + sizeof(uint32_t) + 2 * sizeof(uint64_t)];
  char* at = PutBigEndian(line.time_us, numbers);
  at = PutBigEndian(line.file, at);
  at = PutBigEndian(line.line, at);
  PutBigEndian(line.row, at);
  to.append(numbers, sizeof numbers);
  PackText(line.element, to);
  to.append(line.raw);
}

// Views into `from`.
inline GroupLine UnpackLine(std::string_view from) {
  GroupLine line;
  const char* at = from.data();
  line.time_us = GetBigEndian<int64_t>(at);
  line.file = GetBigEndian<uint32_t>(at + 8);
  line.line = GetBigEndian<uint64_t>(at + 12);
  line.row = GetBigEndian<uint64_t>(at + 20);
  from.remove_prefix(28);
  line.element = UnpackText(from);
  line.raw = from;
  return line;
}

}  // namespace daybook::tools
