#include "projections/loyalty/rows.h"

namespace daybook::projections::loyalty {
namespace {

void AppendProgramme(std::string_view programme, std::string* key) {
  key->push_back(static_cast<char>(programme.size()));  // at most 64
  key->append(programme);
}

}  // namespace

std::string AccountPrefix(std::string_view programme) { return AccountKey(programme, {}); }

std::string AccountKey(std::string_view programme, std::string_view id) {
  std::string key;
  key.reserve(1 + programme.size() + id.size());
  AppendProgramme(programme, &key);
  key.append(id);
  return key;
}

std::string AccountTimeKey(std::string_view programme, ledger::Timestamp at, std::string_view id) {
  std::string key;
  key.reserve(1 + programme.size() + 8 + id.size());
  AppendProgramme(programme, &key);
  AppendKey(at, &key);
  key.append(id);
  return key;
}

std::string LotPrefix(LotPlace place, std::string_view programme) {
  return LotKey(place, programme, {});
}

std::string LotKey(LotPlace place, std::string_view programme, std::string_view lot_id) {
  std::string key;
  key.reserve(2 + programme.size() + lot_id.size());
  key.push_back(static_cast<char>(place));
  AppendProgramme(programme, &key);
  key.append(lot_id);
  return key;
}

}  // namespace daybook::projections::loyalty
