#include "projections/sales/names.h"

#include "daybook/event/v1/loyalty.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"

namespace daybook::projections::sales {

MaybeRefusal NameCustomer(std::string_view field, std::string_view name, EntityRef* entity) {
  entity->kind = daybook::event::v1::ENTITY_KIND_CUSTOMER;
  return ParseCustomer(field, name, &entity->id);
}

MaybeRefusal NameOrder(std::string_view field, std::string_view name, EntityRef* entity,
                       std::string* order_id) {
  entity->kind = daybook::event::v1::ENTITY_KIND_CUSTOMER;
  return ParseChild(field, name, "orders", &entity->id, order_id);
}

std::string OrderIdOf(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

std::string CustomerName(std::string_view customer) {
  return fmt::format("customers/{}", customer);
}

std::string OrderName(std::string_view customer, std::string_view order_id) {
  return fmt::format("customers/{}/orders/{}", customer, order_id);
}

std::string ProgrammeName(std::string_view programme_id) {
  return fmt::format("programmes/{}", programme_id);
}

MaybeRefusal CheckUnits(std::string_view field, int64_t units) {
  if (units >= 1 && units <= kMaxUnits) return std::nullopt;
  return Refuse(daybook::v1::REASON_FIELD_INVALID, std::string(field),
                fmt::format("{} is not from 1 to 10^9", units));
}

MaybeRefusal CheckPrice(std::string_view field, const daybook::event::v1::UnitPrice& price) {
  if (price.scale() > kMaxPriceScale) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, fmt::format("{}.scale", field),
                  fmt::format("{} is not from 0 to 6", price.scale()));
  }
  if (price.units() >= 0 && price.units() <= kMaxAmount) return std::nullopt;
  return Refuse(daybook::v1::REASON_FIELD_INVALID, fmt::format("{}.units", field),
                fmt::format("{} is not from 0 to 10^15", price.units()));
}

Price PriceOf(const daybook::event::v1::UnitPrice& price) {
  return Normalise({price.units(), price.scale()});
}

int64_t PointsTakenBack(const Recorded& recorded) {
  int64_t points = 0;
  for (const Event& event : recorded.events) {
    if (event.type != daybook::event::v1::EVENT_TYPE_POINTS_CLAWED_BACK) continue;
    const auto& payload = event.As<daybook::event::v1::PointsClawedBack>();
    points += payload.points();
    if (payload.shortfall_policy() != daybook::event::v1::SHORTFALL_POLICY_DEBT) {
      points -= payload.shortfall();
    }
  }
  return points;
}

}  // namespace daybook::projections::sales
