#include "ledger/page_token.h"

#include <algorithm>

#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {
constexpr std::string_view kUse = "page";
}

Bytes16 PageQuery(std::string_view text) {
  const Bytes32 hash = Sha256Of(text);
  Bytes16 query;
  std::copy_n(hash.begin(), query.size(), query.begin());
  return query;
}

std::string SealPageToken(const TokenKeys& keys, const Bytes16& query, std::string_view cursor) {
  std::string payload(AsView(query));
  payload.append(cursor);
  return keys.Seal(kUse, payload);
}

absl::StatusOr<std::string> OpenPageToken(const TokenKeys& keys, const Bytes16& query,
                                          std::string_view text) {
  auto payload = keys.Open(kUse, text);
  if (!payload.ok()) return payload.status();
  if (payload->size() < query.size() || payload->substr(0, query.size()) != AsView(query)) {
    return absl::InvalidArgumentError("page token of another query");
  }
  return payload->substr(query.size());
}

}  // namespace daybook::ledger
