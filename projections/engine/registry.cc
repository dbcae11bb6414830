#include "projections/engine/registry.h"

#include "daybook/event/v1/registry.pb.h"
#include "projections/engine/access_tokens.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;

Registry::Registry(const std::vector<Domain>& domains) : current_(std::make_shared<PolicySet>()) {
  for (const Domain& domain : domains) {
    for (const PolicySpec& spec : domain.policies) specs_.push_back(&spec);
  }
}

void Registry::Apply(const DecodedCommit& commit, ledger::Sequence sequence) {
  // Registry commits are rare, so a copy of the whole set is cheaper than any sharing.
  auto next = std::make_shared<PolicySet>(*Current());
  for (const Event& event : commit.events()) ApplyEvent(event, next.get());
  next->registry_sequence_ = sequence;
  {
    std::lock_guard lock(mutex_);
    current_ = std::move(next);
  }
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const PolicySet> Registry::Current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

void Registry::ApplyEvent(const Event& event, PolicySet* set) const {
  switch (event.type) {
    case ev::EVENT_TYPE_TENANT_CREATED: {
      const auto& payload = event.As<ev::TenantCreated>();
      set->tenants_[std::string(event.tenant)] = {payload.zone(), payload.currency(),
                                                  payload.language(), event.recorded_at};
      return;
    }
    case ev::EVENT_TYPE_ACCESS_TOKEN_CHANGED: {
      auto tokens = std::make_shared<AccessTokens>(set->tokens());
      tokens->Apply(event);
      set->tokens_ = std::move(tokens);
      return;
    }
    case ev::EVENT_TYPE_LEDGER_LEVEL_RAISED:
      set->ledger_level_ = event.As<ev::LedgerLevelRaised>().level();
      return;
    case ev::EVENT_TYPE_IMPORT_SESSION_CHANGED: {
      const auto& payload = event.As<ev::ImportSessionChanged>();
      auto& session = set->sessions_[PolicySet::KeyOf(event.tenant, 0, payload.session_id())];
      const bool open = payload.state() == ev::ImportSessionChanged::STATE_OPENED;
      if (open && !session.open) ++set->open_sessions_;
      if (!open && session.open) --set->open_sessions_;
      session.open = open;
      session.source = payload.source();
      (open ? session.opened_at : session.closed_at) = event.recorded_at;
      return;
    }
    default:
      break;
  }
  for (const PolicySpec* spec : specs_) {
    if (spec->published_by != event.type) continue;
    auto& versions = set->policies_[PolicySet::KeyOf(
        event.tenant, static_cast<uint16_t>(event.type), spec->id(*event.message))];
    versions.push_back(spec->compile(*event.message));
  }
}

}  // namespace daybook::projections
