// The lots and totals of a customer's accounts: the one fold that decisions and the view `points`
// share, and how its rows are read at an instant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/engine/event.h"
#include "projections/engine/rows.h"
#include "projections/loyalty/rows.h"

namespace daybook::projections::loyalty {

// When something of an account is due next; nothing: never.
struct NextDue {
  std::optional<Timestamp> expiry;
  std::optional<Timestamp> activation;
  friend bool operator==(const NextDue&, const NextDue&) = default;
};

// What an event changed in the due instants of its account.
struct DueChange {
  std::string_view programme;  // of the event; empty if the event is about no account
  NextDue before;
  NextDue after;
};

// Folds a loyalty event into the rows of its customer; ignores all others. Total: what is taken
// from or given to a lot that was not seen is kept on the lot's row until the lot comes.
DueChange ApplyToAccount(const Event& event, RowGroup& rows);

// An account at an instant: what is due by then has passed, recorded or not.
struct AccountAt {
  const AccountRow* row = nullptr;  // as folded
  int64_t active = 0;               // in lots; the debt is not taken off
  int64_t pending = 0;
  int64_t expired = 0;  // so far, also what is not recorded yet
  std::optional<Timestamp> next_expiry;
};
// Nothing if there is no such account. Looks only at lots that are due and not recorded as such;
// with none, at no lot.
std::optional<AccountAt> ReadAccount(const RowGroup& rows, std::string_view programme,
                                     Timestamp at);

// In what order a cursor meets an account's lots.
enum class LotOrder {
  kExpiry,      // soonest lapse, then earlier earned, then lot id
  kEarned,      // earlier earned, then lot id
  kActivation,  // pending ones, soonest activation first
};

// Goes over the lots of an account that hold points. A few at a time: rows must not be looked up
// while a scan runs over their group.
class LotCursor {
 public:
  // `from`: with kExpiry and kActivation, lots whose instant is earlier are left out.
  LotCursor(const RowGroup& rows, std::string_view programme, LotOrder order,
            Timestamp from = kDistantPast);
  // Goes on behind a key() of a cursor in the same order.
  void StartAt(std::string key) { from_ = std::move(key); }

  // The next lot, or null at the end. Valid until the next call.
  const LotRow* Next();
  // Of the lot that Next gave.
  const std::string& lot_id() const { return lot_id_; }
  const std::string& key() const { return key_; }

 private:
  static constexpr Timestamp kDistantPast = ledger::kDistantPast;
  void Fill();

  const RowGroup& rows_;
  const std::string programme_;
  const LotOrder order_;
  std::string from_;               // full key at which the next look begins
  std::vector<std::string> keys_;  // found, the next one at the back
  bool exhausted_ = false;
  std::string lot_id_;
  std::string key_;
};

// The lot, open or used up; null if nothing is known of it.
const LotRow* FindLot(const RowGroup& rows, std::string_view programme, std::string_view lot_id);

// Whether a lot is not active yet, or has lapsed, at an instant.
bool IsPendingAt(const LotRow& lot, Timestamp at);
bool IsExpiredAt(const LotRow& lot, Timestamp at);

}  // namespace daybook::projections::loyalty
