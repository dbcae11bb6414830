// The view holding_summary and its question.
#include <map>
#include <string>
#include <vector>

#include "daybook/event/v1/holdings.pb.h"
#include "projections/customers/rules.h"
#include "projections/engine/tally.h"
#include "projections/holdings/holding_fold.h"
#include "projections/holdings/views.h"

namespace daybook::projections::holdings {

namespace ev = daybook::event::v1;

namespace {

constexpr char kTotalsIndex[] = "totals";
constexpr uint8_t kKindDimension = 1;
// Pairs of kinds are the square of this.
constexpr uint32_t kMaxKinds = 200;

std::string PairKey(const std::string& a, const std::string& b) {
  return a < b ? a + '\0' + b : b + '\0' + a;
}

int64_t Primary(const HoldingRow& row) { return row.role() == ev::HOLDING_ROLE_PRIMARY ? 1 : 0; }

// A customer begins (by = 1) or ceases (-1) to have a kind.
void CountCustomer(const std::string& kind, int64_t by, const RowGroup& customer,
                   RowGroup& totals) {
  KindTotalRow& total = totals.Mutable<KindTotalRow>(kind);
  total.set_customers(total.customers() + by);
  std::vector<std::string> others;
  customer.Scan<HeldKindRow>({}, [&](std::string_view other, const HeldKindRow& held) {
    if (held.open() > 0 && other != kind) others.emplace_back(other);
    return true;
  });
  for (const std::string& other : others) {
    PairTotalRow& pair = totals.Mutable<PairTotalRow>(PairKey(kind, other));
    pair.set_customers(pair.customers() + by);
  }
  if (!others.empty()) return;
  HolderTotalRow& holders = totals.Mutable<HolderTotalRow>();
  holders.set_customers(holders.customers() + by);
}

class SummaryView : public View {
 public:
  std::string_view name() const override { return kSummaryView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return type == ev::EVENT_TYPE_HOLDING_CHANGED; }
  void Apply(const Event& event, ViewState& state) const override {
    const std::optional<HoldingStep> step = FoldHolding(event, state.entity());
    // As long as its opening was not seen it has no kind to count by.
    if (!step || !step->after.seen()) return;
    RowGroup& totals = state.index(kTotalsIndex);
    const std::string kind(PlaceInTally(totals, kKindDimension, step->after.kind(), kMaxKinds));
    const int64_t was = IsOpen(step->before) ? 1 : 0;
    const int64_t is = IsOpen(step->after) ? 1 : 0;
    const int64_t was_over = step->before.seen() && was == 0 ? 1 : 0;
    const int64_t is_over = is == 0 ? 1 : 0;
    KindTotalRow& total = totals.Mutable<KindTotalRow>(kind);
    total.set_open(total.open() + is * Primary(step->after) - was * Primary(step->before));
    total.set_closed(total.closed() + is_over * Primary(step->after) -
                     was_over * Primary(step->before));
    if (was == is) return;
    HeldKindRow& held = state.entity().Mutable<HeldKindRow>(kind);
    held.set_open(held.open() + is - was);
    if (is > was && held.open() == 1) CountCustomer(kind, 1, state.entity(), totals);
    if (is < was && held.open() == 0) CountCustomer(kind, -1, state.entity(), totals);
  }
};

}  // namespace

std::unique_ptr<View> MakeSummaryView() { return std::make_unique<SummaryView>(); }

MaybeRefusal ValidateSummary(const daybook::v1::GetHoldingSummaryRequest& request,
                             EntityRef* entity) {
  entity->id.clear();
  return customers::RefuseHistory(request.read());
}

MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetHoldingSummaryRequest& /*request*/,
                         daybook::v1::GetHoldingSummaryResponse* response) {
  std::map<std::string, KindTotalRow> kinds;
  std::map<std::string, int64_t> pairs;
  int64_t customers = 0;
  scope.ScanIndex(kTotalsIndex, [&](const RowGroup& group) {
    group.Scan<KindTotalRow>({}, [&](std::string_view kind, const KindTotalRow& part) {
      KindTotalRow& sum = kinds[std::string(kind)];
      sum.set_open(sum.open() + part.open());
      sum.set_closed(sum.closed() + part.closed());
      sum.set_customers(sum.customers() + part.customers());
      return true;
    });
    group.Scan<PairTotalRow>({}, [&](std::string_view key, const PairTotalRow& part) {
      pairs[std::string(key)] += part.customers();
      return true;
    });
    if (const auto* part = group.Find<HolderTotalRow>()) customers += part->customers();
  });
  for (const auto& [kind, sum] : kinds) {
    daybook::v1::HoldingKindTotal& total = *response->add_kinds();
    total.set_kind(kind);
    total.set_open(sum.open());
    total.set_closed(sum.closed());
    total.set_customers(sum.customers());
  }
  for (const auto& [key, count] : pairs) {
    if (count == 0) continue;
    daybook::v1::HoldingPairTotal& total = *response->add_pairs();
    total.set_kind(key.substr(0, key.find('\0')));
    total.set_other_kind(key.substr(key.find('\0') + 1));
    total.set_customers(count);
  }
  response->set_customers(customers);
  return std::nullopt;
}

}  // namespace daybook::projections::holdings
