// The text of a token: "daybook_" and 43 characters, 32 random bytes in base64url (RFC 4648 section
// 5, no padding). Only the SHA-256 of the bytes is ever kept by a server.
//
// Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>

#include "ledger/crypto.h"
#include "ledger/types.h"

namespace daybook::server {

// A new token.
std::string DrawToken(ledger::RandomSource* random);
// The hash by which the registry knows it; false if `text` has not the form of a token.
bool HashToken(std::string_view text, ledger::Bytes32* sha256);

}  // namespace daybook::server
