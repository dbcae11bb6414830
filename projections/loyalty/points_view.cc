#include "projections/loyalty/lots.h"
#include "projections/loyalty/views.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

class PointsView : public View {
 public:
  std::string_view name() const override { return kPointsView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type >= ev::EVENT_TYPE_LOYALTY_ENROLLED && type <= ev::EVENT_TYPE_POINTS_TRANSFER_CLOSED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    ApplyToAccount(event, state.entity());
  }
};

}  // namespace

std::unique_ptr<View> MakePointsView() { return std::make_unique<PointsView>(); }

}  // namespace daybook::projections::loyalty
