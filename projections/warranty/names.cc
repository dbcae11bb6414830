#include "projections/warranty/names.h"

#include "projections/engine/validation.h"
#include "projections/sales/names.h"

namespace daybook::projections::warranty {

namespace {

constexpr std::string_view kAssets = "assets/";
constexpr std::string_view kTerms = "warrantyTerms/";
constexpr size_t kMaxPart = 40;

}  // namespace

MaybeRefusal NameAsset(std::string_view field, std::string_view name, EntityRef* entity) {
  entity->kind = daybook::event::v1::ENTITY_KIND_ASSET;
  if (name.empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, std::string(field), "say which asset");
  }
  const size_t colon = name.find(':');
  if (!name.starts_with(kAssets) || colon == std::string_view::npos) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                  "not of the form assets/PRODUCT:SERIAL");
  }
  entity->id = name.substr(kAssets.size());
  const std::string_view product = name.substr(kAssets.size(), colon - kAssets.size());
  const std::string_view serial = name.substr(colon + 1);
  for (const std::string_view part : {product, serial}) {
    if (auto refusal = CheckCode(field, part, Presence::kRequired, kMaxPart)) return refusal;
    if (part.find(':') != std::string_view::npos) {
      return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                    "has more than one ':' between product and serial number");
    }
  }
  return CheckCode(field, entity->id, Presence::kRequired);
}

MaybeRefusal ParseTerms(std::string_view field, std::string_view name, std::string* terms) {
  if (name.empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, std::string(field), "say which terms");
  }
  if (!name.starts_with(kTerms)) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                  "not of the form warrantyTerms/T");
  }
  *terms = name.substr(kTerms.size());
  return CheckCode(field, *terms, Presence::kRequired);
}

MaybeRefusal ParseOptionalCustomer(std::string_view field, std::string_view name,
                                   std::string* customer) {
  if (name.empty()) return std::nullopt;
  return ParseCustomer(field, name, customer);
}

std::string AssetName(std::string_view asset) { return std::string(kAssets).append(asset); }
std::string TermsName(std::string_view terms) { return std::string(kTerms).append(terms); }
std::string OptionalCustomerName(std::string_view customer) {
  return customer.empty() ? std::string() : sales::CustomerName(customer);
}

}  // namespace daybook::projections::warranty
