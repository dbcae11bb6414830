// CRC32C (Castagnoli, as in iSCSI and RFC 3720): the only checksum of the ledger's files.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace daybook::ledger {

// The CRC of A ‖ `data`, where `crc` is the CRC of A. The CRC of nothing is 0; that of "123456789"
// is 0xe3069283.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view data);

inline uint32_t Crc32c(std::string_view data) { return ExtendCrc32c(0, data); }

// The fall-back without special instructions; public for the test that compares the two.
uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view data);

}  // namespace daybook::ledger
