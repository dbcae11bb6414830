#include <fmt/format.h>

#include <charconv>

#include "daybook/v1/ledger.pb.h"
#include "ledger/page_token.h"
#include "ledger/position.h"
#include "projections/engine/validation.h"
#include "server/entity_name.h"
#include "server/event_out.h"
#include "server/limits.h"
#include "server/services/services.h"
#include "server/subscription_hub.h"

namespace daybook::server {
namespace {

using ledger::CommitPtr;
using ledger::PartitionId;
using ledger::Sequence;
using projections::Caller;
using projections::MaybeRefusal;
using projections::Refuse;
using Where = MethodTable::Where;

MaybeRefusal FromStatus(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  const bool unknown = absl::IsFailedPrecondition(status);
  return Refuse(unknown ? v1::REASON_INTERNAL : v1::REASON_DATA_LOSS, "",
                std::string(status.message()));
}

// Where a page of an entity's events begins: an event of a commit.
struct EntityCursor {
  uint64_t sequence = 0;
  uint64_t index = 0;

  std::string Print() const { return fmt::format("{}:{}", sequence, index); }
  bool Parse(std::string_view text) {
    const char* const end = text.data() + text.size();
    auto read = std::from_chars(text.data(), end, sequence);
    if (read.ec != std::errc() || read.ptr == end || *read.ptr != ':') return false;
    read = std::from_chars(read.ptr + 1, end, index);
    return read.ec == std::errc() && read.ptr == end && sequence > 0;
  }
};

// The methods that read; one object for the service's life.
class LedgerReads {
 public:
  explicit LedgerReads(projections::Engine* engine)
      : engine_(engine),
        ledger_(&engine->ledger()),
        keys_(&engine->secrets().token_keys()),
        events_(&engine->catalogue().events(), &engine->secrets()) {}

  MaybeRefusal GetLedger(const Caller&, const v1::GetLedgerRequest&,
                         v1::GetLedgerResponse* response) const {
    const ledger::LedgerInfo info = ledger_->info();
    for (const uint8_t byte : info.id)
      *response->mutable_ledger_id() += fmt::format("{:02x}", byte);
    response->set_epoch(info.epoch.value());
    response->set_level(engine_->policies()->ledger_level());
    response->set_entity_partitions(info.entity_partitions);
    ledger::PositionToken token(info.id);
    for (uint32_t i = 0; i <= info.entity_partitions; ++i) {
      const PartitionId partition(i);
      const Sequence last = ledger_->LastDurable(partition);
      auto* state = response->add_partitions();
      state->set_partition(i);
      state->set_last_sequence(last.value());
      state->set_term(ledger_->CurrentTerm(partition).value());
      if (last.value() > 0) token.Raise({info.epoch, partition, last});
    }
    response->set_position_token(token.Seal(*keys_));
    response->set_bytes(ledger_->StoredBytes());
    return std::nullopt;
  }

  MaybeRefusal ListEntityEvents(const Caller& caller, const v1::ListEntityEventsRequest& request,
                                v1::ListEntityEventsResponse* response,
                                projections::PersonalReads* reads) const {
    ledger::EntityRef entity;
    if (auto refusal = ParseEntityName("entity", request.entity(), caller.tenant, &entity)) {
      return refusal;
    }
    int32_t page = 0;
    if (auto refusal = projections::CheckPageSize("page_size", request.page_size(),
                                                  kStandardEventPage, kMaxEventPage, &page)) {
      return refusal;
    }
    const ledger::Bytes16 query = QueryOf(entity);
    EntityCursor cursor{1, 0};
    if (!request.page_token().empty()) {
      const auto bytes = ledger::OpenPageToken(*keys_, query, request.page_token());
      if (!bytes.ok() || !cursor.Parse(*bytes)) {
        return Refuse(v1::REASON_PAGE_TOKEN_INVALID, "page_token",
                      "not a page token of this server for this query");
      }
    }
    const EventReader reader(caller, reads);
    bool any = false, full = false;
    size_t bytes = 0;
    int32_t taken = 0;
    absl::Status problem;
    const auto visit = [&](const CommitPtr& commit) {
      any = true;
      const uint64_t sequence = commit->sequence().value();
      const auto& events = commit->view().events();
      const auto fits = [&](const ledger::EventView& event) {
        if (full || event.entity_kind != entity.kind || event.entity_id != entity.id) return false;
        if (taken == page || bytes > kMaxEventPageBytes) {
          full = true;
          cursor = {sequence, static_cast<uint64_t>(&event - events.data())};
          return false;
        }
        ++taken;
        bytes += event.bytes.size();
        return true;
      };
      const size_t first = sequence == cursor.sequence ? cursor.index : 0;
      problem = events_.Append(commit->view(), first, fits, reader, response->mutable_events());
      return problem.ok() && !full;
    };
    const absl::Status read = ledger_->ReadEntity(entity, Sequence(cursor.sequence - 1), visit);
    if (auto refusal = FromStatus(problem.ok() ? read : problem)) return refusal;
    if (!any && entity.kind != event::v1::ENTITY_KIND_TENANT) {
      return Refuse(v1::REASON_NOT_FOUND, "entity", "nothing is recorded of this entity");
    }
    if (full) {
      response->set_next_page_token(ledger::SealPageToken(*keys_, query, cursor.Print()));
    }
    return std::nullopt;
  }

