#include "projections/customers/identifiers.h"

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "projections/customers/phone_numbers.h"
#include "projections/engine/validation.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;
using daybook::v1::IdentifierInput;

namespace {

constexpr size_t kMaxValueBytes = 256;
constexpr size_t kMaxLocalBytes = 64;   // RFC 5321
constexpr size_t kMaxEmailBytes = 254;  // RFC 5321, with the erratum
constexpr size_t kMaxLabelBytes = 63;   // RFC 1035
constexpr size_t kMinCardCharacters = 4;
constexpr size_t kMaxCardCharacters = 32;
// The shortest tail that still tells few people apart: national numbers of small countries have
// eight digits.
constexpr size_t kTailDigits = 8;

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// ASCII only: other letters of an address are compared as they are, whatever a locale thinks of
// them.
std::string LowerCase(std::string_view text) {
  std::string out(text);
  absl::AsciiStrToLower(&out);
  return out;
}

bool IsLocalPart(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocalBytes) return false;
  char before = '.';
  for (const char c : local) {
    const bool allowed = !IsAscii(c) || IsAlnum(c) ||
                         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    if (!allowed || (c == '.' && before == '.')) return false;
    before = c;
  }
  return before != '.';
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  for (const char c : label) {
    if (IsAscii(c) && !IsAlnum(c) && c != '-') return false;
  }
  return label.front() != '-' && label.back() != '-';
}

bool IsDomain(std::string_view domain) {
  size_t labels = 0;
  for (;;) {
    const size_t dot = domain.find('.');
    if (!IsLabel(domain.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    domain.remove_prefix(dot + 1);
  }
}

std::optional<std::string> NormaliseEmail(std::string_view value) {
  const std::string_view email = Trimmed(value);
  const size_t at = email.rfind('@');
  if (at == std::string_view::npos || email.size() > kMaxEmailBytes) return std::nullopt;
  if (!IsLocalPart(email.substr(0, at)) || !IsDomain(email.substr(at + 1))) return std::nullopt;
  return LowerCase(email);
}

std::optional<std::string> NormaliseCard(std::string_view value) {
  std::string card;
  for (const char c : value) {
    if (c == ' ' || c == '-') continue;
    if (!IsAscii(c) || !IsAlnum(c)) return std::nullopt;
    card.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  if (card.size() < kMinCardCharacters || card.size() > kMaxCardCharacters) return std::nullopt;
  return card;
}

std::optional<std::string> NormaliseHandle(std::string_view value) {
  std::string_view handle = Trimmed(value);
  if (handle.starts_with('@')) handle.remove_prefix(1);
  if (handle.empty() || handle.find(' ') != std::string_view::npos) return std::nullopt;
  return LowerCase(handle);
}

std::optional<std::string> NormaliseOpaque(std::string_view value) {
  const std::string_view text = Trimmed(value);
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

const char* KindWord(ev::IdentifierKind kind) {
  switch (kind) {
    case ev::IDENTIFIER_KIND_EMAIL:
      return "an e-mail address";
    case ev::IDENTIFIER_KIND_CARD:
      return "a card number";
    case ev::IDENTIFIER_KIND_SOCIAL:
      return "a handle";
    default:
      return "an identifier";
  }
}

}  // namespace

bool HasIssuer(ev::IdentifierKind kind) {
  return kind == ev::IDENTIFIER_KIND_SOCIAL || kind == ev::IDENTIFIER_KIND_EXTERNAL;
}

MaybeRefusal CheckIdentifierShape(std::string_view field, const IdentifierInput& input) {
  const std::string kind = fmt::format("{}.kind", field);
  if (input.kind() == ev::IDENTIFIER_KIND_UNSPECIFIED) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, kind, "is required");
  }
  if (!ev::IdentifierKind_IsValid(input.kind())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, kind, "is not a kind of identifier");
  }
  if (auto refusal = CheckText(fmt::format("{}.value", field), input.value(), Presence::kRequired,
                               kMaxValueBytes)) {
    return refusal;
  }
  if (auto refusal =
          CheckCode(fmt::format("{}.issuer", field), input.issuer(),
                    HasIssuer(input.kind()) ? Presence::kRequired : Presence::kOptional)) {
    return refusal;
  }
  if (!input.region().empty() && !IsPhoneRegion(input.region())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, fmt::format("{}.region", field),
                  "is not an ISO 3166 region of two capital letters that has phone numbers");
  }
  return std::nullopt;
}

MaybeRefusal NormaliseIdentifier(std::string_view field, const IdentifierInput& input,
                                 std::string_view default_region, std::string* normalised) {
  if (input.kind() == ev::IDENTIFIER_KIND_PHONE) {
    const std::string_view region =
        input.region().empty() ? default_region : std::string_view(input.region());
    return NormalisePhone(fmt::format("{}.value", field), input.value(), region, normalised);
  }
  std::optional<std::string> form;
  switch (input.kind()) {
    case ev::IDENTIFIER_KIND_EMAIL:
      form = NormaliseEmail(input.value());
      break;
    case ev::IDENTIFIER_KIND_CARD:
      form = NormaliseCard(input.value());
      break;
    case ev::IDENTIFIER_KIND_SOCIAL:
      form = NormaliseHandle(input.value());
      break;
    default:
      form = NormaliseOpaque(input.value());
      break;
  }
  if (!form) {
    return Refuse(daybook::v1::REASON_IDENTIFIER_INVALID, fmt::format("{}.value", field),
                  fmt::format("is not {}", KindWord(input.kind())));
  }
  *normalised = std::move(*form);
  return std::nullopt;
}

std::string RegionOfLanguage(std::string_view language) {
  // BCP 47: the region is the first subtag of two letters behind the language.
  size_t at = language.find('-');
  while (at != std::string_view::npos) {
    const size_t end = language.find('-', at + 1);
    const std::string_view subtag = language.substr(
        at + 1, end == std::string_view::npos ? std::string_view::npos : end - at - 1);
    if (subtag.size() == 1) return {};  // an extension: what follows is no region
    if (subtag.size() == 2) {
      std::string region(subtag);
      absl::AsciiStrToUpper(&region);
      return region;
    }
    at = end;
  }
  return {};
}

std::string IdentityText(ev::IdentifierKind kind, std::string_view issuer,
                         std::string_view normalised) {
  return fmt::format("identifier\n{}\n{}\n{}", static_cast<int>(kind),
                     HasIssuer(kind) ? issuer : std::string_view(), normalised);
}

std::string PhoneTailText(std::string_view number) {
  std::string digits;
  for (const char c : number) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  if (digits.size() < kTailDigits) return {};
  return fmt::format("phone-tail\n{}", digits.substr(digits.size() - kTailDigits));
}

}  // namespace daybook::projections::customers
