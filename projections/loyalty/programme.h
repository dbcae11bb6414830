// A version of a loyalty programme in the form that decisions use, and what it pays for an order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "projections/engine/calendar.h"
#include "projections/engine/decision.h"
#include "projections/engine/policies.h"
#include "projections/loyalty/rules.h"

namespace daybook::projections::loyalty {

// What a programme pays for an order.
struct Earning {
  int64_t points = 0;
  int64_t base_minor = 0;     // of the eligible lines, each once
  std::vector<Claim> claims;  // by line, then rule
  std::string_view reason;    // why nothing; empty if something
};

// Immutable; shared by all threads.
class Programme : public Policy {
 public:
  explicit Programme(const daybook::event::v1::ProgrammePublished& published);

  const daybook::event::v1::ProgrammePublished& published() const { return published_; }
  const std::string& id() const { return published_.programme_id(); }
  const daybook::event::v1::EarnRule& rule(uint32_t index) const {
    return published_.earn_rules(static_cast<int>(index));
  }

  // Judges an order's lines; whether it comes too late is the caller's to see.
  Earning Judge(const daybook::event::v1::OrderCompleted& order) const;
  // When points earned at `earned_at` become active and lapse; nothing: at once, never.
  std::optional<ledger::Timestamp> ActivatesAt(ledger::Timestamp earned_at) const;
  std::optional<ledger::Timestamp> ExpiresAt(ledger::Timestamp earned_at) const;
  // When points that live for the grace days from `from` on lapse.
  ledger::Timestamp GraceEndsAt(ledger::Timestamp from) const;

 private:
  using Codes = absl::flat_hash_set<std::string>;  // in lower case
  struct Rule {
    Codes include_products;
    Codes exclude_products;
    Codes include_categories;
    Codes exclude_categories;
    int64_t weight = 0;  // points per minor unit × denominator_
  };
  static bool Matches(const Rule& rule, const std::string& product, const std::string& category);
  const Zone& zone() const;

  daybook::event::v1::ProgrammePublished published_;
  std::vector<Rule> rules_;
  int64_t denominator_ = 1;
  RoundingMode rounding_ = RoundingMode::kHalfEven;
  std::optional<Zone> zone_;  // nothing: this machine does not know it
};

// The version in force for the decision's tenant and effective instant; null if there is none.
const Programme* ProgrammeInForce(const Decision& decision, std::string_view programme_id);

// The first thing that is wrong with a programme to be published, with its path from the programme
// on
// ("earn_rules[2].points"): POLICY_INVALID. `version` must be 0; `effective_from` may be absent.
MaybeRefusal CheckProgramme(const daybook::event::v1::ProgrammePublished& programme);

}  // namespace daybook::projections::loyalty
