#include "tools/common/request_id.h"

#include <xxhash.h>

#include <random>

#include "fmt/format.h"

namespace daybook::tools {

std::string RandomRequestId() {
  std::random_device device;
  const auto word = [&] { return static_cast<uint32_t>(device()); };
  const uint32_t middle = word();
  const uint32_t variant = word();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", word(), middle >> 16,
                     middle & 0xfff, 0x8000 | (variant & 0x3fff), variant >> 16, word());
}

std::string DerivedRequestId(std::string_view name) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace daybook::tools
