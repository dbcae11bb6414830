#include "projections/loyalty/accounts.h"

#include <algorithm>
#include <limits>

#include "fmt/format.h"
#include "projections/engine/validation.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

template <typename Eligible>
int64_t Take(const RowGroup& state, const Programme& programme, Timestamp at, int64_t points,
             std::string_view skip, Allocations* allocations, Eligible eligible) {
  int64_t taken = 0;
  LotCursor cursor(state, programme.id(), OrderOf(programme), Timestamp{at.micros + 1});
  while (taken < points) {
    const LotRow* lot = cursor.Next();
    if (lot == nullptr) break;
    if (cursor.lot_id() == skip || IsExpiredAt(*lot, at) || !eligible(*lot)) continue;
    ev::Allocation& allocation = *allocations->Add();
    allocation.set_lot_id(cursor.lot_id());
    allocation.set_points(std::min(points - taken, lot->remaining()));
    taken += allocation.points();
  }
  return taken;
}

// True if the account's totals say exactly what is active at `at`.
bool TotalsHoldAt(const AccountRow& account, Timestamp at) {
  return at.micros >= account.latest_us() &&
         (!account.has_next_expiry_us() || account.next_expiry_us() > at.micros) &&
         (!account.has_next_activation_us() || account.next_activation_us() > at.micros);
}

}  // namespace

MaybeRefusal NameAccount(std::string_view customer, std::string_view programme, EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_CUSTOMER;
  if (MaybeRefusal r = ParseCustomer("customer", customer, &entity->id)) return r;
  std::string programme_id;
  return ParseProgramme("programme", programme, &programme_id);
}

std::string ProgrammeIdOf(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

MaybeRefusal RefuseProgrammeUnknown(std::string_view programme_id) {
  return Refuse(daybook::v1::REASON_PROGRAMME_UNKNOWN, "programme",
                fmt::format("no programme '{}' is in force", programme_id));
}

MaybeRefusal RefuseNotEnrolled(std::string_view programme_id) {
  return Refuse(daybook::v1::REASON_NOT_ENROLLED, "programme",
                fmt::format("the customer does not take part in '{}'", programme_id));
}

MaybeRefusal RefuseInsufficient(int64_t wanted, int64_t available) {
  return Refuse(daybook::v1::REASON_INSUFFICIENT_POINTS, "points",
                fmt::format("{} points wanted, {} can be had", wanted, available));
}

const AccountRow* EnrolledAccount(const RowGroup& state, std::string_view programme_id) {
  const AccountRow* account = state.Find<AccountRow>(programme_id);
  return account != nullptr && account->has_enrolled_at_us() ? account : nullptr;
}

LotOrder OrderOf(const Programme& programme) {
  return programme.published().allocation_order() == ev::ALLOCATION_ORDER_EARLIEST_EARNED
             ? LotOrder::kEarned
             : LotOrder::kExpiry;
}

uint64_t LotsMade(const RowGroup& state) {
  const LoyaltyRow* row = state.Find<LoyaltyRow>();
  return row == nullptr ? 0 : row->lots_made();
}

std::string NextLotId(const Decision& decision) {
  return LotId(decision.context().effective, LotsMade(decision.state()) + 1);
}

int64_t TakeActive(const RowGroup& state, const Programme& programme, Timestamp at, int64_t points,
                   std::string_view skip, Allocations* allocations) {
  return Take(state, programme, at, points, skip, allocations, [at](const LotRow& lot) {
    return lot.earned_at_us() <= at.micros && !IsPendingAt(lot, at);
  });
}

int64_t TakePending(const RowGroup& state, const Programme& programme, Timestamp at, int64_t points,
                    std::string_view skip, Allocations* allocations) {
  return Take(state, programme, at, points, skip, allocations, [at](const LotRow& lot) {
    return lot.earned_at_us() <= at.micros && IsPendingAt(lot, at);
  });
}

int64_t TakeSpendable(const RowGroup& state, const Programme& programme, const AccountRow& account,
                      Timestamp at, int64_t points, Allocations* allocations) {
  const int64_t debt = std::max<int64_t>(0, account.debt());
  if (TotalsHoldAt(account, at) && account.active() - debt < points) {
    return std::max<int64_t>(0, account.active() - debt);
  }
  Allocations found;
  const int64_t spendable = TakeActive(state, programme, at, points + debt, {}, &found) - debt;
  if (spendable < points) return std::max<int64_t>(0, spendable);
  int64_t left = points;
  for (ev::Allocation& allocation : found) {
    if (left == 0) break;
    allocation.set_points(std::min(allocation.points(), left));
    left -= allocation.points();
    allocations->Add()->Swap(&allocation);
  }
  return points;
}

}  // namespace daybook::projections::loyalty
