#include "ledger/committer.h"

#include "ledger/check.h"

namespace daybook::ledger {
namespace {

size_t BytesOf(const Batch& batch) {
  size_t bytes = 0;
  for (const CommitPtr& commit : batch.commits) bytes += commit->view().record().size();
  return bytes;
}

}  // namespace

Committer::Committer(Store* store, Follower* follower, std::function<absl::Status()> before_group)
    : store_(store),
      follower_(follower),
      before_group_(std::move(before_group)),
      thread_([this] { Run(); }) {}

Committer::~Committer() { Stop(); }

void Committer::Stop() {
  const std::lock_guard stop_lock(stop_mutex_);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::Append(Batch batch) {
  const size_t bytes = BytesOf(batch);
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_bytes_ += bytes;
      // The engine holds back long before; twice its bound means that it does not.
      DAYBOOK_CHECK(waiting_bytes_ <= 2 * kMaxWaitingBatchBytes, "too many batches wait");
      waiting_.push_back({std::move(batch), bytes, absl::OkStatus()});
      changed_.notify_one();
      return;
    }
  }
  batch.done(AppendOutcome::kNotWritten, absl::UnavailableError("the ledger has stopped"));
}

absl::Status Committer::writable() const {
  const std::lock_guard lock(mutex_);
  if (stopping_) return absl::UnavailableError("the ledger has stopped");
  return broken_.ok() ? no_room_ : broken_;
}

void Committer::ForgetNoRoom() {
  const std::lock_guard lock(mutex_);
  no_room_ = absl::OkStatus();
}

void Committer::SetStatus(const absl::Status& no_room, const absl::Status& broken) {
  const std::lock_guard lock(mutex_);
  no_room_ = no_room;
  broken_ = broken;
}

void Committer::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      taken_.swap(waiting_);
      waiting_bytes_ = 0;
    }
    for (size_t first = 0; first < taken_.size();) first = WriteGroup(first);
    taken_.clear();
  }
}

size_t Committer::FillDraft(size_t first) {
  GroupDraft& draft = store_->draft();
  const absl::Status broken = [this] {
    const std::lock_guard lock(mutex_);
    return broken_;
  }();
  size_t next = first;
  for (; next < taken_.size(); ++next) {
    Waiting& waiting = taken_[next];
    if (!draft.empty() && draft.bytes() + waiting.bytes > store_->max_draft_bytes()) break;
    if (!broken.ok()) {
      waiting.status = broken;
    } else if (waiting.bytes > store_->max_draft_bytes()) {
      waiting.status = absl::InvalidArgumentError("a batch larger than the largest group");
    } else {
      waiting.status = draft.AddCommits(waiting.batch.commits);
    }
  }
  return next;
}

absl::Status Committer::WriteDraft(AppendOutcome* outcome) {
  GroupDraft& draft = store_->draft();
  *outcome = AppendOutcome::kDurable;
  if (draft.empty()) return absl::OkStatus();
  if (before_group_) {
    if (absl::Status status = before_group_(); !status.ok()) {
      draft.TakeBack();
      *outcome = AppendOutcome::kNotWritten;
      if (absl::IsResourceExhausted(status)) SetStatus(status, absl::OkStatus());
      return status;
    }
  }
  GroupPlace place;
  absl::Status status = store_->AppendDraft(&place);
  if (status.ok()) {
    SetStatus(absl::OkStatus(), absl::OkStatus());
    follower_->OnDurable(draft.commits(), place);
  } else if (store_->writable()) {
    *outcome = AppendOutcome::kNotWritten;
    if (absl::IsResourceExhausted(status)) SetStatus(status, absl::OkStatus());
  } else {
    *outcome = AppendOutcome::kUnknown;
    SetStatus(absl::OkStatus(),
              absl::UnavailableError("read-only until restarted, since a write failed: " +
                                     std::string(status.message())));
  }
  return status;
}

size_t Committer::WriteGroup(size_t first) {
  const size_t end = FillDraft(first);
  AppendOutcome outcome = AppendOutcome::kDurable;
  const absl::Status status = WriteDraft(&outcome);
  for (size_t i = first; i < end; ++i) {
    Waiting& waiting = taken_[i];
    if (waiting.status.ok()) {
      waiting.batch.done(outcome, status);
    } else {
      waiting.batch.done(AppendOutcome::kNotWritten, waiting.status);
    }
    waiting.batch = Batch();
  }
  store_->draft().Clear();
  return end;
}

}  // namespace daybook::ledger
