#include "projections/loyalty/programme.h"

#include "absl/strings/ascii.h"
#include "projections/engine/validation.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

absl::flat_hash_set<std::string> LowerCase(
    const google::protobuf::RepeatedPtrField<std::string>& codes) {
  absl::flat_hash_set<std::string> out;
  for (const std::string& code : codes) out.insert(absl::AsciiStrToLower(code));
  return out;
}

RoundingMode ModeOf(ev::Rounding rounding) {
  switch (rounding) {
    case ev::ROUNDING_DOWN:
      return RoundingMode::kDown;
    case ev::ROUNDING_HALF_UP:
      return RoundingMode::kHalfUp;
    default:
      return RoundingMode::kHalfEven;
  }
}

}  // namespace

Programme::Programme(const ev::ProgrammePublished& published)
    : Policy(published.version(), FromProto(published.effective_from())),
      published_(published),
      rounding_(ModeOf(published.rounding())),
      zone_(Zone::Load(published.zone())) {
  for (const ev::EarnRule& rule : published_.earn_rules()) {
    const std::optional<int64_t> multiple = CommonMultiple(denominator_, rule.per_minor_units());
    CheckInvariant(multiple.has_value(), "a programme was published with rates that do not add up");
    denominator_ = *multiple;
  }
  for (const ev::EarnRule& rule : published_.earn_rules()) {
    rules_.push_back({LowerCase(rule.include_products()), LowerCase(rule.exclude_products()),
                      LowerCase(rule.include_categories()), LowerCase(rule.exclude_categories()),
                      rule.points() * (denominator_ / rule.per_minor_units())});
  }
}

const Zone& Programme::zone() const {
  CheckInvariant(zone_.has_value(), "this machine does not know the programme's zone");
  return *zone_;
}

bool Programme::Matches(const Rule& rule, const std::string& product, const std::string& category) {
  if (!rule.include_products.empty() && !rule.include_products.contains(product)) return false;
  if (!rule.include_categories.empty() && !rule.include_categories.contains(category)) return false;
  return !rule.exclude_products.contains(product) && !rule.exclude_categories.contains(category);
}

Earning Programme::Judge(const ev::OrderCompleted& order) const {
  Earning earning;
  if (order.total().currency() != published_.currency()) {
    earning.reason = "CURRENCY";
    return earning;
  }
  earning.claims.reserve(static_cast<size_t>(order.lines_size()));
  std::string product;
  std::string category;
  for (const ev::OrderLine& line : order.lines()) {
    product = line.product();
    absl::AsciiStrToLower(&product);
    category = line.category();
    absl::AsciiStrToLower(&category);
    bool eligible = false;
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (!Matches(rules_[i], product, category)) continue;
      eligible = true;
      earning.claims.push_back({line.number(), static_cast<uint32_t>(i),
                                line.earn_base().minor_units(), rules_[i].weight, 0});
    }
    if (eligible) earning.base_minor += line.earn_base().minor_units();
  }
  if (earning.claims.empty()) {
    earning.reason = "NO_ELIGIBLE_LINE";
    return earning;
  }
  const std::optional<int64_t> points = RoundAndSpread(denominator_, rounding_, &earning.claims);
  if (!points) {
    earning.claims.clear();
    earning.reason = "TOO_MANY_POINTS";
    return earning;
  }
  earning.points = *points;
  if (earning.points == 0) earning.reason = "BELOW_ONE_POINT";
  return earning;
}

std::optional<ledger::Timestamp> Programme::ActivatesAt(ledger::Timestamp earned_at) const {
  if (IsZero(published_.activation_delay())) return std::nullopt;
  return zone().Plus(earned_at, published_.activation_delay());
}

std::optional<ledger::Timestamp> Programme::ExpiresAt(ledger::Timestamp earned_at) const {
  if (!published_.has_expires_after()) return std::nullopt;
  return zone().EndOfLife(earned_at, published_.expires_after());
}

ledger::Timestamp Programme::GraceEndsAt(ledger::Timestamp from) const {
  ev::Period grace;
  grace.set_days(published_.grace_days());
  return zone().EndOfLife(from, grace);
}

const Programme* ProgrammeInForce(const Decision& decision, std::string_view programme_id) {
  return decision.context().policies->InForce<Programme>(
      decision.entity().tenant, ev::EVENT_TYPE_PROGRAMME_PUBLISHED, programme_id,
      decision.context().effective);
}

}  // namespace daybook::projections::loyalty
