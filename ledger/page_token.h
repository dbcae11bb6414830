// Tokens that say where the next page of a list begins (AIP-158): opaque, signed, and good for one
// query only.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/signed_token.h"
#include "ledger/types.h"

namespace daybook::ledger {

// The 16 bytes that stand for a query, from a text with its name and everything that must not
// change between its pages.
Bytes16 PageQuery(std::string_view text);

// `query`: 16 bytes of a hash over everything in the request that must not change between pages
// (all of it but page size and token). `cursor`: whatever the view needs to go on; may be personal,
// so the text is not to be logged.
std::string SealPageToken(const TokenKeys& keys, const Bytes16& query, std::string_view cursor);

// The cursor. Errors: InvalidArgument for what is not a page token, or one of another query.
absl::StatusOr<std::string> OpenPageToken(const TokenKeys& keys, const Bytes16& query,
                                          std::string_view text);

}  // namespace daybook::ledger
