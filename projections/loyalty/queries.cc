// Balances, lots and programmes.
#include "projections/loyalty/queries.h"

#include <string>

#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/lots.h"
#include "projections/loyalty/programme.h"
#include "projections/page.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

constexpr int32_t kStandardPage = 100;
constexpr int32_t kLargestPage = 1000;

MaybeRefusal CheckPage(int32_t page_size) {
  int32_t size = 0;
  return CheckPageSize("page_size", page_size, kStandardPage, kLargestPage, &size);
}

int32_t PageOf(int32_t page_size) { return page_size == 0 ? kStandardPage : page_size; }

// Points of the lots that lapse at exactly that instant.
int64_t PointsLapsingAt(const RowGroup& rows, std::string_view programme, Timestamp instant) {
  int64_t points = 0;
  LotCursor cursor(rows, programme, LotOrder::kExpiry, instant);
  for (const LotRow* lot = cursor.Next(); lot != nullptr && IsExpiredAt(*lot, instant);
       lot = cursor.Next()) {
    points += lot->remaining();
  }
  return points;
}

void FillBalance(const RowGroup& rows, std::string_view customer, const std::string& programme,
                 Timestamp at, const AccountAt& account, daybook::v1::Balance* balance) {
  balance->set_customer(sales::CustomerName(customer));
  balance->set_programme(sales::ProgrammeName(programme));
  balance->set_active(account.active - account.row->debt());
  balance->set_pending(account.pending);
  balance->set_earned(account.row->earned());
  balance->set_redeemed(account.row->redeemed());
  balance->set_clawed_back(account.row->clawed_back());
  balance->set_expired(account.expired);
  balance->set_adjusted(account.row->adjusted());
  balance->set_transferred(account.row->transferred());
  balance->set_in_transit(account.row->in_transit());
  if (account.next_expiry && *account.next_expiry > at) {
    *balance->mutable_next_expiry() = ToProto(*account.next_expiry);
    // The look at lots may move the account's row: last.
    balance->set_next_expiry_points(PointsLapsingAt(rows, programme, *account.next_expiry));
  }
}

}  // namespace

MaybeRefusal ValidateGetBalance(const daybook::v1::GetBalanceRequest& request, EntityRef* entity) {
  return NameAccount(request.customer(), request.programme(), entity);
}

MaybeRefusal ReadBalance(const ReadScope& scope, const daybook::v1::GetBalanceRequest& request,
                         daybook::v1::GetBalanceResponse* response) {
  EntityRef customer;
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), &customer)) return r;
  const std::string programme = ProgrammeIdOf(request.programme());
  const std::optional<AccountAt> account = ReadAccount(scope.entity(), programme, scope.at());
  if (!account) {
    const bool known = scope.policies().LatestVersion(
                           scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED, programme) != 0;
    return known ? RefuseNotEnrolled(programme) : RefuseProgrammeUnknown(programme);
  }
  FillBalance(scope.entity(), customer.id, programme, scope.at(), *account,
              response->mutable_balance());
  return std::nullopt;
}

MaybeRefusal ValidateListBalances(const daybook::v1::ListBalancesRequest& request,
                                  EntityRef* entity) {
  entity->id.clear();
  std::string programme;
  if (MaybeRefusal r = ParseProgramme("programme", request.programme(), &programme)) return r;
  return CheckPage(request.page_size());
}

MaybeRefusal ReadBalances(const ReadScope& scope, const daybook::v1::ListBalancesRequest& request,
                          daybook::v1::ListBalancesResponse* response) {
  const std::string programme = ProgrammeIdOf(request.programme());
  if (scope.policies().LatestVersion(scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED,
                                     programme) == 0) {
    return RefuseProgrammeUnknown(programme);
  }
  Page page(PageOf(request.page_size()));
  scope.ScanEntities(ev::ENTITY_KIND_CUSTOMER, request.page_token(),
                     [&](std::string_view id, const RowGroup& rows, std::string_view cursor) {
                       const std::optional<AccountAt> account =
                           ReadAccount(rows, programme, scope.at());
                       if (!account) return true;
                       daybook::v1::Balance* balance = response->add_balances();
                       FillBalance(rows, id, programme, scope.at(), *account, balance);
                       page.Add(*balance);
                       if (!page.full()) return true;
                       response->set_next_page_token(std::string(cursor));
                       return false;
                     });
  return std::nullopt;
}

