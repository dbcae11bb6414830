// Who calls, as the server has found out, and what that caller's roles let it see.
#pragma once

#include <cstdint>
#include <string>

#include "daybook/event/v1/access.pb.h"
#include "daybook/event/v1/envelope.pb.h"
#include "ledger/types.h"

namespace daybook::projections {

using daybook::event::v1::Role;

// A set of roles.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  static constexpr RoleSet All() { return RoleSet(~uint32_t{1}); }

  constexpr void Add(Role role) { bits_ |= uint32_t{1} << role; }
  constexpr bool Has(Role role) const { return (bits_ >> role & 1) != 0; }
  constexpr bool HasAnyOf(RoleSet others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(RoleSet, RoleSet) = default;

 private:
  constexpr explicit RoleSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

// The roles of a token or a rule.
template <typename Roles>
RoleSet RolesIn(const Roles& roles) {
  RoleSet set;
  for (const int role : roles) set.Add(static_cast<Role>(role));
  return set;
}
// "admin", or several in the order of their numbers: "reader:auditor".
std::string NameOf(RoleSet roles);

// How a caller sees personal values.
enum class Disclosure {
  kClear,     // opened; `erased` where the key is gone
  kRedacted,  // not at all, but that there is one
  kSealed,    // in events as they are stored, elsewhere not at all
};

struct Caller {
  std::string tenant = "main";
  daybook::event::v1::Actor::Kind actor_kind = daybook::event::v1::Actor::KIND_SERVICE;
  std::string actor_id;
  // False: what is recorded names actor_id, whatever provenance.actor_id says.
  bool may_name_actor = true;
  std::string role;  // as it is recorded
  RoleSet roles = RoleSet::All();
  std::string token_id;  // empty where none is asked for
  ledger::Bytes32 token_sha256{};
  std::string traceparent;  // W3C, 55 characters, or empty
  // What a call that reads says of itself; codes, or empty.
  std::string on_behalf_of, purpose, legal_basis, request_id;

  Disclosure disclosure() const;
};

}  // namespace daybook::projections
