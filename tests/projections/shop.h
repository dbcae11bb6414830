// A shop with a loyalty programme in the engine's stand-in, and requests about it in a line each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/policies.pb.h"
#include "daybook/v1/sales.pb.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::testing {

// An order line: product, units, price of one in pence.
struct Item {
  std::string product;
  int64_t units = 1;
  int64_t pence = 0;
  std::string category = {};
};

// Programme "main": one point per pound, GBP, Europe/London, half even, no expiry, soonest expiry
// first, debt, lapse, enrols by an order. Effective from 2000 on.
daybook::event::v1::ProgrammePublished MainProgramme();

daybook::v1::PublishProgrammeRequest Publish(
    const daybook::event::v1::ProgrammePublished& programme);
daybook::v1::RecordOrderRequest Order(const std::string& customer, const std::string& order_id,
                                      const std::vector<Item>& items);
daybook::v1::RecordReturnRequest Return(const std::string& customer, const std::string& return_id,
                                        const std::vector<Item>& items);
daybook::v1::CancelOrderRequest Cancel(const std::string& customer, const std::string& order_id);
daybook::v1::IssueRefundRequest Refund(const std::string& customer, const std::string& refund_id,
                                       const std::string& order_id, int64_t pence);
daybook::v1::EnrolRequest Enrol(const std::string& customer);
daybook::v1::RedeemPointsRequest Redeem(const std::string& customer,
                                        const std::string& redemption_id, int64_t points);
daybook::v1::ReverseRedemptionRequest Reverse(const std::string& customer,
                                              const std::string& redemption_id, int64_t points = 0);
daybook::v1::AdjustPointsRequest Adjust(const std::string& customer,
                                        const std::string& adjustment_id, int64_t points,
                                        bool allow_debt = false);

// The request, as of an instant ("2024-02-29T12:00:00Z").
template <typename Request>
Request On(Request request, Timestamp at) {
  request.mutable_provenance()->mutable_occurred_at()->set_seconds(at.micros / 1'000'000);
  request.mutable_provenance()->mutable_occurred_at()->set_nanos(
      static_cast<int32_t>(at.micros % 1'000'000 * 1000));
  return request;
}
template <typename Request>
Request On(Request request, std::string_view at) {
  return On(std::move(request), At(at));
}
// The same, told by an import session.
template <typename Request>
Request Imported(Request request, std::string_view at) {
  request = On(std::move(request), at);
  request.mutable_provenance()->set_import_session("history");
  return request;
}

struct Shop {
  // With the programme "main" as above, or another one.
  Shop();
  explicit Shop(const daybook::event::v1::ProgrammePublished& programme);

  // "OK", or reason and field.
  std::string Do(const google::protobuf::Message& request) { return Outcome(world.Do(request)); }
  // Sets the clock, then does it.
  std::string DoAt(std::string_view now, const google::protobuf::Message& request);
  // Sets the clock and fires what is due.
  void Pass(std::string_view now);

  // Balance in "main" now or as of an instant; fails the test if there is no account.
  daybook::v1::Balance Balance(const std::string& customer);
  daybook::v1::Balance BalanceAsOf(const std::string& customer, Timestamp as_of);
  int64_t Active(const std::string& customer) { return Balance(customer).active(); }
  // "lot remaining" of each lot, in allocation order; lots are named by their order.
  std::vector<std::string> Lots(const std::string& customer);
  daybook::v1::ExplainPointsResponse Explain(const std::string& customer,
                                             const std::string& order_id);

  World world;
};

}  // namespace daybook::projections::testing
