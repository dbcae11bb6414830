// Fixed-width little-endian numbers in byte strings, as everything that the ledger stores has them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace daybook::ledger {

// The machines that this runs on are little-endian; a byte swap would go here and nowhere else.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

// Writes `value` at `out`, which has room for it.
template <typename T>
inline void StoreLittle(T value, char* out) {
  std::memcpy(out, &value, sizeof value);
}

// Reads a T at `bytes`, which holds it.
template <typename T>
inline T LoadLittle(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename T>
inline void AppendLittle(T value, std::string* out) {
  char buffer[sizeof value];
  StoreLittle(value, buffer);
  out->append(buffer, sizeof buffer);
}

// Takes a T off the front of `bytes`; false if it is too short.
template <typename T>
inline bool TakeLittle(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  *value = LoadLittle<T>(bytes->data());
  bytes->remove_prefix(sizeof(T));
  return true;
}

// Takes `length` bytes off the front of `bytes`; false if it is too short.
inline bool TakeBytes(std::string_view* bytes, size_t length, std::string_view* value) {
  if (bytes->size() < length) return false;
  *value = bytes->substr(0, length);
  bytes->remove_prefix(length);
  return true;
}

}  // namespace daybook::ledger
