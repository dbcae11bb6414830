#include "tools/import/pump.h"

#include <algorithm>
#include <thread>

#include "fmt/format.h"

namespace daybook::tools {
namespace {

// Well below the message size that a server takes by default (4 MiB).
constexpr size_t kMaxBatchBytes = 1024 * 1024;
constexpr char kSessionClosed[] = "IMPORT_SESSION_CLOSED";
constexpr int kMaxAttempts = 12;
constexpr std::chrono::milliseconds kFirstPause(20);

}  // namespace

Pump::Pump(Sender& sender, const Limits& limits, const CommandBuilder& builder,
           const Intake& intake, RefusedLines& refused, ImportSummary& summary)
    : sender_(sender),
      limits_(limits),
      builder_(builder),
      intake_(intake),
      refused_(refused),
      summary_(summary) {}

std::optional<Failure> Pump::Push(Command command) {
  while (!again_.empty()) {
    Command first = std::move(again_.front());
    again_.pop_front();
    if (auto failure = Put(std::move(first))) return failure;
  }
  return Put(std::move(command));
}

std::optional<Failure> Pump::Put(Command command) {
  const size_t bytes = command.item.ByteSizeLong();
  if (!next_.empty() && next_bytes_ + bytes > kMaxBatchBytes) {
    if (auto failure = SendBatch()) return failure;
  }
  next_bytes_ += bytes;
  next_.push_back(std::move(command));
  if (next_.size() < limits_.batch_items) return std::nullopt;
  return SendBatch();
}

std::optional<Failure> Pump::Drain() {
  while (!again_.empty() || !next_.empty() || sender_.in_flight() > 0) {
    std::optional<Failure> failure;
    if (!again_.empty()) {
      Command first = std::move(again_.front());
      again_.pop_front();
      failure = Put(std::move(first));
    } else {
      failure = next_.empty() ? ReceiveBatch() : SendBatch();
    }
    if (failure) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> Pump::SendBatch() {
  v1::IngestRequest batch;
  for (Command& command : next_) batch.add_items()->Swap(&command.item);
  sent_.push_back(std::exchange(next_, {}));
  next_bytes_ = 0;
  if (auto failure = sender_.Send(std::move(batch))) return failure;
  while (sender_.in_flight() >= limits_.batches_in_flight) {
    if (auto failure = ReceiveBatch()) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> Pump::ReceiveBatch() {
  BatchOutcome outcome;
  if (auto failure = sender_.Receive(outcome)) return failure;
  std::vector<Command> commands = std::move(sent_.front());
  sent_.pop_front();
  summary_.accepted += outcome.response.accepted();
  summary_.repeated += outcome.response.repeated_items();
  summary_.events += outcome.response.events();
  for (const v1::IngestRefusal& refusal : outcome.response.refusals()) {
    if (refusal.item() >= commands.size()) {
      return Failure{
          grpc::StatusCode::INTERNAL, "", "the server refused an item that was not sent", {}};
    }
    Command& command = commands[refusal.item()];
    command.item.Swap(outcome.request.mutable_items(static_cast<int>(refusal.item())));
    if (auto failure = HandleRefusal(std::move(command), refusal)) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> Pump::HandleRefusal(Command command, const v1::IngestRefusal& answer) {
  const Refusal refusal{answer.reason(), answer.field(), answer.message()};
  if (command.rule->tolerate.count(refusal.reason) > 0) {
    ++summary_.tolerated;
    return std::nullopt;
  }
  if (IsRetryable(refusal.reason)) {
    if (++command.attempts > kMaxAttempts) {
      return Failure{
          static_cast<grpc::StatusCode>(answer.code()), refusal.reason, refusal.message, {}};
    }
    std::this_thread::sleep_for(kFirstPause * (1 << std::min(command.attempts, 6)));
    again_.push_back(std::move(command));
    return std::nullopt;
  }
  if (refusal.reason == kSessionClosed) {
    // So it would say of every line that is new.
    return Failure{static_cast<grpc::StatusCode>(answer.code()),
                   refusal.reason,
                   "there are lines that the session did not bring before it was closed; name "
                   "another with --session for them",
                   {}};
  }
  const std::optional<size_t> element = ElementOf(*command.rule, refusal.field);
  if (element && *element < command.lines.size()) {
    const Command::Line& line = command.lines[*element];
    refused_.Add(line.file, intake_.path(line.file), line.line, refusal, line.raw);
    if (builder_.Drop(command, *element)) {
      again_.push_back(std::move(command));
    } else {
      ++summary_.refused_commands;
    }
    return std::nullopt;
  }
  RefuseAll(command, refusal);
  return std::nullopt;
}

void Pump::RefuseAll(const Command& command, const Refusal& refusal) {
  ++summary_.refused_commands;
  for (const Command::Line& line : command.lines) {
    refused_.Add(line.file, intake_.path(line.file), line.line, refusal, line.raw);
  }
}

}  // namespace daybook::tools
