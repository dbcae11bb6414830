#include "tests/model/points_model.h"

#include <algorithm>

namespace daybook::model {
namespace {

__extension__ typedef __int128 Wide;

int64_t HalfEven(Wide numerator, Wide denominator) {
  const Wide floor = numerator / denominator;
  const Wide twice = 2 * (numerator - floor * denominator);
  if (twice > denominator) return static_cast<int64_t>(floor + 1);
  if (twice < denominator) return static_cast<int64_t>(floor);
  return static_cast<int64_t>(floor % 2 == 0 ? floor : floor + 1);
}

// The first instant after the day that lies `days` after the day of `at`.
Micros EndOfDay(Micros at, int days) { return (at / kDay + days + 1) * kDay; }

bool Eligible(const Rules& rules, const std::string& product) {
  return product != rules.excluded || (rules.bonus_points > 0 && product == rules.bonus_product);
}

}  // namespace

int64_t Points::Lot::Left() const {
  int64_t left = 0;
  for (const Change& change : changes) left += change.points;
  return left;
}

int64_t Points::BoughtLine::Returned() const {
  int64_t units = 0;
  for (const Change& change : returned) units += change.points;
  return units;
}

const Rules* Points::InForce(Micros at) const {
  const Rules* best = nullptr;
  for (const Rules& rules : versions_) {
    if (rules.effective_from > at) continue;
    if (best == nullptr || rules.effective_from >= best->effective_from) best = &rules;
  }
  return best;
}

int64_t Points::Debt() const {
  int64_t debt = 0;
  for (const Totals& totals : totals_) debt -= totals.change.active;
  return debt;
}

Points::Bought* Points::Find(const std::string& id) {
  for (Bought& order : orders_) {
    if (order.id == id) return &order;
  }
  return nullptr;
}

// Lots that can be taken from: earned by `at`, not lapsed by `at` nor by the time of recording.
std::vector<size_t> Points::LotsInOrder(const Rules& rules, Micros at, Micros now,
                                        bool pending) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < lots_.size(); ++i) {
    const Lot& lot = lots_[i];
    if (lot.earned_at > at || lot.expires_at <= std::max(at, now) || lot.Left() <= 0) continue;
    if ((lot.activates_at > at) == pending) found.push_back(i);
  }
  std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) {
    if (rules.order == Order::kSoonestExpiry && lots_[a].expires_at != lots_[b].expires_at) {
      return lots_[a].expires_at < lots_[b].expires_at;
    }
    return lots_[a].earned_at < lots_[b].earned_at;
  });
  return found;
}

std::vector<Points::Taken> Points::Take(const std::vector<size_t>& lots, int64_t points,
                                        Micros at) {
  std::vector<Taken> taken;
  for (const size_t i : lots) {
    const int64_t now = std::min(points, lots_[i].Left());
    if (now <= 0) continue;
    lots_[i].changes.push_back({at, -now});
    taken.push_back({i, now});
    points -= now;
  }
  return taken;
}

size_t Points::NewLot(const std::string& order_id, int64_t points, const Rules& rules, Micros at,
                      Micros delay) {
  const Micros expires_at = rules.expiry_days ? EndOfDay(at, *rules.expiry_days) : kNever;
  lots_.push_back({order_id, at, at + delay, expires_at, {{at, points}}});
  return lots_.size() - 1;
}

