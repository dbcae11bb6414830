// Currency codes of validation.h. Withdrawn codes stay: ten-year-old orders are imported in them.
// Codes without a minor unit (metals, SDR, test codes) are left out: nobody is paid in them.
#include <string>
#include <string_view>

#include "fmt/format.h"
#include "projections/engine/validation.h"

namespace daybook::projections {
namespace {

// Codes of three letters, one after the other, ascending: a binary search over a few hundred bytes.
class CodeList {
 public:
  constexpr explicit CodeList(std::string_view codes) : codes_(codes) {}
  constexpr bool Has(std::string_view code) const {
    size_t low = 0;
    size_t high = codes_.size() / 4 + 1;
    while (low < high) {
      const size_t middle = (low + high) / 2;
      const int order = codes_.substr(middle * 4, 3).compare(code);
      if (order == 0) return true;
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return false;
  }
  constexpr bool IsSorted() const {
    for (size_t i = 4; i < codes_.size(); i += 4) {
      if (codes_.substr(i - 4, 3).compare(codes_.substr(i, 3)) >= 0) return false;
    }
    return codes_.size() % 4 == 3;
  }

 private:
  std::string_view codes_;
};

constexpr CodeList kWithoutDecimals(
    "ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG RWF TPE TRL UGX "
    "UYI "
    "VND VUV XAF XOF XPF");
constexpr CodeList kThreeDecimals("BHD IQD JOD KWD LYD OMR TND");
constexpr CodeList kFourDecimals("CLF UYW");
constexpr CodeList kTwoDecimals(
    "AED AFA AFN ALL AMD ANG AOA ARS ATS AUD AWG AZM AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD "
    "BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CSD CUC CUP CVE CYP CZK DEM DKK DOP DZD EEK "
    "EGP "
    "ERN ETB EUR FIM FJD FKP FRF GBP GEL GHC GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR IEP ILS "
    "INR "
    "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO "
    "MRU "
    "MTL MUR MVR MWK MXN MXV MYR MZM MZN NAD NGN NIO NLG NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR "
    "ROL "
    "RON RSD RUB SAR SBD SCR SDD SDG SEK SGD SHP SIT SKK SLE SLL SOS SRD SRG SSP STD STN SVC SYP "
    "SZL "
    "THB TJS TMM TMT TOP TRY TTD TWD TZS UAH USD USN USS UYU UZS VEB VED VEF VES WST XCD XCG YER "
    "ZAR "
    "ZMK ZMW ZWD ZWG ZWL ZWR");
static_assert(kWithoutDecimals.IsSorted() && kTwoDecimals.IsSorted() && kThreeDecimals.IsSorted() &&
              kFourDecimals.IsSorted());

// -1 for what is not a currency.
int FindDigits(std::string_view currency) {
  if (currency.size() != 3) return -1;
  if (kTwoDecimals.Has(currency)) return 2;
  if (kWithoutDecimals.Has(currency)) return 0;
  if (kThreeDecimals.Has(currency)) return 3;
  if (kFourDecimals.Has(currency)) return 4;
  return -1;
}

}  // namespace

MaybeRefusal CheckCurrency(std::string_view field, std::string_view currency) {
  if (currency.empty()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, std::string(field), "a currency is required");
  }
  if (FindDigits(currency) >= 0) return std::nullopt;
  return Refuse(daybook::v1::REASON_CURRENCY_UNKNOWN, std::string(field),
                currency.size() == 3 ? fmt::format("'{}' is not an ISO 4217 currency", currency)
                                     : std::string("an ISO 4217 code has three capital letters"));
}

int CurrencyDigits(std::string_view currency) {
  const int digits = FindDigits(currency);
  return digits < 0 ? 2 : digits;
}

}  // namespace daybook::projections
