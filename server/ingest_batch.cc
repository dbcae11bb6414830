#include "server/ingest_batch.h"

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ledger/position.h"
#include "server/access_rules.h"
#include "server/errors.h"
#include "server/guard.h"
#include "server/limits.h"

namespace daybook::server {

using projections::MaybeRefusal;

namespace {

constexpr size_t kMinBlock = 16 * 1024;
constexpr size_t kMaxBlock = 1024 * 1024;

// Parsed messages are about twice as large as their bytes.
google::protobuf::ArenaOptions OptionsFor(size_t bytes) {
  google::protobuf::ArenaOptions options;
  options.start_block_size = std::clamp(bytes * 2, kMinBlock, kMaxBlock);
  options.max_block_size = kMaxBlock;
  return options;
}

const google::protobuf::OneofDescriptor* CommandOf() {
  static const auto* command = v1::IngestItem::descriptor()->FindOneofByName("command");
  return command;
}

// The field of the item's command, or null if it has none.
const google::protobuf::FieldDescriptor* FieldOf(const v1::IngestItem& item) {
  return item.GetReflection()->GetOneofFieldDescriptor(item, CommandOf());
}

bool IsDryRun(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("validate_only");
  return field != nullptr && request.GetReflection()->GetBool(request, field);
}

}  // namespace

IngestBatch::IngestBatch(projections::Engine* engine, size_t bytes)
    : engine_(engine),
      arena_(OptionsFor(bytes)),
      request_(google::protobuf::Arena::CreateMessage<v1::IngestRequest>(&arena_)),
      reached_(engine->ledger().info().entity_partitions + 1) {}

MaybeRefusal IngestBatch::Parse(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy(bytes);
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok() || !request_->ParseFromZeroCopyStream(&reader)) {
    return projections::Refuse(v1::REASON_FIELD_INVALID, "",
                               "not a daybook.v1.IngestRequest, or a text in it that is not UTF-8");
  }
  if (request_->items().empty() || request_->items_size() > kMaxBatchItems) {
    return projections::Refuse(
        v1::REASON_FIELD_INVALID, "items",
        fmt::format("batch {} has {} items, 1 to {} are allowed", request_->batch(),
                    request_->items_size(), kMaxBatchItems));
  }
  return std::nullopt;
}

void IngestBatch::Submit(const projections::Caller& caller, std::function<void()> finished) {
  finished_ = std::move(finished);
  const auto count = static_cast<uint32_t>(request_->items_size());
  left_.store(count + 1);  // one for this loop
  for (uint32_t i = 0; i < count; ++i) {
    const v1::IngestItem& item = request_->items(static_cast<int>(i));
    const auto* field = FieldOf(item);
    projections::CommandOutcome outcome;
    if (field == nullptr) {
      outcome.refusal = projections::Refuse(v1::REASON_FIELD_REQUIRED, "", "the item is empty");
      ItemDone(i, outcome);
      continue;
    }
    const auto& request = item.GetReflection()->GetMessage(item, field);
    if (!caller.roles.HasAnyOf(RolesForRequest(request.GetDescriptor()))) {
      outcome.refusal =
          RefusePermission("", fmt::format("{} is not for {}", field->name(), caller.role));
      ItemDone(i, outcome);
      continue;
    }
    if (IsDryRun(request)) {
      outcome.refusal =
          projections::Refuse(v1::REASON_FIELD_INVALID, "validate_only",
                              "what is ingested is recorded; ask the service's own method");
      ItemDone(i, outcome);
      continue;
    }
    engine_->Execute(caller, request, nullptr,
                     [this, i](const projections::CommandOutcome& result) { ItemDone(i, result); });
  }
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) AllDone();
}

void IngestBatch::ItemDone(uint32_t item, const projections::CommandOutcome& outcome) {
  if (outcome.refusal) {
    Refuse(item, *outcome.refusal);
  } else {
    (outcome.repeated ? repeated_ : accepted_).fetch_add(1, std::memory_order_relaxed);
    events_.fetch_add(outcome.events, std::memory_order_relaxed);
    std::atomic<uint64_t>& reached = reached_[outcome.partition.value()];
    uint64_t before = reached.load(std::memory_order_relaxed);
    while (before < outcome.sequence.value() &&
           !reached.compare_exchange_weak(before, outcome.sequence.value(),
                                          std::memory_order_relaxed)) {
    }
  }
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) AllDone();
}

void IngestBatch::Refuse(uint32_t item, const projections::Refusal& refusal) {
  v1::IngestRefusal named;
  named.set_item(item);
  named.set_code(CodeOf(refusal.reason));
  named.set_reason(std::string(NameOf(refusal.reason)));
  named.set_message(Shortened(refusal.message, kMaxStatusMessageBytes));
  const auto* field = FieldOf(request_->items(static_cast<int>(item)));
  if (!refusal.field.empty() && field != nullptr) {
    named.set_field(fmt::format("{}.{}", field->name(), refusal.field));
  }
  const std::lock_guard lock(mutex_);
  refusals_.push_back(std::move(named));
}

void IngestBatch::AllDone() {
  projections::ReadTargets targets;
  for (uint32_t i = 0; i < reached_.size(); ++i) {
    if (reached_[i] > 0)
      targets.emplace_back(ledger::PartitionId(i), ledger::Sequence(reached_[i]));
  }
  // Whoever is told may delete this batch.
  if (targets.empty()) {
    std::exchange(finished_, nullptr)();
    return;
  }
  engine_->WhenViewsCurrent(targets, [this](const absl::Status& status) {
    // The items are durable all the same.
    if (!status.ok())
      spdlog::warn("a batch is not in all views: {}", std::string(status.message()));
    std::exchange(finished_, nullptr)();
  });
}

v1::IngestResponse IngestBatch::Answer() const {
  v1::IngestResponse response;
  response.set_batch(request_->batch());
  response.set_accepted(accepted_);
  response.set_repeated_items(repeated_);
  response.set_events(events_);
  std::vector<v1::IngestRefusal> refusals = refusals_;
  std::sort(refusals.begin(), refusals.end(),
            [](const auto& a, const auto& b) { return a.item() < b.item(); });
  for (auto& refusal : refusals) *response.add_refusals() = std::move(refusal);
  const ledger::LedgerInfo info = engine_->ledger().info();
  ledger::PositionToken token(info.id);
  for (uint32_t i = 0; i < reached_.size(); ++i) {
    if (reached_[i] > 0) {
      token.Raise({info.epoch, ledger::PartitionId(i), ledger::Sequence(reached_[i])});
    }
  }
  response.set_position_token(token.Seal(engine_->secrets().token_keys()));
  return response;
}

}  // namespace daybook::server
