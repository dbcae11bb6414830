#include "ledger/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace daybook::ledger {
namespace {

constexpr uint32_t kReversedPolynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kReversedPolynomial : 0);
    table[i] = crc;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kTable = MakeTable();

#if defined(__x86_64__)
#define DAYBOOK_CRC_TARGET __attribute__((target("sse4.2")))
DAYBOOK_CRC_TARGET inline uint32_t Step8(uint32_t state, uint64_t word) {
  return static_cast<uint32_t>(_mm_crc32_u64(state, word));
}
DAYBOOK_CRC_TARGET inline uint32_t Step1(uint32_t state, uint8_t byte) {
  return _mm_crc32_u8(state, byte);
}
bool HasInstruction() { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__)
#define DAYBOOK_CRC_TARGET __attribute__((target("+crc")))
DAYBOOK_CRC_TARGET inline uint32_t Step8(uint32_t state, uint64_t word) {
  return __crc32cd(state, word);
}
DAYBOOK_CRC_TARGET inline uint32_t Step1(uint32_t state, uint8_t byte) {
  return __crc32cb(state, byte);
}
bool HasInstruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#endif

#if defined(DAYBOOK_CRC_TARGET)
DAYBOOK_CRC_TARGET uint32_t ExtendByInstruction(uint32_t crc, std::string_view data) {
  uint32_t state = ~crc;
  const char* p = data.data();
  size_t left = data.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    state = Step8(state, word);
  }
  for (; left > 0; ++p, --left) state = Step1(state, static_cast<uint8_t>(*p));
  return ~state;
}
#endif

using Function = uint32_t (*)(uint32_t, std::string_view);
Function Choose() {
#if defined(DAYBOOK_CRC_TARGET)
  if (HasInstruction()) return ExtendByInstruction;
#endif
  return ExtendCrc32cPortable;
}

}  // namespace

uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view data) {
  uint32_t state = ~crc;
  for (char c : data) state = kTable[(state ^ static_cast<uint8_t>(c)) & 0xff] ^ (state >> 8);
  return ~state;
}

uint32_t ExtendCrc32c(uint32_t crc, std::string_view data) {
  static const Function chosen = Choose();
  return chosen(crc, data);
}

}  // namespace daybook::ledger
