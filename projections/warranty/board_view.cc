// The view claim_board: whose work is a claim.
#include <algorithm>

#include "projections/engine/validation.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/names.h"
#include "projections/warranty/views.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

constexpr size_t kMaxListed = 1000;

// The claims in a state stand under its name.
const std::string& IndexOf(v1::ClaimState state) { return v1::ClaimState_Name(state); }

class BoardView : public View {
 public:
  std::string_view name() const override { return kBoardView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type >= ev::EVENT_TYPE_CLAIM_SUBMITTED && type <= ev::EVENT_TYPE_CLAIM_SETTLED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    const std::string claim_id(ClaimOf(event));
    BoardPlaceRow place;
    if (const auto* known = state.entity().Find<BoardPlaceRow>(claim_id)) {
      place = *known;
      state.index(IndexOf(place.state())).Erase<BoardRow>(KeyOf(event, place, claim_id));
    }
    if (event.type == ev::EVENT_TYPE_CLAIM_SUBMITTED) {
      place.set_submitted_at_us(event.occurred_at.micros);
      place.set_component(event.As<ev::ClaimSubmitted>().component());
    }
    place.set_state(StateAfter(event));
    state.entity().Mutable<BoardPlaceRow>(claim_id) = place;
    if (place.state() == v1::CLAIM_STATE_SETTLED || place.state() == v1::CLAIM_STATE_WITHDRAWN)
      return;
    BoardRow& row =
        state.index(IndexOf(place.state())).Mutable<BoardRow>(KeyOf(event, place, claim_id));
    row.set_asset(std::string(event.entity_id));
    row.set_claim_id(claim_id);
    row.set_component(place.component());
  }

 private:
  static std::string KeyOf(const Event& event, const BoardPlaceRow& place,
                           const std::string& claim_id) {
    return projections::KeyOf(Timestamp{place.submitted_at_us()})
        .append(event.entity_id)
        .append("/")
        .append(claim_id);
  }
};

}  // namespace

std::unique_ptr<View> MakeBoardView() { return std::make_unique<BoardView>(); }

MaybeRefusal ValidateListClaimBoard(const v1::ListClaimBoardRequest& request, EntityRef* entity) {
  entity->id.clear();
  switch (request.state()) {
    case v1::CLAIM_STATE_SUBMITTED:
    case v1::CLAIM_STATE_INFORMATION_WANTED:
    case v1::CLAIM_STATE_APPROVED:
    case v1::CLAIM_STATE_DENIED:
    case v1::CLAIM_STATE_APPEALED:
      return std::nullopt;
    case v1::CLAIM_STATE_UNSPECIFIED:
      return Refuse(v1::REASON_FIELD_REQUIRED, "state", "say which claims");
    default:
      return Refuse(v1::REASON_FIELD_INVALID, "state", "is not a state that is anybody's work");
  }
}

MaybeRefusal ReadClaimBoard(const ReadScope& scope, const v1::ListClaimBoardRequest& request,
                            v1::ListClaimBoardResponse* response) {
  // Oldest first over all partitions; each gives its oldest.
  std::vector<std::pair<std::string, BoardRow>> found;
  int64_t total = 0;
  scope.ScanIndex(IndexOf(request.state()), [&](const RowGroup& rows) {
    size_t taken = 0;
    rows.Scan<BoardRow>({}, [&](std::string_view key, const BoardRow& row) {
      ++total;
      if (taken < kMaxListed) found.emplace_back(std::string(key), row);
      ++taken;
      return true;
    });
  });
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  found.resize(std::min(found.size(), kMaxListed));
  for (const auto& [key, row] : found) {
    v1::BoardClaim* claim = response->add_claims();
    claim->set_asset(AssetName(row.asset()));
    claim->set_claim_id(row.claim_id());
    claim->set_component(row.component());
    *claim->mutable_submitted_at() = ToProto(InstantFromKey(key));
  }
  response->set_total(total);
  return std::nullopt;
}

}  // namespace daybook::projections::warranty
