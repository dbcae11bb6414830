#include "tests/ledger/ledger_driver.h"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

#include "daybook/event/v1/envelope.pb.h"

namespace daybook::ledger {

CommitPtr MakeTestCommit(const LedgerId& ledger, RecordHeader header, const TestCommit& what) {
  event::v1::CommitRequests requests;
  if (!what.request_id.empty() || !what.source_event_id.empty()) {
    event::v1::RequestRecord* const request = requests.add_requests();
    request->set_request_id(what.request_id);
    request->set_entity_kind(static_cast<event::v1::EntityKind>(what.entity.kind));
    request->set_entity_id(what.entity.id);
    request->set_event_count(static_cast<uint32_t>(what.events));
    request->set_source(what.source);
    request->set_source_event_id(what.source_event_id);
    request->set_command("TestRequest");
  }
  const std::string request_bytes = requests.SerializeAsString();
  CommitBuilder builder(what.entity.tenant, request_bytes, "");
  for (size_t i = 0; i < what.events; ++i) {
    EventToWrite event;
    event.type = 201;
    event.id[15] = static_cast<uint8_t>(i);
    event.occurred_at = header.recorded_at;
    event.entity_kind = what.entity.kind;
    event.entity_id = what.entity.id;
    event.payload = what.payload;
    builder.AddEvent(event);
  }
  std::string record = builder.Finish(header, ledger);
  RecordHeader decoded;
  if (DecodeHeader(record, ledger, &decoded) != HeaderVerdict::kOk) {
    throw std::logic_error("a test commit has no header");
  }
  return Commit::Make(decoded, std::move(record)).value();
}

CommitPtr LedgerDriver::Next(const TestCommit& what) {
  return NextIn(PartitionFor(what.entity), what);
}

CommitPtr LedgerDriver::NextIn(PartitionId partition, const TestCommit& what) {
  const std::lock_guard lock(mutex_);
  const Ownership& ownership = owned_.at(partition);
  Sequence& last = last_[partition];
  last = last.next();
  RecordHeader header;
  header.epoch = info_.epoch;
  header.partition = partition;
  header.term = ownership.term;
  header.writer = ownership.writer;
  header.sequence = last;
  header.recorded_at = Timestamp{std::max<int64_t>(ownership.last_recorded_at.micros, 0) + 1};
  return MakeTestCommit(info_.id, header, what);
}

void LedgerDriver::Reset(PartitionId partition) {
  const Sequence durable = ledger_->LastDurable(partition);
  const std::lock_guard lock(mutex_);
  last_[partition] = durable;
}

void LedgerDriver::Give(std::vector<CommitPtr> commits) {
  ledger_->Append({std::move(commits), [this](AppendOutcome outcome, const absl::Status& status) {
                     const std::lock_guard lock(mutex_);
                     answers_.push_back({outcome, status});
                     changed_.notify_all();
                   }});
}

std::vector<LedgerDriver::Answer> LedgerDriver::WaitForAnswers(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return answers_.size() >= count; });
  std::vector<Answer> answers;
  answers.swap(answers_);
  return answers;
}

LedgerDriver::Answer LedgerDriver::Append(std::vector<CommitPtr> commits) {
  Give(std::move(commits));
  return WaitForAnswers(1).front();
}

CommitPtr LedgerDriver::Record(const TestCommit& what) {
  const CommitPtr commit = Next(what);
  const Answer answer = Append({commit});
  if (answer.outcome != AppendOutcome::kDurable) throw std::runtime_error(answer.status.ToString());
  return commit;
}

std::map<PartitionId, Ownership> LedgerDriver::owned() const {
  const std::lock_guard lock(mutex_);
  return owned_;
}

std::vector<CommitPtr> LedgerDriver::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

GroupPlace LedgerDriver::told_end() const {
  const std::lock_guard lock(mutex_);
  return told_end_;
}

void LedgerDriver::OnGained(const Ownership& ownership) {
  const std::lock_guard lock(mutex_);
  owned_[ownership.partition] = ownership;
  last_[ownership.partition] = ownership.last;
}

void LedgerDriver::OnLost(PartitionId partition, const absl::Status&) {
  const std::lock_guard lock(mutex_);
  owned_.erase(partition);
}

void LedgerDriver::OnDurable(const std::vector<CommitPtr>& commits, const GroupPlace& end) {
  const std::lock_guard lock(mutex_);
  told_.insert(told_.end(), commits.begin(), commits.end());
  told_end_ = end;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "daybook_ledger_XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void CopyDirectory(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace daybook::ledger
