// What one customer's orders, returns and points must come to, told as plainly as possible: facts
// are kept in lists, and every question is answered by going over all of them. Slow on purpose;
// shares no code with what it judges.
//
// Days are UTC days and periods whole days, so that the calendar needs no library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daybook::model {

using Micros = int64_t;
inline constexpr Micros kHour = 3'600'000'000;
inline constexpr Micros kDay = 24 * kHour;
inline constexpr Micros kNever = INT64_MAX;

enum class Rounding { kHalfEven, kDown, kHalfUp };
enum class Order { kSoonestExpiry, kEarliestEarned };
enum class Shortfall { kDebt, kWaive, kCharge };
enum class ExpiredRefund { kLapse, kGrace, kNewLot };

// One version of the programme: a base rule over everything but `excluded`, and a bonus rule over
// `bonus_product` alone.
struct Rules {
  Micros effective_from = 0;
  int64_t base_points = 1, base_per = 100;
  int64_t bonus_points = 0, bonus_per = 1;  // no points: no such rule
  std::string excluded, bonus_product;
  Rounding rounding = Rounding::kHalfEven;
  int delay_days = 0;
  std::optional<int> expiry_days;
  Order order = Order::kSoonestExpiry;
  Shortfall shortfall = Shortfall::kDebt;
  ExpiredRefund expired_refund = ExpiredRefund::kLapse;
  int grace_days = 0;
  int lateness_days = 0;
  bool enrol_by_order = true;
};

struct Line {
  std::string product;
  int64_t units = 1;
  int64_t price = 0;  // pence
  int64_t base = 0;   // may earn
};

struct Balance {
  int64_t active = 0, pending = 0, earned = 0, redeemed = 0, clawed_back = 0, expired = 0,
          adjusted = 0;
  friend bool operator==(const Balance&, const Balance&) = default;
};

struct LotLeft {
  std::string order_id;
  int64_t remaining = 0;
  bool pending = false;
  Micros expires_at = kNever;
  friend bool operator==(const LotLeft&, const LotLeft&) = default;
};

class Points {
 public:
  explicit Points(std::vector<Rules> versions) : versions_(std::move(versions)) {}

  // Commands: `at` is when it happened, `now` when it is recorded. Each gives "OK" or the refusal's
  // reason.
  std::string RecordOrder(const std::string& id, const std::vector<Line>& lines, Micros at,
                          Micros now);
  std::string Cancel(const std::string& id, Micros at, Micros now);
  std::string Return(const std::vector<Line>& lines, Micros at, Micros now);
  std::string ReturnOfLine(const std::string& order_id, size_t line, int64_t units, Micros at,
                           Micros now);
  std::string Enrol(Micros at);
  std::string Redeem(const std::string& id, int64_t points, Micros at, Micros now);
  std::string Reverse(const std::string& id, int64_t points, Micros at);
  std::string Adjust(int64_t points, bool allow_debt, Micros at, Micros now);

  // What was true at an instant.
  bool HasAccountAt(Micros at) const;
  Balance BalanceAt(Micros at) const;
  std::vector<LotLeft> LotsAt(Micros at) const;
  // Units that came back by an instant, line by line.
  std::vector<int64_t> ReturnedUnits(const std::string& order_id, Micros at) const;

 private:
  struct Change {
    Micros at;
    int64_t points;
  };
  struct Lot {
    std::string order_id;
    Micros earned_at = 0, activates_at = 0, expires_at = kNever;
    std::vector<Change> changes;  // the first one made it
    int64_t Left() const;
  };
  struct BoughtLine {
    Line line;
    std::vector<Change> returned;
    int64_t Returned() const;
  };
  struct Bought {
    std::string id;
    Micros at;
    std::vector<BoughtLine> lines;
    bool cancelled = false;
    bool earned = false;
    int64_t points = 0, base = 0, clawed_back = 0;
    std::optional<size_t> lot;
    const Rules* rules = nullptr;
  };
  struct Taken {
    size_t lot;
    int64_t points;
  };
  struct Redemption {
    std::string id;
    std::vector<Taken> taken;  // less what was reversed
  };
  struct Totals {
    Micros at;
    Balance change;  // active: change of the debt, negated
  };

  const Rules* InForce(Micros at) const;
  int64_t Debt() const;
  std::vector<size_t> LotsInOrder(const Rules& rules, Micros at, Micros now, bool pending) const;
  std::vector<Taken> Take(const std::vector<size_t>& lots, int64_t points, Micros at);
  size_t NewLot(const std::string& order_id, int64_t points, const Rules& rules, Micros at,
                Micros delay);
  void Earn(Bought& order, Micros at, Micros now);
  void ClawBack(Bought& order, Micros at, Micros now);
  Bought* Find(const std::string& id);

  std::vector<Rules> versions_;
  std::vector<Bought> orders_;  // as recorded
  std::vector<Lot> lots_;       // as made
  std::vector<Redemption> redemptions_;
  std::vector<Totals> totals_;
  std::optional<Micros> enrolled_at_;
  std::vector<Micros> account_since_;
};

}  // namespace daybook::model
