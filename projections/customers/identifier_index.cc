// The view identifier_index and its query.
#include <algorithm>
#include <map>

#include "daybook/event/v1/customers.pb.h"
#include "projections/customers/identifiers.h"
#include "projections/customers/rules.h"
#include "projections/customers/views.h"
#include "projections/engine/validation.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 20;
constexpr int32_t kMaxPage = 100;

class IdentifierIndex : public View {
 public:
  std::string_view name() const override { return kIdentifierIndex; }
  uint32_t version() const override { return 1; }
  bool wants_clear() const override { return true; }
  bool Wants(EventType type) const override { return type == ev::EVENT_TYPE_IDENTIFIER_CHANGED; }

  void Apply(const Event& event, ViewState& state) const override {
    if (event.type != ev::EVENT_TYPE_IDENTIFIER_CHANGED) return;
    const auto& changed = event.As<ev::IdentifierChanged>();
    const std::string number = KeyOf(uint64_t{changed.identifier_number()});
    if (changed.action() == ev::IDENTIFIER_ACTION_ATTACHED) Attach(changed, number, state);
    // Later events name the number alone; the hashes are found by it. None: the value was erased
    // before it came here.
    const auto* indexed = state.entity().Find<IndexedRow>(number);
    if (indexed == nullptr) return;
    const IndexedRow places = *indexed;
    for (const std::string& place : {places.exact(), places.tail()}) {
      if (place.empty()) continue;
      Change(event, std::string(event.entity_id) + '\0' + number, state.index(place));
    }
    if (changed.action() == ev::IDENTIFIER_ACTION_DETACHED)
      state.entity().Erase<IndexedRow>(number);
  }

 private:
  static void Attach(const ev::IdentifierChanged& changed, const std::string& number,
                     ViewState& state) {
    if (changed.normalised().form_case() != ev::Sealed::kClear) return;
    const std::string& value = changed.normalised().clear();
    auto& row = state.entity().Mutable<IndexedRow>(number);
    row.set_exact(state.HashPersonal(IdentityText(changed.kind(), changed.issuer(), value)));
    if (changed.kind() != ev::IDENTIFIER_KIND_PHONE) return;
    const std::string tail = PhoneTailText(value);
    if (!tail.empty()) row.set_tail(state.HashPersonal(tail));
  }

  static void Change(const Event& event, const std::string& key, RowGroup& candidates) {
    const auto& changed = event.As<ev::IdentifierChanged>();
    if (changed.action() == ev::IDENTIFIER_ACTION_DETACHED) {
      candidates.Erase<CandidateRow>(key);
      return;
    }
    auto& row = candidates.Mutable<CandidateRow>(key);
    row.set_customer_id(std::string(event.entity_id));
    row.set_changed_at_us(event.occurred_at.micros);
    if (changed.action() == ev::IDENTIFIER_ACTION_ATTACHED) row.set_shared(changed.shared());
    if (changed.action() == ev::IDENTIFIER_ACTION_VERIFIED) row.set_verified(true);
    row.set_invalid(changed.action() == ev::IDENTIFIER_ACTION_INVALIDATED);
  }
};

// The best fit of each customer.
class Ranking {
 public:
  void Add(const CandidateRow& row, bool exact) {
    const Ranked ranked{{exact, row.verified(), row.shared(), row.invalid()}, row.changed_at_us()};
    auto [it, inserted] = best_.emplace(row.customer_id(), ranked);
    if (!inserted && Better(ranked, it->second)) it->second = ranked;
  }

  void Write(size_t most, daybook::v1::LookupCustomersResponse* response) const {
    std::vector<const Entry*> order;
    for (const Entry& entry : best_) order.push_back(&entry);
    const auto before = [](const Entry* a, const Entry* b) {
      if (Better(a->second, b->second)) return true;
      if (Better(b->second, a->second)) return false;
      return a->first < b->first;
    };
    // One more than asked for tells whether the last shares its score.
    const size_t shown = std::min(most, order.size());
    std::partial_sort(order.begin(), order.begin() + std::min(shown + 1, order.size()), order.end(),
                      before);
    for (size_t i = 0; i < shown; ++i) {
      const auto& [id, ranked] = *order[i];
      auto* candidate = response->add_candidates();
      candidate->set_customer(CustomerName(id));
      candidate->set_score(ScoreOf(ranked.fit));
      for (std::string& reason : ReasonsOf(ranked.fit)) candidate->add_reasons(std::move(reason));
      const bool first_of_score = i == 0 || ScoreOf(order[i - 1]->second.fit) != candidate->score();
      const bool shares_score =
          i + 1 < order.size() && ScoreOf(order[i + 1]->second.fit) == candidate->score();
      if (first_of_score && shares_score &&
          ranked.changed_at_us > order[i + 1]->second.changed_at_us) {
        candidate->add_reasons("RECENT");
      }
    }
  }

 private:
  struct Ranked {
    Fit fit;
    int64_t changed_at_us = 0;
  };
  using Entry = std::pair<const std::string, Ranked>;
  static bool Better(const Ranked& a, const Ranked& b) {
    const int score_a = ScoreOf(a.fit);
    const int score_b = ScoreOf(b.fit);
    return score_a != score_b ? score_a > score_b : a.changed_at_us > b.changed_at_us;
  }
  std::map<std::string, Ranked> best_;  // by customer id
};

void Collect(const ReadScope& scope, const std::string& text, bool exact, Ranking* ranking) {
  const std::string place = scope.opener().HashPersonal(scope.tenant(), text);
  scope.ScanIndex(place, [&](const RowGroup& rows) {
    rows.Scan<CandidateRow>({}, [&](std::string_view, const CandidateRow& row) {
      ranking->Add(row, exact);
      return true;
    });
  });
}

bool SaysCountry(std::string_view phone) {
  const size_t first = phone.find_first_not_of(" (");
  return first != std::string_view::npos && phone[first] == '+';
}

}  // namespace

std::unique_ptr<View> MakeIdentifierIndex() { return std::make_unique<IdentifierIndex>(); }

MaybeRefusal ValidateLookupCustomers(const daybook::v1::LookupCustomersRequest& request,
                                     EntityRef*) {
  if (auto refusal = RefuseHistory(request.read())) return refusal;
  if (auto refusal = CheckIdentifierShape("identifier", request.identifier())) return refusal;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &ignored);
}

MaybeRefusal ReadLookupCustomers(const ReadScope& scope,
                                 const daybook::v1::LookupCustomersRequest& request,
                                 daybook::v1::LookupCustomersResponse* response) {
  int32_t page_size = 0;
  if (auto refusal =
          CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &page_size)) {
    return refusal;
  }
  const auto& input = request.identifier();
  const std::string region = RegionOfLanguage(scope.policies().tenant(scope.tenant()).language);
  Ranking ranking;
  const std::string tail = PhoneTailText(input.value());
  if (input.kind() == ev::IDENTIFIER_KIND_PHONE && region.empty() && input.region().empty() &&
      !SaysCountry(input.value()) && !tail.empty()) {
    Collect(scope, tail, false, &ranking);
  } else {
    std::string normalised;
    if (auto refusal = NormaliseIdentifier("identifier", input, region, &normalised))
      return refusal;
    Collect(scope, IdentityText(input.kind(), input.issuer(), normalised), true, &ranking);
  }
  ranking.Write(static_cast<size_t>(page_size), response);
  return std::nullopt;
}

}  // namespace daybook::projections::customers
