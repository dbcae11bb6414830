// Why a command is not carried out: a reason of the catalogue, the field it is about and a sentence
// for a person.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "daybook/v1/errors.pb.h"

namespace daybook::projections {

using Reason = daybook::v1::Reason;

struct Refusal {
  Reason reason = daybook::v1::REASON_UNSPECIFIED;
  std::string field;    // path in the request, for instance "lines[2].units"; empty if it is not
                        // about a field
  std::string message;  // names the offending value where it is not personal
};

// What validation and decisions answer: nothing, or a refusal.
using MaybeRefusal = std::optional<Refusal>;

inline MaybeRefusal Refuse(Reason reason, std::string field, std::string message) {
  return Refusal{reason, std::move(field), std::move(message)};
}

// Thrown by CheckInvariant inside decide and apply; caught by the engine, never crosses its border.
// A decision that throws is refused with INTERNAL and changes nothing; a fold that throws stops its
// view.
class InvariantBroken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void CheckInvariant(bool holds, const char* what) {
  if (!holds) throw InvariantBroken(what);
}

}  // namespace daybook::projections
