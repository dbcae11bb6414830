// Goal: the wrappers compute what the standards say, and refuse whatever was changed.
#include "ledger/crypto.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

SecretKey KeyOf(uint8_t byte) {
  Bytes32 bytes;
  bytes.fill(byte);
  return SecretKey(bytes);
}

TEST_CASE("HMAC-SHA-256 agrees with an independent implementation, however the input is cut") {
  const Hmac hmac(KeyOf(0x0b));
  const std::string expected = "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7";
  CHECK(Hex(AsView(hmac.Of({"Hi There"}))) == expected);
  CHECK(Hex(AsView(hmac.Of({"Hi", "", " There"}))) == expected);
  CHECK(Hex(AsView(hmac.ShortOf({"Hi There"}))) == expected.substr(0, 32));
}

TEST_CASE("AES-256-GCM agrees with the GCM specification's test case 14") {
  std::string plain(16, '\0');
  const std::string sealed = SealAesGcm(KeyOf(0), Bytes12{}, "", plain);
  CHECK(Hex(sealed) == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_CASE("what was sealed opens with the same key, nonce and associated data only") {
  rc::prop("round trip and refusal",
           [](const std::string& plain, const std::string& associated, uint64_t seed) {
             SeededRandom random(seed);
             const SecretKey key = random.DrawKey();
             const auto nonce = random.Draw<12>();
             std::string sealed = SealAesGcm(key, nonce, associated, plain);
             std::string opened;
             RC_ASSERT(OpenAesGcm(key, AsView(nonce), associated, sealed, &opened));
             RC_ASSERT(opened == plain);

             const auto other_nonce = random.Draw<12>();
             RC_ASSERT(!OpenAesGcm(random.DrawKey(), AsView(nonce), associated, sealed, &opened));
             RC_ASSERT(!OpenAesGcm(key, AsView(other_nonce), associated, sealed, &opened));
             RC_ASSERT(!OpenAesGcm(key, AsView(nonce), associated + "x", sealed, &opened));
             sealed[random.Below(sealed.size())] ^= 1;
             RC_ASSERT(!OpenAesGcm(key, AsView(nonce), associated, sealed, &opened));
             RC_ASSERT(opened.empty());
             RC_ASSERT(!OpenAesGcm(key, AsView(nonce), associated, "short", &opened));
           });
}

}  // namespace
}  // namespace daybook::ledger
