#include "server/calls_in_flight.h"

#include <algorithm>
#include <vector>

#include "server/limits.h"

namespace daybook::server {

using std::chrono::steady_clock;

CallsInFlight::CallsInFlight() : sweeper_([this] { Sweep(); }) {}

CallsInFlight::~CallsInFlight() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  sweeper_.join();
}

bool CallsInFlight::Add(OpenCall* call, steady_clock::time_point end_by) {
  call->end_by_ = end_by;
  call->shard_ = next_shard_.fetch_add(1, std::memory_order_relaxed) % kShards;
  // Counted first: who stops the server sees either the call or its refusal.
  size_.fetch_add(1);
  if (refusing_.load()) {
    size_.fetch_sub(1);
    last_refused_.store(steady_clock::now());
    return false;
  }
  Shard& shard = shards_[call->shard_];
  const std::lock_guard lock(shard.mutex);
  call->next_ = shard.first;
  if (shard.first != nullptr) shard.first->previous_ = call;
  shard.first = call;
  return true;
}

void CallsInFlight::Remove(OpenCall* call) {
  {
    Shard& shard = shards_[call->shard_];
    const std::lock_guard lock(shard.mutex);
    if (call->previous_ != nullptr) {
      call->previous_->next_ = call->next_;
    } else {
      shard.first = call->next_;
    }
    if (call->next_ != nullptr) call->next_->previous_ = call->previous_;
  }
  if (size_.fetch_sub(1) == 1 && waiting_.load()) {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
}

bool CallsInFlight::WaitUntilNone(steady_clock::time_point until) {
  waiting_.store(true);
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, until, [this] { return size_.load() == 0; });
}

void CallsInFlight::Refuse() {
  last_refused_.store(steady_clock::now());
  refusing_.store(true);
}

void CallsInFlight::WaitUntilQuiet(std::chrono::milliseconds quiet,
                                   steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto quiet_at = last_refused_.load() + quiet;
    const auto now = steady_clock::now();
    if (now >= quiet_at || now >= until) return;
    changed_.wait_until(lock, std::min(quiet_at, until), [this] { return stopping_; });
  }
}

void CallsInFlight::EndAll(const projections::Refusal& refusal) {
  EndThose([](const OpenCall&) { return true; }, refusal);
}

template <typename Which>
void CallsInFlight::EndThose(const Which& which, const projections::Refusal& refusal) {
  for (Shard& shard : shards_) {
    std::vector<OpenCall*> chosen;
    {
      const std::lock_guard lock(shard.mutex);
      for (OpenCall* call = shard.first; call != nullptr; call = call->next_) {
        if (!which(*call)) continue;
        call->Retain();
        chosen.push_back(call);
      }
    }
    for (OpenCall* call : chosen) {
      call->End(refusal);
      call->Release();
    }
  }
}

void CallsInFlight::Sweep() {
  const projections::Refusal too_late{
      v1::REASON_DEADLINE_EXCEEDED, "",
      "the call took longer than calls may; ask again with the same request id"};
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kDeadlineSweep, [this] { return stopping_; })) {
    lock.unlock();
    const auto now = steady_clock::now();
    EndThose([now](const OpenCall& call) { return call.end_by_ <= now; }, too_late);
    lock.lock();
  }
}

}  // namespace daybook::server