MaybeRefusal ValidateListLots(const daybook::v1::ListLotsRequest& request, EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  return CheckPage(request.page_size());
}

MaybeRefusal ReadLots(const ReadScope& scope, const daybook::v1::ListLotsRequest& request,
                      daybook::v1::ListLotsResponse* response) {
  const std::string programme = ProgrammeIdOf(request.programme());
  const auto* rules = scope.policies().InForce<Programme>(
      scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED, programme, scope.at());
  if (rules == nullptr) return RefuseProgrammeUnknown(programme);
  if (scope.entity().Find<AccountRow>(programme) == nullptr) return RefuseNotEnrolled(programme);

  const Timestamp at = scope.at();
  Page page(PageOf(request.page_size()));
  LotCursor cursor(scope.entity(), programme, OrderOf(*rules), Timestamp{at.micros + 1});
  if (!request.page_token().empty()) cursor.StartAt(request.page_token());
  for (const LotRow* lot = cursor.Next(); lot != nullptr; lot = cursor.Next()) {
    if (IsExpiredAt(*lot, at)) continue;
    if (page.full()) {
      response->set_next_page_token(cursor.key());
      break;
    }
    daybook::v1::Lot& out = *response->add_lots();
    out.set_lot_id(cursor.lot_id());
    out.set_remaining(lot->remaining());
    out.set_points(lot->points());
    *out.mutable_earned_at() = ToProto({lot->earned_at_us()});
    *out.mutable_activates_at() =
        ToProto({lot->has_activates_at_us() ? lot->activates_at_us() : lot->earned_at_us()});
    if (lot->has_expires_at_us()) *out.mutable_expires_at() = ToProto({lot->expires_at_us()});
    out.set_pending(IsPendingAt(*lot, at));
    out.set_order_id(lot->order_id());
    page.Add(out);
  }
  return std::nullopt;
}

MaybeRefusal ValidateGetProgramme(const daybook::v1::GetProgrammeRequest& request,
                                  EntityRef* entity) {
  entity->id.clear();
  std::string programme;
  if (MaybeRefusal r = ParseProgramme("programme", request.programme(), &programme)) return r;
  if (!request.has_at()) return std::nullopt;
  if (request.version() != 0) {
    return Refuse(daybook::v1::REASON_FIELDS_EXCLUSIVE, "at",
                  "a version is the same at any instant");
  }
  Timestamp ignored;
  return CheckInstant("at", request.at(), &ignored);
}

MaybeRefusal ReadProgramme(const ReadScope& scope, const daybook::v1::GetProgrammeRequest& request,
                           daybook::v1::GetProgrammeResponse* response) {
  const std::string id = ProgrammeIdOf(request.programme());
  const PolicySet& policies = scope.policies();
  const Programme* programme = nullptr;
  if (request.version() != 0) {
    programme = policies.Version<Programme>(scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED, id,
                                            request.version());
  } else {
    const Timestamp at = request.has_at() ? FromProto(request.at()) : scope.at();
    programme =
        policies.InForce<Programme>(scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED, id, at);
  }
  if (programme == nullptr) {
    MaybeRefusal refusal = RefuseProgrammeUnknown(id);
    const uint32_t latest =
        policies.LatestVersion(scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED, id);
    if (request.version() != 0 && latest != 0) {
      refusal->field = "version";
      refusal->message = fmt::format("programme '{}' has versions 1 to {}", id, latest);
    }
    return refusal;
  }
  *response->mutable_programme() = programme->published();
  return std::nullopt;
}

MaybeRefusal ValidateListProgrammes(const daybook::v1::ListProgrammesRequest& /*request*/,
                                    EntityRef* entity) {
  entity->id.clear();
  return std::nullopt;
}

MaybeRefusal ReadProgrammes(const ReadScope& scope,
                            const daybook::v1::ListProgrammesRequest& /*request*/,
                            daybook::v1::ListProgrammesResponse* response) {
  const PolicySet& policies = scope.policies();
  constexpr auto kKind = ev::EVENT_TYPE_PROGRAMME_PUBLISHED;
  for (const std::string& id : policies.Ids(scope.tenant(), kKind)) {
    const uint32_t version = policies.LatestVersion(scope.tenant(), kKind, id);
    const auto* programme = policies.Version<Programme>(scope.tenant(), kKind, id, version);
    if (programme != nullptr) *response->add_programmes() = programme->published();
  }
  return std::nullopt;
}

}  // namespace daybook::projections::loyalty