  MaybeRefusal ListPartitionEvents(const Caller& caller,
                                   const v1::ListPartitionEventsRequest& request,
                                   v1::ListPartitionEventsResponse* response,
                                   projections::PersonalReads* reads) const {
    if (request.partition() > ledger_->info().entity_partitions) {
      return Refuse(v1::REASON_NOT_FOUND, "partition",
                    fmt::format("partitions are 0 to {}", ledger_->info().entity_partitions));
    }
    int32_t page = 0;
    if (auto refusal = projections::CheckPageSize("page_size", request.page_size(),
                                                  kStandardEventPage, kMaxEventPage, &page)) {
      return refusal;
    }
    const Sequence from(std::max<uint64_t>(1, request.from_sequence()));
    const EventReader reader(caller, reads);
    int32_t commits = 0;
    size_t bytes = 0;
    absl::Status problem;
    const absl::Status read = ledger_->ReadPartition(
        PartitionId(request.partition()), from, [&](const CommitPtr& commit) {
          if (commits == page || bytes > kMaxEventPageBytes) {
            response->set_next_sequence(commit->sequence().value());
            return false;
          }
          ++commits;
          if (commit->view().tenant() != caller.tenant) return true;
          bytes += commit->view().record().size();
          problem = events_.Append(commit->view(), 0, {}, reader, response->mutable_events());
          return problem.ok();
        });
    return FromStatus(problem.ok() ? read : problem);
  }

 private:
  // What a page token is bound to.
  static ledger::Bytes16 QueryOf(const ledger::EntityRef& entity) {
    return ledger::PageQuery("ListEntityEvents|" + ledger::EntityKey(entity));
  }

  projections::Engine* const engine_;
  ledger::Ledger* const ledger_;
  const ledger::TokenKeys* const keys_;
  const EventOut events_;
};

MaybeRefusal Ping(const Caller&, const v1::PingRequest& request, v1::PingResponse*) {
  if (request.padding().size() <= kMaxPingBytes) return std::nullopt;
  return Refuse(v1::REASON_FIELD_INVALID, "padding",
                fmt::format("at most {} bytes are allowed", kMaxPingBytes));
}

// Binds a method of `reads`, which the function keeps alive.
template <typename... Arguments>
auto Bind(std::shared_ptr<const LedgerReads> reads,
          MaybeRefusal (LedgerReads::*method)(Arguments...) const) {
  return [reads = std::move(reads), method](Arguments... arguments) {
    return (reads.get()->*method)(arguments...);
  };
}

}  // namespace

std::unique_ptr<MethodTable> MakeLedgerService(const CallHost& host, SubscriptionHub* hub) {
  auto service = std::make_unique<MethodTable>("daybook.v1.LedgerService", host);
  const auto reads = std::make_shared<const LedgerReads>(host.engine);
  service->Function<v1::GetLedgerRequest, v1::GetLedgerResponse>(
      "GetLedger", Where::kAtOnce, Bind(reads, &LedgerReads::GetLedger));
  service->EventFunction<v1::ListEntityEventsRequest, v1::ListEntityEventsResponse>(
      "ListEntityEvents", Where::kInBackground, Bind(reads, &LedgerReads::ListEntityEvents));
  service->EventFunction<v1::ListPartitionEventsRequest, v1::ListPartitionEventsResponse>(
      "ListPartitionEvents", Where::kInBackground, Bind(reads, &LedgerReads::ListPartitionEvents));
  service->ServerStream(
      "Subscribe",
      [hub](grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
            const GuardedMethod& method) { return hub->Begin(context, request, method); });
  service->Function<v1::PingRequest, v1::PingResponse>("Ping", Where::kAtOnce, Ping);
  service->Complete();
  return service;
}

}  // namespace daybook::server