void Points::Earn(Bought& order, Micros at, Micros now) {
  const Rules* rules = InForce(at);
  if (rules == nullptr) return;
  const bool member = enrolled_at_ && (*enrolled_at_ <= at || rules->enrol_by_order);
  if (!member) {
    if (enrolled_at_ || !rules->enrol_by_order) return;
    enrolled_at_ = at;
    account_since_.push_back(at);
  }
  if (rules->lateness_days > 0 && now - at > rules->lateness_days * kDay) return;
  Wide exact = 0;  // in base_per × bonus_per parts of a point
  for (const BoughtLine& bought : order.lines) {
    const Line& line = bought.line;
    if (line.product != rules->excluded)
      exact += Wide{line.base} * rules->base_points * rules->bonus_per;
    if (rules->bonus_points > 0 && line.product == rules->bonus_product) {
      exact += Wide{line.base} * rules->bonus_points * rules->base_per;
    }
    if (Eligible(*rules, line.product)) order.base += line.base;
  }
  const Wide parts = Wide{rules->base_per} * rules->bonus_per;
  switch (rules->rounding) {
    case Rounding::kHalfEven:
      order.points = HalfEven(exact, parts);
      break;
    case Rounding::kDown:
      order.points = static_cast<int64_t>(exact / parts);
      break;
    case Rounding::kHalfUp:
      order.points = static_cast<int64_t>((2 * exact + parts) / (2 * parts));
      break;
  }
  if (order.points == 0) return;
  order.earned = true;
  order.rules = rules;
  const int64_t filled = std::min(order.points, std::max<int64_t>(0, Debt()));
  if (filled < order.points)
    order.lot = NewLot(order.id, order.points - filled, *rules, at, rules->delay_days * kDay);
  Balance change;
  change.earned = order.points;
  change.active = filled;
  totals_.push_back({at, change});
  account_since_.push_back(at);
}

std::string Points::RecordOrder(const std::string& id, const std::vector<Line>& lines, Micros at,
                                Micros now) {
  if (Find(id) != nullptr) return "ORDER_EXISTS order_id";
  Bought order;
  order.id = id;
  order.at = at;
  for (const Line& line : lines) order.lines.push_back({line, {}});
  Earn(order, at, now);
  orders_.push_back(order);
  return "OK";
}

void Points::ClawBack(Bought& order, Micros at, Micros now) {
  if (!order.earned) return;
  int64_t returned = 0;
  for (const BoughtLine& bought : order.lines) {
    if (!Eligible(*order.rules, bought.line.product)) continue;
    returned += HalfEven(Wide{bought.line.base} * bought.Returned(), bought.line.units);
  }
  const int64_t due =
      order.base == 0 ? 0 : HalfEven(Wide{order.points} * returned, order.base) - order.clawed_back;
  if (due <= 0) return;
  order.clawed_back += due;
  const Rules& rules = InForce(at) != nullptr ? *InForce(at) : *order.rules;
  std::vector<size_t> lots;
  if (order.lot && lots_[*order.lot].expires_at > std::max(at, now)) lots.push_back(*order.lot);
  for (const bool pending : {false, true}) {
    for (const size_t i : LotsInOrder(rules, at, now, pending)) {
      if (!order.lot || i != *order.lot) lots.push_back(i);
    }
  }
  int64_t found = 0;
  for (const Taken& taken : Take(lots, due, at)) found += taken.points;
  const int64_t owed = rules.shortfall == Shortfall::kDebt ? due - found : 0;
  Balance change;
  change.clawed_back = found + owed;
  change.active = -owed;
  totals_.push_back({at, change});
  account_since_.push_back(at);
}

std::string Points::Cancel(const std::string& id, Micros at, Micros now) {
  Bought* order = Find(id);
  if (order == nullptr) return "ORDER_UNKNOWN order";
  if (order->cancelled) return "ORDER_CANCELLED order";
  order->cancelled = true;
  for (BoughtLine& line : order->lines)
    line.returned.push_back({at, line.line.units - line.Returned()});
  ClawBack(*order, at, now);
  return "OK";
}

