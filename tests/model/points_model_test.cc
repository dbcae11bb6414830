// Goal: whatever a customer does, in whatever order it becomes known, balances, lots and returned
// units are those of the naive model: after each command, and as of any instant.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "projections/engine/validation.h"
#include "tests/model/points_model.h"
#include "tests/projections/shop.h"

namespace daybook::model {
namespace {

using projections::FromProto;
using projections::Timestamp;
using projections::testing::On;
using projections::testing::Outcome;
using projections::testing::Shop;
namespace testing = projections::testing;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

// Thousands of sequences, unless somebody says otherwise: rapidcheck reads this when the first
// property runs.
[[maybe_unused]] const int kManySequences =
    setenv("RC_PARAMS", "max_success=3000 max_size=60", /*overwrite=*/0);

// 2024-01-01T00:00:00Z, a UTC day's begin.
constexpr Micros kStart = 1'704'067'200'000'000;

// One command as rapidcheck makes and shrinks it: what it does with the numbers is said in Act.
struct Step {
  int kind = 0;
  int hours = 0;  // since the step before
  int late = 0;   // days between happening and recording
  int a = 0, b = 0, c = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
  return out << "{" << s.kind << ", +" << s.hours << "h, late " << s.late << ", " << s.a << ", "
             << s.b << ", " << s.c << "}";
}

rc::Gen<Step> AnyStep() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::kind, rc::gen::inRange(0, 16)),
      rc::gen::set(&Step::hours, rc::gen::weightedOneOf<int>({{3, rc::gen::inRange(0, 40)},
                                                              {1, rc::gen::inRange(0, 2000)}})),
      rc::gen::set(&Step::late, rc::gen::weightedOneOf<int>(
                                    {{4, rc::gen::just(0)}, {1, rc::gen::inRange(0, 60)}})),
      rc::gen::set(&Step::a, rc::gen::inRange(0, 1000)),
      rc::gen::set(&Step::b, rc::gen::inRange(0, 1000)),
      rc::gen::set(&Step::c, rc::gen::inRange(0, 1000)));
}

rc::Gen<Rules> AnyRules() {
  return rc::gen::build<Rules>(
      rc::gen::set(&Rules::base_points, rc::gen::inRange<int64_t>(1, 4)),
      rc::gen::set(&Rules::base_per, rc::gen::element<int64_t>(1, 30, 100, 700)),
      rc::gen::set(&Rules::bonus_points, rc::gen::element<int64_t>(0, 1, 5)),
      rc::gen::set(&Rules::bonus_per, rc::gen::element<int64_t>(7, 100, 250)),
      rc::gen::set(&Rules::excluded, rc::gen::element<std::string>("", "A", "C")),
      rc::gen::set(&Rules::bonus_product, rc::gen::element<std::string>("A", "B")),
      rc::gen::set(&Rules::rounding,
                   rc::gen::element(Rounding::kHalfEven, Rounding::kDown, Rounding::kHalfUp)),
      rc::gen::set(&Rules::delay_days, rc::gen::element(0, 0, 1, 14)),
      rc::gen::set(&Rules::expiry_days,
                   rc::gen::element<std::optional<int>>(std::nullopt, 14, 30, 90)),
      rc::gen::set(&Rules::order, rc::gen::element(Order::kSoonestExpiry, Order::kEarliestEarned)),
      rc::gen::set(&Rules::shortfall,
                   rc::gen::element(Shortfall::kDebt, Shortfall::kWaive, Shortfall::kCharge)),
      rc::gen::set(
          &Rules::expired_refund,
          rc::gen::element(ExpiredRefund::kLapse, ExpiredRefund::kGrace, ExpiredRefund::kNewLot)),
      rc::gen::set(&Rules::grace_days, rc::gen::inRange(1, 30)),
      rc::gen::set(&Rules::lateness_days, rc::gen::element(0, 0, 20)),
      rc::gen::set(&Rules::enrol_by_order, rc::gen::element(true, true, false)));
}

ev::ProgrammePublished ProgrammeOf(const Rules& rules) {
  ev::ProgrammePublished programme = testing::MainProgramme();
  *programme.mutable_effective_from() = projections::ToProto({rules.effective_from});
  programme.set_zone("UTC");
  programme.clear_earn_rules();
  ev::EarnRule& base = *programme.add_earn_rules();
  base.set_rule_id("base");
  base.set_points(rules.base_points);
  base.set_per_minor_units(rules.base_per);
  if (!rules.excluded.empty()) base.add_exclude_products(rules.excluded);
  if (rules.bonus_points > 0) {
    ev::EarnRule& bonus = *programme.add_earn_rules();
    bonus.set_rule_id("bonus");
    bonus.set_points(rules.bonus_points);
    bonus.set_per_minor_units(rules.bonus_per);
    bonus.add_include_products(rules.bonus_product);
  }
  programme.set_rounding(static_cast<ev::Rounding>(static_cast<int>(rules.rounding) + 1));
  if (rules.delay_days > 0)
    programme.mutable_activation_delay()->set_days(static_cast<uint32_t>(rules.delay_days));
  if (rules.expiry_days)
    programme.mutable_expires_after()->set_days(static_cast<uint32_t>(*rules.expiry_days));
  programme.set_allocation_order(
      static_cast<ev::AllocationOrder>(static_cast<int>(rules.order) + 1));
  programme.set_shortfall(static_cast<ev::ShortfallPolicy>(static_cast<int>(rules.shortfall) + 1));
  programme.set_expired_refund(
      static_cast<ev::ExpiredRefundPolicy>(static_cast<int>(rules.expired_refund) + 1));
  if (rules.expired_refund == ExpiredRefund::kGrace) {
    programme.set_grace_days(static_cast<uint32_t>(rules.grace_days));
  }
  programme.set_lateness_days(static_cast<uint32_t>(rules.lateness_days));
  programme.set_enrol_on_first_order(rules.enrol_by_order);
  return programme;
}

