#include "projections/loyalty/lots.h"

#include <algorithm>

namespace daybook::projections::loyalty {
namespace {

// How many lots a cursor notes at a time: most takings need one or two.
constexpr size_t kAtOnce = 4;

}  // namespace

bool IsPendingAt(const LotRow& lot, Timestamp at) {
  return lot.has_activates_at_us() && lot.activates_at_us() > at.micros;
}

bool IsExpiredAt(const LotRow& lot, Timestamp at) {
  return lot.has_expires_at_us() && lot.expires_at_us() <= at.micros;
}

const LotRow* FindLot(const RowGroup& rows, std::string_view programme, std::string_view lot_id) {
  const LotRow* lot = rows.Find<LotRow>(LotKey(LotPlace::kOpen, programme, lot_id));
  return lot != nullptr ? lot : rows.Find<LotRow>(LotKey(LotPlace::kClosed, programme, lot_id));
}

LotCursor::LotCursor(const RowGroup& rows, std::string_view programme, LotOrder order,
                     Timestamp from)
    : rows_(rows), programme_(programme), order_(order) {
  if (order != LotOrder::kEarned && from != kDistantPast) from_ = AccountTimeKey(programme, from);
}

void LotCursor::Fill() {
  const auto note = [this](std::string_view key) {
    if (key == key_) return true;  // where the last look ended
    keys_.emplace_back(key);
    return keys_.size() < kAtOnce;
  };
  switch (order_) {
    case LotOrder::kExpiry:
      rows_.Scan<LotByExpiryRow>(
          AccountPrefix(programme_), from_, ScanOrder::kAscending,
          [&note](std::string_view key, const LotByExpiryRow&) { return note(key); });
      break;
    case LotOrder::kActivation:
      rows_.Scan<LotByActivationRow>(
          AccountPrefix(programme_), from_, ScanOrder::kAscending,
          [&note](std::string_view key, const LotByActivationRow&) { return note(key); });
      break;
    case LotOrder::kEarned:
      rows_.Scan<LotRow>(LotPrefix(LotPlace::kOpen, programme_), from_, ScanOrder::kAscending,
                         [&note](std::string_view key, const LotRow&) { return note(key); });
      break;
  }
  exhausted_ = keys_.size() < kAtOnce;
  if (!keys_.empty()) from_ = keys_.back();
  std::reverse(keys_.begin(), keys_.end());
}

const LotRow* LotCursor::Next() {
  const size_t head = 1 + programme_.size() + (order_ == LotOrder::kEarned ? 1 : 8);
  while (true) {
    if (keys_.empty()) {
      if (exhausted_) return nullptr;
      Fill();
      if (keys_.empty()) return nullptr;
    }
    key_ = std::move(keys_.back());
    keys_.pop_back();
    lot_id_ = key_.substr(head);
    const LotRow* lot = rows_.Find<LotRow>(LotKey(LotPlace::kOpen, programme_, lot_id_));
    if (lot != nullptr && lot->seen() && lot->remaining() > 0) return lot;
  }
}

std::optional<AccountAt> ReadAccount(const RowGroup& rows, std::string_view programme,
                                     Timestamp at) {
  const AccountRow* row = rows.Find<AccountRow>(programme);
  if (row == nullptr) return std::nullopt;
  AccountAt account{row, row->active(), row->pending(), row->expired(), std::nullopt};
  if (row->has_next_activation_us() && row->next_activation_us() <= at.micros) {
    LotCursor cursor(rows, programme, LotOrder::kActivation);
    for (const LotRow* lot = cursor.Next(); lot != nullptr && !IsPendingAt(*lot, at);
         lot = cursor.Next()) {
      account.pending -= lot->remaining();
      account.active += lot->remaining();
    }
  }
  if (!row->has_next_expiry_us()) return account;
  if (row->next_expiry_us() > at.micros) {
    account.next_expiry = Timestamp{row->next_expiry_us()};
    return account;
  }
  LotCursor cursor(rows, programme, LotOrder::kExpiry);
  for (const LotRow* lot = cursor.Next(); lot != nullptr; lot = cursor.Next()) {
    if (!IsExpiredAt(*lot, at)) {
      if (lot->has_expires_at_us()) account.next_expiry = Timestamp{lot->expires_at_us()};
      break;
    }
    (IsPendingAt(*lot, at) ? account.pending : account.active) -= lot->remaining();
    account.expired += lot->remaining();
  }
  return account;
}

}  // namespace daybook::projections::loyalty
