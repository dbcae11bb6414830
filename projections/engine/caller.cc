#include "projections/engine/caller.h"

#include <algorithm>
#include <cctype>

namespace daybook::projections {

namespace ev = daybook::event::v1;

std::string NameOf(RoleSet roles) {
  constexpr size_t kPrefix = sizeof("ROLE_") - 1;
  std::string text;
  for (int role = ev::ROLE_UNSPECIFIED + 1; role < ev::Role_ARRAYSIZE; ++role) {
    if (!roles.Has(static_cast<Role>(role))) continue;
    std::string name = ev::Role_Name(static_cast<Role>(role)).substr(kPrefix);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    text += (text.empty() ? "" : ":") + name;
  }
  return text;
}

Disclosure Caller::disclosure() const {
  if (roles.Has(ev::ROLE_AGENT) || roles.Has(ev::ROLE_ADMIN)) return Disclosure::kClear;
  return roles.Has(ev::ROLE_AUDITOR) ? Disclosure::kSealed : Disclosure::kRedacted;
}

}  // namespace daybook::projections