// The domain and the model, doing the same.
class Pair {
 public:
  explicit Pair(const std::vector<Rules>& versions)
      : shop_(ProgrammeOf(versions[0])), model_(versions) {
    for (size_t i = 1; i < versions.size(); ++i)
      RC_ASSERT(shop_.Do(testing::Publish(ProgrammeOf(versions[i]))) == "OK");
  }

  void Do(const Step& step) {
    now_ += step.hours * kHour;
    shop_.world.SetNow({now_});
    at_ = std::max(kStart, now_ - step.late * kDay);
    ++number_;
    Act(step);
    CompareAt(now_, false);
    const Micros past = kStart + (now_ - kStart) / 1000 * (step.a * 7919 % 1001);
    CompareAt(past, true);
    CompareOrders(past);
  }

 private:
  static constexpr const char* kProducts[] = {"A", "B", "C"};
  static constexpr int64_t kPrices[] = {0, 99, 1234, 5000};

  std::string OrderId(int i) const { return "o" + std::to_string(orders_ == 0 ? 0 : i % orders_); }
  std::string RedemptionId(int i) const {
    return "x" + std::to_string(redemptions_ == 0 ? 0 : i % redemptions_);
  }

  void Check(const google::protobuf::Message& request, const std::string& expected) {
    RC_ASSERT(Outcome(shop_.world.Do(request)) == expected);
  }
  template <typename Request>
  Request At(Request request) const {
    return On(std::move(request), Timestamp{at_});
  }

