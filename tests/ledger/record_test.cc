#include "ledger/record.h"

#include <catch2/catch.hpp>

#include "ledger/crc32c.h"

namespace daybook::ledger {

TEST_CASE("CRC32C gives its check value") { CHECK(Crc32c("123456789") == 0xe3069283); }

}  // namespace daybook::ledger
