// Checks of request fields that all domains share. Each gives a refusal with the field's path, or
// nothing; the first refusal found is the answer, so check in the order of the fields.
#pragma once

#include <string>
#include <string_view>

#include "daybook/event/v1/values.pb.h"
#include "daybook/v1/common.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/types.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

// What may be given where.
enum class Presence { kRequired, kOptional };

// 1 to `max` characters of [A-Za-z0-9._:-].
MaybeRefusal CheckCode(std::string_view field, std::string_view value, Presence presence,
                       size_t max = 64);
// As CheckCode, and not looking like an e-mail address, an international phone number or a payment
// card number (13 to 19 digits that pass the Luhn test): ID_PERSONAL.
MaybeRefusal CheckEntityId(std::string_view field, std::string_view value);
// Valid UTF-8 without control characters (tab and newline allowed if `multiline`), at most
// `max_bytes`.
MaybeRefusal CheckText(std::string_view field, std::string_view value, Presence presence,
                       size_t max_bytes, bool multiline = false);
// "customers/C" → C. CUSTOMER_MISSING if empty or without an id.
MaybeRefusal ParseCustomer(std::string_view field, std::string_view name, std::string* customer);
// "customers/C/orders/O" (collection "orders") → C and O.
MaybeRefusal ParseChild(std::string_view field, std::string_view name, std::string_view collection,
                        std::string* customer, std::string* child);
// "programmes/P" → P.
MaybeRefusal ParseProgramme(std::string_view field, std::string_view name, std::string* programme);
// ISO 4217: a known code. CURRENCY_UNKNOWN.
MaybeRefusal CheckCurrency(std::string_view field, std::string_view currency);
// Decimal places of a currency's minor unit: 0, 2, 3 or 4.
int CurrencyDigits(std::string_view currency);
// |minor units| ≤ 10^15, ≥ `minimum`, known currency.
MaybeRefusal CheckMoney(std::string_view field, const daybook::event::v1::Money& money,
                        int64_t minimum);
// An IANA zone. ZONE_UNKNOWN.
MaybeRefusal CheckZone(std::string_view field, std::string_view zone, Presence presence);
// A day "YYYY-MM-DD" that there is, of the years 1900 to 9999.
MaybeRefusal CheckLocalDate(std::string_view field, std::string_view date, Presence presence);
// An enum field: known, and not zero where it is required.
MaybeRefusal CheckEnum(std::string_view field, int value, bool known, Presence presence);
// A valid protobuf timestamp between 1900-01-01 and 9999-12-31; to microseconds.
// INSTANT_OUT_OF_RANGE.
MaybeRefusal CheckInstant(std::string_view field, const google::protobuf::Timestamp& instant,
                          ledger::Timestamp* out);
// page_size: 0 → `standard`; negative or above `max` is refused.
MaybeRefusal CheckPageSize(std::string_view field, int32_t page_size, int32_t standard, int32_t max,
                           int32_t* out);

google::protobuf::Timestamp ToProto(ledger::Timestamp instant);
ledger::Timestamp FromProto(const google::protobuf::Timestamp& instant);

}  // namespace daybook::projections
