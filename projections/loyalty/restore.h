// How points come back to the lots that they were taken from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"

namespace daybook::projections::loyalty {

struct Restoration {
  Allocations restored;    // into lots that live
  int64_t lapsed = 0;      // of lots that have lapsed meanwhile
  std::string new_lot_id;  // for the rest, by the programme's policy; empty if none
  int64_t new_lot_points = 0;
  std::optional<Timestamp> new_lot_expires_at;  // nothing: never
};

// What becomes of `back` at the decision's effective instant: what lives returns to its lots with
// their expiry; what has lapsed goes the programme's way.
Restoration Restore(const Decision& decision, const Programme& programme, const Allocations& back);

// The part of an event that says it.
template <typename Payload>
void Describe(const Restoration& restoration, Payload* payload) {
  *payload->mutable_restored() = restoration.restored;
  payload->set_lapsed(restoration.lapsed);
  payload->set_new_lot_id(restoration.new_lot_id);
  payload->set_new_lot_points(restoration.new_lot_points);
  if (restoration.new_lot_expires_at)
    *payload->mutable_new_lot_expires_at() = ToProto(*restoration.new_lot_expires_at);
}

}  // namespace daybook::projections::loyalty
