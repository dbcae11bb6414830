#include "projections/sales/rows.h"

namespace daybook::projections::sales {

std::string ReturnablePrefix(std::string_view product, Price price) {
  std::string key;
  key.reserve(1 + product.size() + 8 + 1 + 8 + 8 + 4);
  key.push_back(
      static_cast<char>(product.size()));  // at most 64 bytes, so no product is a prefix of another
  key.append(product);
  AppendKey(static_cast<uint64_t>(price.units), &key);
  key.push_back(static_cast<char>(price.scale));
  return key;
}

std::string ReturnableKey(std::string_view prefix, ledger::Timestamp occurred_at, uint64_t number,
                          uint32_t line) {
  std::string key;
  key.reserve(prefix.size() + 8 + 8 + 4);
  key.append(prefix);
  AppendKey(occurred_at, &key);
  AppendKey(number, &key);
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(line >> shift));
  return key;
}

}  // namespace daybook::projections::sales