std::string Points::Return(const std::vector<Line>& lines, Micros at, Micros now) {
  std::vector<size_t> newest;  // orders by then, newest first
  for (size_t i = orders_.size(); i > 0; --i) {
    if (orders_[i - 1].at <= at) newest.push_back(i - 1);
  }
  std::stable_sort(newest.begin(), newest.end(),
                   [this](size_t a, size_t b) { return orders_[a].at > orders_[b].at; });
  std::vector<size_t> touched;
  for (const Line& line : lines) {
    int64_t units = line.units;
    for (const size_t i : newest) {
      for (size_t j = orders_[i].lines.size(); j > 0 && units > 0; --j) {
        BoughtLine& bought = orders_[i].lines[j - 1];
        if (bought.line.product != line.product || bought.line.price != line.price) continue;
        const int64_t taken = std::min(units, bought.line.units - bought.Returned());
        if (taken == 0) continue;
        bought.returned.push_back({at, taken});
        units -= taken;
        if (std::find(touched.begin(), touched.end(), i) == touched.end()) touched.push_back(i);
      }
    }
  }
  for (const size_t i : touched) ClawBack(orders_[i], at, now);
  return "OK";
}

std::string Points::ReturnOfLine(const std::string& order_id, size_t line, int64_t units, Micros at,
                                 Micros now) {
  Bought* order = Find(order_id);
  if (order == nullptr) return "ORDER_UNKNOWN lines[0].order_id";
  if (line >= order->lines.size()) return "ORDER_LINE_UNKNOWN lines[0].order_line";
  BoughtLine& bought = order->lines[line];
  if (units > bought.line.units - bought.Returned()) return "UNITS_EXCEEDED lines[0].units";
  bought.returned.push_back({at, units});
  ClawBack(*order, at, now);
  return "OK";
}

std::string Points::Enrol(Micros at) {
  if (orders_.empty()) return "CUSTOMER_UNKNOWN customer";
  if (InForce(at) == nullptr) return "PROGRAMME_UNKNOWN programme";
  if (enrolled_at_) return "ALREADY_ENROLLED programme";
  enrolled_at_ = at;
  account_since_.push_back(at);
  return "OK";
}

std::string Points::Redeem(const std::string& id, int64_t points, Micros at, Micros now) {
  const Rules* rules = InForce(at);
  if (rules == nullptr) return "PROGRAMME_UNKNOWN programme";
  for (const Redemption& redemption : redemptions_) {
    if (redemption.id == id) return "REDEMPTION_EXISTS redemption_id";
  }
  if (!enrolled_at_) return "NOT_ENROLLED programme";
  const std::vector<size_t> lots = LotsInOrder(*rules, at, now, false);
  int64_t available = -std::max<int64_t>(0, Debt());
  for (const size_t i : lots) available += lots_[i].Left();
  if (available < points) return "INSUFFICIENT_POINTS points";
  redemptions_.push_back({id, Take(lots, points, at)});
  Balance change;
  change.redeemed = points;
  totals_.push_back({at, change});
  account_since_.push_back(at);
  return "OK";
}

std::string Points::Reverse(const std::string& id, int64_t points, Micros at) {
  const Rules* rules = InForce(at);
  if (rules == nullptr) return "PROGRAMME_UNKNOWN programme";
  for (Redemption& redemption : redemptions_) {
    if (redemption.id != id) continue;
    int64_t left = 0;
    for (const Taken& taken : redemption.taken) left += taken.points;
    if (left == 0 || points > left) return "REDEMPTION_EXCEEDED points";
    if (points == 0) points = left;
    Balance change;
    change.redeemed = -points;
    int64_t lapsed = 0;
    for (size_t i = redemption.taken.size(); i > 0 && points > 0; --i) {
      Taken& taken = redemption.taken[i - 1];
      const int64_t back = std::min(points, taken.points);
      if (back == 0) continue;
      taken.points -= back;
      points -= back;
      if (lots_[taken.lot].expires_at > at) {
        lots_[taken.lot].changes.push_back({at, back});
      } else {
        lapsed += back;
      }
    }
    if (lapsed > 0 && rules->expired_refund == ExpiredRefund::kLapse) change.expired = lapsed;
    if (lapsed > 0 && rules->expired_refund == ExpiredRefund::kNewLot)
      NewLot("", lapsed, *rules, at, 0);
    if (lapsed > 0 && rules->expired_refund == ExpiredRefund::kGrace) {
      lots_.push_back({"", at, at, EndOfDay(at, rules->grace_days), {{at, lapsed}}});
    }
    totals_.push_back({at, change});
    account_since_.push_back(at);
    return "OK";
  }
  return "REDEMPTION_UNKNOWN redemption_id";
}