  void Act(const Step& s) {
    const std::string n = std::to_string(number_);
    switch (s.kind) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return Order(s);
      case 5:
      case 6:
      case 7:
        return Return(s);
      case 8:
        return ReturnOfLine(s);
      case 9:
        return Check(At(testing::Cancel("c", OrderId(s.a))),
                     model_.Cancel(OrderId(s.a), at_, now_));
      case 10:
      case 11: {
        const std::string id =
            s.c % 9 == 0 ? RedemptionId(s.b) : "x" + std::to_string(redemptions_);
        const std::string expected = model_.Redeem(id, 1 + s.a % 200, at_, now_);
        if (expected == "OK") ++redemptions_;
        return Check(At(testing::Redeem("c", id, 1 + s.a % 200)), expected);
      }
      case 12:
      case 13: {
        const int64_t points = s.b % 3 == 0 ? 0 : s.b % 100;
        return Check(At(testing::Reverse("c", RedemptionId(s.a), points)),
                     model_.Reverse(RedemptionId(s.a), points, at_));
      }
      case 14: {
        const int64_t points = s.a % 2 == 0 ? 1 + s.b % 100 : -1 - s.b % 100;
        return Check(At(testing::Adjust("c", "a" + n, points, s.c % 2 == 0)),
                     model_.Adjust(points, s.c % 2 == 0, at_, now_));
      }
      default:
        return Check(At(testing::Enrol("c")), model_.Enrol(at_));
    }
  }

  void Order(const Step& s) {
    std::vector<Line> lines;
    std::vector<testing::Item> items;
    for (int i = 0; i <= s.c % 3; ++i) {
      const int64_t units = 1 + (s.a + i) % 4;
      const int64_t price = kPrices[(s.b + i) % 4];
      const std::string product = kProducts[(s.a / 3 + i * s.c) % 3];
      lines.push_back(
          {product, units, price, (s.b + i) % 5 == 0 ? units * price / 2 : units * price});
      items.push_back({product, units, price});
    }
    const std::string id = s.c % 11 == 0 ? OrderId(s.b) : "o" + std::to_string(orders_);
    v1::RecordOrderRequest request = testing::Order("c", id, items);
    for (size_t i = 0; i < lines.size(); ++i) {
      ev::Money& base = *request.mutable_lines(static_cast<int>(i))->mutable_earn_base();
      base.set_minor_units(lines[i].base);
      base.set_currency("GBP");
    }
    const std::string expected = model_.RecordOrder(id, lines, at_, now_);
    if (expected == "OK") ++orders_;
    Check(At(request), expected);
  }

  void Return(const Step& s) {
    std::vector<Line> lines;
    std::vector<testing::Item> items;
    for (int i = 0; i <= s.c % 2; ++i) {
      const Line line{kProducts[(s.a + i) % 3], 1 + (s.b + i) % 5, kPrices[(s.b / 5 + i) % 4], 0};
      lines.push_back(line);
      items.push_back({line.product, line.units, line.price});
    }
    // An unknown customer is registered by a return too, which the model does not know: enrolment
    // asks.
    if (orders_ == 0) return;
    Check(At(testing::Return("c", "r" + std::to_string(number_), items)),
          model_.Return(lines, at_, now_));
  }

  void ReturnOfLine(const Step& s) {
    if (orders_ == 0) return;
    const std::string id = s.c % 13 == 0 ? "none" : OrderId(s.a);
    v1::RecordReturnRequest request =
        testing::Return("c", "r" + std::to_string(number_), {{"", 1 + s.b % 3, 0}});
    v1::ReturnLineInput& line = *request.mutable_lines(0);
    line.clear_unit_price();
    line.set_order_id(id);
    line.set_order_line(static_cast<uint32_t>(1 + s.c % 3));
    Check(At(request),
          model_.ReturnOfLine(id, static_cast<size_t>(s.c % 3), 1 + s.b % 3, at_, now_));
  }

  void CompareAt(Micros at, bool as_of) {
    v1::GetBalanceRequest request;
    request.set_customer("customers/c");
    request.set_programme("programmes/main");
    if (as_of) *request.mutable_read()->mutable_as_of() = projections::ToProto({at});
    v1::GetBalanceResponse response;
    const auto refusal = shop_.world.Ask(request, &response);
    RC_ASSERT(refusal.has_value() == !model_.HasAccountAt(at));
    if (refusal) return;
    const v1::Balance& got = response.balance();
    const Balance balance{got.active(),      got.pending(), got.earned(),  got.redeemed(),
                          got.clawed_back(), got.expired(), got.adjusted()};
    const Balance expected = model_.BalanceAt(at);
    RC_ASSERT(Tuple(balance) == Tuple(expected));
    RC_ASSERT(balance.active + balance.pending == balance.earned + balance.adjusted -
                                                      balance.redeemed - balance.clawed_back -
                                                      balance.expired);
    if (!as_of) CompareLots();
  }

  static std::vector<int64_t> Tuple(const Balance& b) {
    return {b.active, b.pending, b.earned, b.redeemed, b.clawed_back, b.expired, b.adjusted};
  }

  void CompareLots() {
    v1::ListLotsRequest request;
    request.set_customer("customers/c");
    request.set_programme("programmes/main");
    request.set_page_size(1000);
    v1::ListLotsResponse response;
    RC_ASSERT(Outcome(shop_.world.Ask(request, &response)) == "OK");
    const std::vector<LotLeft> expected = model_.LotsAt(now_);
    RC_ASSERT(static_cast<size_t>(response.lots_size()) == expected.size());
    for (int i = 0; i < response.lots_size(); ++i) {
      const v1::Lot& lot = response.lots(i);
      const LotLeft left{lot.order_id(), lot.remaining(), lot.pending(),
                         lot.has_expires_at() ? FromProto(lot.expires_at()).micros : kNever};
      RC_ASSERT(left == expected[static_cast<size_t>(i)]);
    }
  }

  void CompareOrders(Micros as_of) {
    if (orders_ == 0) return;
    v1::GetOrderRequest request;
    request.set_order("customers/c/orders/" + OrderId(number_));
    v1::GetOrderResponse response;
    RC_ASSERT(Outcome(shop_.world.Ask(request, &response)) == "OK");
    RC_ASSERT(Units(response.order()) == model_.ReturnedUnits(OrderId(number_), kNever));
    *request.mutable_read()->mutable_as_of() = projections::ToProto({as_of});
    response.Clear();
    if (shop_.world.Ask(request, &response)) return;  // not placed yet
    RC_ASSERT(Units(response.order()) == model_.ReturnedUnits(OrderId(number_), as_of));
  }

  static std::vector<int64_t> Units(const v1::Order& order) {
    std::vector<int64_t> units;
    for (const v1::OrderLineState& line : order.lines()) units.push_back(line.returned_units());
    return units;
  }

  Shop shop_;
  Points model_;
  Micros now_ = kStart;
  Micros at_ = kStart;
  int number_ = 0;
  int orders_ = 0;
  int redemptions_ = 0;
};

TEST_CASE("orders, returns and points are the model's") {
  rc::prop("any sequence of commands, some known late", [] {
    std::vector<Rules> versions = {*AnyRules()};
    versions[0].effective_from = kStart - 1000 * kDay;
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
      versions.push_back(*AnyRules());
      versions.back().effective_from =
          versions[versions.size() - 2].effective_from + 1000 * kDay + 20 * kDay * i;
    }
    const auto steps = *rc::gen::container<std::vector<Step>>(AnyStep());
    Pair pair(versions);
    for (const Step& step : steps) pair.Do(step);
  });
}

}  // namespace
}  // namespace daybook::model
