// The statement, and why an order earned what it did.
#include <string>

#include "absl/strings/escaping.h"
#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/loyalty/accounts.h"
#include "projections/loyalty/programme.h"
#include "projections/loyalty/queries.h"
#include "projections/loyalty/rows.h"
#include "projections/page.h"
#include "projections/sales/names.h"

namespace daybook::projections::loyalty {
namespace {

namespace ev = daybook::event::v1;

constexpr int32_t kStandardPage = 100;
constexpr int32_t kLargestPage = 1000;

// The text form of an event id.
std::string UuidText(const std::string& bytes) {
  const std::string hex = absl::BytesToHexString(bytes);
  if (hex.size() != 32) return hex;
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

void FillEntry(const StatementEntryRow& row, daybook::v1::StatementEntry* entry) {
  *entry->mutable_occurred_at() = ToProto({row.occurred_at_us()});
  entry->set_type(static_cast<ev::EventType>(row.type()));
  entry->set_points(row.points());
  entry->set_reference(row.reference());
  entry->set_event_id(UuidText(row.event_id()));
  entry->set_balance_after(row.balance_after());
}

// 12345 minor units of GBP → "123.45 GBP".
std::string MoneyText(int64_t minor_units, std::string_view currency) {
  const int digits = CurrencyDigits(currency);
  int64_t power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  if (digits == 0) return fmt::format("{} {}", minor_units, currency);
  return fmt::format("{}.{:0{}} {}", minor_units / power, minor_units % power, digits, currency);
}

std::string PointsText(int64_t points) {
  return fmt::format("{} {}", points, points == 1 ? "point" : "points");
}

std::string NameOf(const ev::PointsEarned& earned) {
  return fmt::format("programme {} version {}", earned.programme_id(), earned.programme_version());
}

const ev::EarnRule* RuleOf(const Programme* programme, std::string_view rule_id) {
  if (programme == nullptr) return nullptr;
  for (const ev::EarnRule& rule : programme->published().earn_rules()) {
    if (rule.rule_id() == rule_id) return &rule;
  }
  return nullptr;
}

std::string ShareSentence(const ev::PointsEarned& earned, const ev::EarnShare& share,
                          const Programme* programme) {
  if (share.rule_id().empty()) {
    return fmt::format(
        "{} by all rules of {} that are for this line, of {}; the order has too many lines and "
        "rules to keep each.",
        PointsText(share.points()), NameOf(earned),
        programme == nullptr
            ? fmt::format("{} minor units", share.base_minor_units())
            : MoneyText(share.base_minor_units(), programme->published().currency()));
  }
  const std::string head = fmt::format("{} by rule {} of {}", PointsText(share.points()),
                                       share.rule_id(), NameOf(earned));
  const ev::EarnRule* rule = RuleOf(programme, share.rule_id());
  if (rule == nullptr) return head + ".";
  const std::string& currency = programme->published().currency();
  return fmt::format("{}: {} for each {}, of {}; fractions are rounded once per order.", head,
                     PointsText(rule->points()), MoneyText(rule->per_minor_units(), currency),
                     MoneyText(share.base_minor_units(), currency));
}

// Why a line without a share earned nothing.
std::string NothingSentence(const ev::PointsEarned& earned, const Programme* programme) {
  if (earned.reason() == "LATE") {
    return fmt::format("Nothing: the order was recorded later than {} allows.", NameOf(earned));
  }
  if (earned.reason() == "CURRENCY") {
    return fmt::format("Nothing: the order is not in the currency of {}{}.", NameOf(earned),
                       programme == nullptr ? "" : ", " + programme->published().currency());
  }
  if (earned.reason() == "TOO_MANY_POINTS") {
    return fmt::format("Nothing: the order would earn more than {} may pay for one.",
                       NameOf(earned));
  }
  return fmt::format("Nothing: no rule of {} is for this line.", NameOf(earned));
}

void ExplainLines(ev::OrderCompleted* order, const ev::PointsEarned& earned,
                  const Programme* programme, daybook::v1::ExplainPointsResponse* response) {
  int next = 0;  // shares stand in the order of the lines
  for (ev::OrderLine& line : *order->mutable_lines()) {
    daybook::v1::LineExplanation& out = *response->add_lines();
    const uint32_t number = line.number();
    out.mutable_line()->Swap(&line);
    for (; next < earned.shares_size() && earned.shares(next).order_line() == number; ++next) {
      *out.add_shares() = earned.shares(next);
      out.add_sentences(ShareSentence(earned, earned.shares(next), programme));
    }
    if (out.shares().empty()) out.add_sentences(NothingSentence(earned, programme));
  }
}

// The order is there, but no event of the programme about it.
void ExplainAbsence(ev::OrderCompleted* order, const std::string& programme_id,
                    daybook::v1::ExplainPointsResponse* response) {
  response->set_reason("NO_PROGRAMME");
  for (ev::OrderLine& line : *order->mutable_lines()) {
    daybook::v1::LineExplanation& out = *response->add_lines();
    out.mutable_line()->Swap(&line);
    out.add_sentences(fmt::format(
        "Nothing: when the order was placed programme {} was not in force, or the customer "
        "did not take part.",
        programme_id));
  }
}

int64_t RemainingOf(const ReadScope& scope, const ev::PointsEarned& earned) {
  if (earned.lot_id().empty()) return 0;
  if (earned.has_expires_at() && FromProto(earned.expires_at()) <= scope.at()) return 0;
  const LotTraceRow* lot =
      scope.entity().Find<LotTraceRow>(AccountKey(earned.programme_id(), earned.lot_id()));
  return lot == nullptr ? 0 : lot->remaining();
}

}  // namespace

MaybeRefusal ValidateListStatement(const daybook::v1::ListStatementRequest& request,
                                   EntityRef* entity) {
  if (MaybeRefusal r = NameAccount(request.customer(), request.programme(), entity)) return r;
  int32_t size = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kLargestPage, &size);
}

MaybeRefusal ReadStatement(const ReadScope& scope, const daybook::v1::ListStatementRequest& request,
                           daybook::v1::ListStatementResponse* response) {
  const std::string programme = ProgrammeIdOf(request.programme());
  if (scope.policies().LatestVersion(scope.tenant(), ev::EVENT_TYPE_PROGRAMME_PUBLISHED,
                                     programme) == 0) {
    return RefuseProgrammeUnknown(programme);
  }
  Page page(request.page_size() == 0 ? kStandardPage : request.page_size());
  // The cursor is the key of the first entry of the next page.
  scope.entity().Scan<StatementEntryRow>(AccountPrefix(programme), request.page_token(),
                                         ScanOrder::kDescending,
                                         [&](std::string_view key, const StatementEntryRow& row) {
                                           if (page.full()) {
                                             response->set_next_page_token(std::string(key));
                                             return false;
                                           }
                                           auto* entry = response->add_entries();
                                           FillEntry(row, entry);
                                           page.Add(*entry);
                                           return true;
                                         });
  return std::nullopt;
}

MaybeRefusal ValidateExplainPoints(const daybook::v1::ExplainPointsRequest& request,
                                   EntityRef* entity) {
  std::string order_id;
  if (MaybeRefusal r = sales::NameOrder("order", request.order(), entity, &order_id)) return r;
  std::string programme;
  return ParseProgramme("programme", request.programme(), &programme);
}

MaybeRefusal ReadExplanation(const ReadScope& scope,
                             const daybook::v1::ExplainPointsRequest& request,
                             daybook::v1::ExplainPointsResponse* response) {
  const std::string order_id = sales::OrderIdOf(request.order());
  const std::string programme_id = ProgrammeIdOf(request.programme());
  constexpr auto kKind = ev::EVENT_TYPE_PROGRAMME_PUBLISHED;
  if (scope.policies().LatestVersion(scope.tenant(), kKind, programme_id) == 0) {
    return RefuseProgrammeUnknown(programme_id);
  }
  const ExplainedOrderRow* kept = scope.entity().Find<ExplainedOrderRow>(order_id);
  if (kept == nullptr) {
    return Refuse(daybook::v1::REASON_ORDER_UNKNOWN, "order",
                  "the customer has no order of this id");
  }
  ev::OrderCompleted order;
  CheckInvariant(order.ParseFromString(kept->order_completed()), "a kept order does not parse");
  response->set_programme(sales::ProgrammeName(programme_id));

  const ExplainedEarningRow* row =
      scope.entity().Find<ExplainedEarningRow>(AccountKey(programme_id, order_id));
  if (row == nullptr || row->points_earned().empty()) {
    ExplainAbsence(&order, programme_id, response);
    return std::nullopt;
  }
  ev::PointsEarned earned;
  CheckInvariant(earned.ParseFromString(row->points_earned()), "a kept earning does not parse");
  const ExplainedEarningRow earning = *row;  // looking at entries may move rows
  response->set_points(earned.points());
  response->set_version(earned.programme_version());
  response->set_event_id(UuidText(earning.event_id()));
  response->set_reason(earned.reason());
  ExplainLines(&order, earned,
               scope.policies().Version<Programme>(scope.tenant(), kKind, programme_id,
                                                   earned.programme_version()),
               response);
  for (const SinceRow& since : earning.since()) {
    const auto* entry =
        scope.entity().Find<StatementEntryRow>(AccountKey(programme_id, KeyOf(since.entry())));
    if (entry == nullptr) continue;
    daybook::v1::StatementEntry& out = *response->add_since();
    FillEntry(*entry, &out);
    out.set_points(since.points());
  }
  response->set_remaining(RemainingOf(scope, earned));
  return std::nullopt;
}

}  // namespace daybook::projections::loyalty