std::string Points::Adjust(int64_t points, bool allow_debt, Micros at, Micros now) {
  const Rules* rules = InForce(at);
  if (rules == nullptr) return "PROGRAMME_UNKNOWN programme";
  if (!enrolled_at_) return "NOT_ENROLLED programme";
  Balance change;
  change.adjusted = points;
  const int64_t debt = std::max<int64_t>(0, Debt());
  if (points > 0) {
    change.active = std::min(points, debt);
    if (change.active < points) NewLot("", points - change.active, *rules, at, 0);
  } else {
    const std::vector<size_t> lots = LotsInOrder(*rules, at, now, false);
    int64_t available = 0;
    for (const size_t i : lots) available += lots_[i].Left();
    if (available - debt < -points && !allow_debt) return "INSUFFICIENT_POINTS points";
    int64_t found = 0;
    for (const Taken& taken : Take(lots, -points, at)) found += taken.points;
    change.active = points + found;
  }
  totals_.push_back({at, change});
  account_since_.push_back(at);
  return "OK";
}

bool Points::HasAccountAt(Micros at) const {
  return std::any_of(account_since_.begin(), account_since_.end(),
                     [at](Micros since) { return since <= at; });
}

Balance Points::BalanceAt(Micros at) const {
  Balance balance;
  for (const Totals& totals : totals_) {
    if (totals.at > at) continue;
    balance.active += totals.change.active;
    balance.earned += totals.change.earned;
    balance.redeemed += totals.change.redeemed;
    balance.clawed_back += totals.change.clawed_back;
    balance.expired += totals.change.expired;
    balance.adjusted += totals.change.adjusted;
  }
  for (const Lot& lot : lots_) {
    int64_t left = 0;
    for (const Change& change : lot.changes) left += change.at <= at ? change.points : 0;
    // What was taken from a lot before the lot itself is a difference of the balance for as long.
    const bool there = lot.earned_at <= at;
    if (there && lot.expires_at <= at) {
      balance.expired += left;
    } else if (there && lot.activates_at > at) {
      balance.pending += left;
    } else {
      balance.active += left;
    }
  }
  return balance;
}

std::vector<LotLeft> Points::LotsAt(Micros at) const {
  const Rules* rules = InForce(at);
  std::vector<size_t> found;
  for (size_t i = 0; i < lots_.size(); ++i) {
    if (lots_[i].earned_at <= at && lots_[i].expires_at > at && lots_[i].Left() > 0)
      found.push_back(i);
  }
  std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) {
    if (rules->order == Order::kSoonestExpiry && lots_[a].expires_at != lots_[b].expires_at) {
      return lots_[a].expires_at < lots_[b].expires_at;
    }
    return lots_[a].earned_at < lots_[b].earned_at;
  });
  std::vector<LotLeft> lots;
  for (const size_t i : found) {
    lots.push_back(
        {lots_[i].order_id, lots_[i].Left(), lots_[i].activates_at > at, lots_[i].expires_at});
  }
  return lots;
}

std::vector<int64_t> Points::ReturnedUnits(const std::string& order_id, Micros at) const {
  std::vector<int64_t> units;
  for (const Bought& order : orders_) {
    if (order.id != order_id) continue;
    for (const BoughtLine& line : order.lines) {
      units.push_back(0);
      for (const Change& change : line.returned)
        units.back() += change.at <= at ? change.points : 0;
    }
  }
  return units;
}

}  // namespace daybook::model
