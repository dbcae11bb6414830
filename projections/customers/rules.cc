#include "projections/customers/rules.h"

#include "daybook/event/v1/envelope.pb.h"
#include "fmt/format.h"
#include "ledger/sha256.h"
#include "projections/engine/validation.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;

namespace {
constexpr size_t kDerivedIdBytes = 16;
}  // namespace

MaybeRefusal NameCustomer(std::string_view field, std::string_view name, EntityRef* entity) {
  entity->kind = ev::ENTITY_KIND_CUSTOMER;
  return ParseCustomer(field, name, &entity->id);
}

std::string CustomerName(std::string_view id) { return fmt::format("customers/{}", id); }

std::string DerivedId(std::string_view tenant, std::string_view request_id) {
  // A zero byte can stand in neither, so no two pairs give the same text.
  const ledger::Bytes32 hash =
      ledger::Sha256Of(std::string(tenant) + '\0' + std::string(request_id));
  std::string id;
  for (size_t i = 0; i < kDerivedIdBytes; ++i) {
    fmt::format_to(std::back_inserter(id), "{:02x}", hash[i]);
  }
  return id;
}

MaybeRefusal RefuseHistory(const daybook::v1::ReadOptions& read) {
  if (!read.has_as_of() && !read.has_known_at()) return std::nullopt;
  return Refuse(daybook::v1::REASON_FIELD_INVALID,
                read.has_as_of() ? "read.as_of" : "read.known_at",
                "this question is about the present only");
}

bool MayFollow(ev::LifecycleStage from, ev::LifecycleStage to) {
  switch (from) {
    case ev::LIFECYCLE_STAGE_SUSPECT:
      return to == ev::LIFECYCLE_STAGE_PROSPECT || to == ev::LIFECYCLE_STAGE_CUSTOMER ||
             to == ev::LIFECYCLE_STAGE_DECEASED;
    case ev::LIFECYCLE_STAGE_PROSPECT:
      return to == ev::LIFECYCLE_STAGE_SUSPECT || to == ev::LIFECYCLE_STAGE_CUSTOMER ||
             to == ev::LIFECYCLE_STAGE_DECEASED;
    case ev::LIFECYCLE_STAGE_CUSTOMER:
      return to == ev::LIFECYCLE_STAGE_FORMER || to == ev::LIFECYCLE_STAGE_DECEASED;
    case ev::LIFECYCLE_STAGE_FORMER:
      return to == ev::LIFECYCLE_STAGE_PROSPECT || to == ev::LIFECYCLE_STAGE_CUSTOMER ||
             to == ev::LIFECYCLE_STAGE_DECEASED;
    default:
      return false;
  }
}

int ScoreOf(const Fit& fit) {
  int score = 700;
  if (fit.invalid) {
    score = 100;
  } else if (fit.shared) {
    score = fit.verified ? 500 : 400;
  } else if (fit.verified) {
    score = 1000;
  }
  return fit.exact ? score : score / 2;
}

std::vector<std::string> ReasonsOf(const Fit& fit) {
  std::vector<std::string> reasons{fit.exact ? "EXACT" : "NATIONAL_FORM"};
  if (fit.verified) reasons.emplace_back("VERIFIED");
  if (fit.shared) reasons.emplace_back("SHARED");
  if (fit.invalid) reasons.emplace_back("INVALIDATED");
  return reasons;
}

}  // namespace daybook::projections::customers
