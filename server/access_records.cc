#include "server/access_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ledger/page_token.h"
#include "projections/engine/validation.h"
#include "server/entity_name.h"
#include "server/limits.h"

namespace daybook::server {

using ledger::CommitPtr;
using ledger::PartitionId;
using ledger::Sequence;
using projections::MaybeRefusal;
using projections::Refuse;

namespace {

// Where a page begins: an event of a commit.
struct Cursor {
  uint32_t partition = 0;
  uint64_t sequence = 1;
  uint32_t index = 0;

  std::string Print() const { return fmt::format("{}:{}:{}", partition, sequence, index); }
  bool Parse(const std::string& text) {
    const std::vector<std::string> parts = absl::StrSplit(text, ':');
    return parts.size() == 3 && absl::SimpleAtoi(parts[0], &partition) &&
           absl::SimpleAtoi(parts[1], &sequence) && absl::SimpleAtoi(parts[2], &index);
  }
};

template <typename Message>
bool Parse(std::string_view bytes, Message* out) {
  return out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool Fill(const ledger::CommitView& commit, const ledger::EventView& event, v1::AccessRecord* out) {
  event::v1::AccessRecorded recorded;
  event::v1::EventContext context;
  if (!Parse(event.payload, &recorded) || !Parse(event.context_override, &context)) return false;
  out->set_event_id(ledger::FormatEventId(event.id));
  *out->mutable_recorded_at() = projections::ToProto(commit.header().recorded_at);
  *out->mutable_actor() = context.actor();
  out->set_purpose(context.purpose());
  out->set_legal_basis(context.legal_basis());
  out->set_subject(recorded.subject());
  out->set_method(recorded.method());
  out->set_outcome(recorded.outcome());
  out->set_reason(recorded.reason());
  *out->mutable_classes() = recorded.classes();
  out->set_fields(recorded.fields());
  out->set_count(recorded.count());
  out->set_request_id(recorded.request_id());
  out->set_token_id(recorded.token_id());
  return true;
}

// Puts a page together, commit after commit.
class PageOfRecords {
 public:
  PageOfRecords(const std::string& tenant, const v1::ListAccessRecordsRequest& request,
                const ledger::EntityRef* entity, int32_t size, v1::ListAccessRecordsResponse* out)
      : tenant_(tenant), request_(request), entity_(entity), size_(size), out_(out) {}

  // False if the page is full, or enough was looked at: then `next` says where to go on.
  bool Take(const CommitPtr& commit, uint32_t first) {
    const ledger::CommitView& view = commit->view();
    if (++scanned_ > kMaxScannedCommits) return Stop(*commit, first);
    if (view.tenant() != tenant_) return true;
    for (uint32_t i = first; i < view.events().size(); ++i) {
      const ledger::EventView& event = view.events()[i];
      if (entity_ != nullptr && event.entity_id != entity_->id) continue;
      v1::AccessRecord record;
      if (!Fill(view, event, &record)) {
        damaged_ = true;
        return false;
      }
      if (!request_.subject().empty() && record.subject() != request_.subject()) continue;
      if (!request_.actor().empty() && record.actor().id() != request_.actor()) continue;
      if (out_->records_size() == size_) return Stop(*commit, i);
      *out_->add_records() = std::move(record);
    }
    return true;
  }

  bool stopped() const { return stopped_ || damaged_; }
  bool damaged() const { return damaged_; }
  const Cursor& next() const { return next_; }

 private:
  bool Stop(const ledger::Commit& commit, uint32_t index) {
    stopped_ = true;
    next_ = {commit.partition().value(), commit.sequence().value(), index};
    return false;
  }

  const std::string& tenant_;
  const v1::ListAccessRecordsRequest& request_;
  const ledger::EntityRef* const entity_;
  const int32_t size_;
  v1::ListAccessRecordsResponse* const out_;
  size_t scanned_ = 0;
  bool stopped_ = false, damaged_ = false;
  Cursor next_;
};

// What a page token is bound to.
ledger::Bytes16 QueryOf(const std::string& tenant, const v1::ListAccessRecordsRequest& request) {
  return ledger::PageQuery(
      fmt::format("ListAccessRecords|{}|{}|{}", tenant, request.subject(), request.actor()));
}

}  // namespace

MaybeRefusal AccessRecords::List(const projections::Caller& caller,
                                 const v1::ListAccessRecordsRequest& request,
                                 v1::ListAccessRecordsResponse* response) const {
  ledger::EntityRef entity;
  if (!request.subject().empty()) {
    if (auto refusal = ParseEntityName("subject", request.subject(), caller.tenant, &entity)) {
      return refusal;
    }
    entity = projections::AccessEntityOf(entity);
  }
  if (auto refusal =
          projections::CheckCode("actor", request.actor(), projections::Presence::kOptional)) {
    return refusal;
  }
  int32_t size = 0;
  if (auto refusal = projections::CheckPageSize("page_size", request.page_size(),
                                                kStandardEventPage, kMaxEventPage, &size)) {
    return refusal;
  }
  ledger::Ledger& log = engine_->ledger();
  const uint32_t partitions = log.info().access_partitions;
  const uint32_t first = ledger::kFirstAccessPartition.value();
  const ledger::TokenKeys& keys = engine_->secrets().token_keys();
  const ledger::Bytes16 query = QueryOf(caller.tenant, request);
  Cursor from{first, 1, 0};
  if (!request.page_token().empty()) {
    const auto bytes = ledger::OpenPageToken(keys, query, request.page_token());
    if (!bytes.ok() || !from.Parse(*bytes)) {
      return Refuse(v1::REASON_PAGE_TOKEN_INVALID, "page_token",
                    "not a page token of this server for this query");
    }
  }
  if (engine_->access_log() != nullptr) {
    if (const absl::Status written = engine_->access_log()->Flush(); !written.ok()) {
      return Refuse(v1::REASON_ACCESS_NOT_RECORDED, "", std::string(written.message()));
    }
  }
  PageOfRecords page(caller.tenant, request, entity.id.empty() ? nullptr : &entity, size, response);
  const auto visit = [&](const CommitPtr& commit) {
    const bool begins = commit->partition().value() == from.partition &&
                        commit->sequence().value() == from.sequence;
    return page.Take(commit, begins ? from.index : 0);
  };
  absl::Status read;
  if (!entity.id.empty()) {
    read = log.ReadEntity(entity, Sequence(from.sequence - 1), visit);
  } else {
    for (uint32_t p = from.partition; p < first + partitions && read.ok() && !page.stopped(); ++p) {
      const Sequence begin(p == from.partition ? from.sequence : 1);
      read = log.ReadPartition(PartitionId(p), begin, visit);
    }
  }
  if (!read.ok() || page.damaged()) {
    return Refuse(v1::REASON_DATA_LOSS, "",
                  read.ok() ? "a record of an access does not parse" : std::string(read.message()));
  }
  if (page.stopped()) {
    response->set_next_page_token(ledger::SealPageToken(keys, query, page.next().Print()));
  }
  return std::nullopt;
}

}  // namespace daybook::server
