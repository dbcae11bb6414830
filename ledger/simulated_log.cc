#include "ledger/simulated_log.h"

#include <algorithm>
#include <cstring>

#include "ledger/check.h"
#include "ledger/control_records.h"
#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

// Long enough to be overtaken by a few batches and to outlive a term.
constexpr uint64_t kLongestDelay = 60;

GroupPlace PlaceOf(const GroupPlace& previous, const std::vector<std::string>& records) {
  Sha256 sha256;
  sha256.Start();
  sha256.Add(AsView(previous.chain));
  GroupPlace place;
  for (const std::string& record : records) {
    sha256.Add(record);
    place.length += static_cast<uint32_t>(record.size());
  }
  const Bytes32 hash = sha256.Finish();
  std::memcpy(place.chain.data(), hash.data(), place.chain.size());
  place.group = previous.group.next();
  return place;
}

}  // namespace

SimulatedLog::SimulatedLog(const SimulatedLogOptions& options)
    : options_(options),
      random_(options.seed),
      truth_(options.ledger, options.entity_partitions, options.access_partitions) {
  std::vector<std::string> records;
  for (const NamedPartitionState& named : truth_.states()) {
    records.push_back(EncodeGenesis(named.partition, options.ledger, options.entity_partitions,
                                    options.access_partitions, Timestamp{0}));
  }
  travelling_[{0, 0}] = {std::move(records)};
  Arrive();
  if (options.drive == SimulatedDrive::kOwnThread) thread_ = std::thread([this] { RunThread(); });
}

SimulatedLog::~SimulatedLog() {
  {
    const std::lock_guard lock(mutex_);
    DAYBOOK_CHECK(owners_.empty(), "a simulated ledger outlives its log");
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<SimulatedLog::Entry> SimulatedLog::Entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

Sequence SimulatedLog::End(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return truth_.Has(partition) ? truth_.state(partition).last : Sequence();
}

void SimulatedLog::Add(SimulatedOwner* owner) { owners_.push_back(owner); }

void SimulatedLog::Remove(SimulatedOwner* owner, std::unique_lock<std::mutex>* lock) {
  owners_.erase(std::remove(owners_.begin(), owners_.end(), owner), owners_.end());
  changed_.wait(*lock, [this] {
    return calling_back_ == std::thread::id() || calling_back_ == std::this_thread::get_id();
  });
}

bool SimulatedLog::Happens(double probability) {
  if (probability <= 0) return false;
  return static_cast<double>(random_() >> 11) * 0x1.0p-53 < probability;
}

WriterId SimulatedLog::DrawWriter() {
  WriterId writer;
  for (uint8_t& byte : writer) byte = static_cast<uint8_t>(random_());
  return writer;
}

void SimulatedLog::Send(std::vector<std::string> records) {
  while (records.size() > 1 && Happens(options_.faults.split)) {
    const auto part = static_cast<std::ptrdiff_t>(Draw(records.size() - 1));
    SendMessage({std::make_move_iterator(records.begin()),
                 std::make_move_iterator(records.begin() + part)});
    records.erase(records.begin(), records.begin() + part);
  }
  SendMessage(std::move(records));
}

void SimulatedLog::SendMessage(std::vector<std::string> records) {
  if (Happens(options_.faults.twice)) {
    travelling_[{now_ + Draw(kLongestDelay), ++sent_}] = {records};
  }
  if (Happens(options_.faults.lose)) return;
  const uint64_t delay = Happens(options_.faults.delay) ? Draw(kLongestDelay) : 0;
  travelling_[{now_ + delay, ++sent_}] = {std::move(records)};
}

void SimulatedLog::Arrive() {
  Entry entry;
  entry.records = std::move(travelling_.begin()->second.records);
  travelling_.erase(travelling_.begin());
  entry.place = PlaceOf(entries_.empty() ? GroupPlace() : entries_.back().place, entry.records);
  for (const std::string& record : entry.records) {
    RecordHeader header;
    const char* reason = nullptr;
    DAYBOOK_CHECK(DecodeHeader(record, options_.ledger, &header) == HeaderVerdict::kOk,
                  "somebody sent what is no record");
    if (truth_.Has(header.partition)) truth_.Judge(header.partition, record, &reason);
  }
  truth_.Keep();
  entries_.push_back(std::move(entry));
}

bool SimulatedLog::StepLocked() {
  ++now_;
  const bool arrival = !travelling_.empty() && travelling_.begin()->first.first <= now_;
  uint64_t next = travelling_.empty() ? UINT64_MAX : travelling_.begin()->first.first;
  std::vector<SimulatedOwner*> ready;
  for (SimulatedOwner* owner : owners_) {
    const std::optional<uint64_t> step = owner->NextStep(now_);
    if (step.has_value() && *step <= now_) ready.push_back(owner);
    if (step.has_value()) next = std::min(next, *step);
  }
  const size_t choices = ready.size() + (arrival ? 1 : 0);
  if (choices == 0) {
    if (next == UINT64_MAX) return false;
    now_ = next;
    return true;
  }
  const size_t choice = random_() % choices;
  if (choice == ready.size()) {
    Arrive();
  } else {
    ready[choice]->TakeStep();
  }
  return true;
}

size_t SimulatedLog::TakeSteps(size_t most, const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  if (stepping_) return 0;  // that thread, or the call above us on this one, goes on with ours
  stepping_ = true;
  size_t taken = 0;
  for (; taken < most; ++taken) {
    if (outbox_.empty() && (done() || !StepLocked())) break;
    std::vector<std::function<void()>> callbacks;
    callbacks.swap(outbox_);
    calling_back_ = std::this_thread::get_id();
    lock.unlock();
    for (const std::function<void()>& callback : callbacks) callback();
    callbacks.clear();
    lock.lock();
    calling_back_ = std::thread::id();
    changed_.notify_all();
  }
  stepping_ = false;
  changed_.notify_all();
  return taken;
}

bool SimulatedLog::Step() {
  return TakeSteps(1, [] { return false; }) > 0;
}

void SimulatedLog::RunUntilIdle() {
  TakeSteps(SIZE_MAX, [] { return false; });
}

void SimulatedLog::Drive() {
  if (options_.drive == SimulatedDrive::kOnAppend) RunUntilIdle();
  if (options_.drive == SimulatedDrive::kOwnThread) changed_.notify_all();
}

void SimulatedLog::RunUntil(const std::function<bool()>& done) {
  if (options_.drive != SimulatedDrive::kOwnThread) TakeSteps(SIZE_MAX, done);
  changed_.notify_all();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done() || (!stepping_ && !HasWork()); });
}

bool SimulatedLog::HasWork() const {
  return !travelling_.empty() || !outbox_.empty() ||
         std::any_of(owners_.begin(), owners_.end(), [this](const SimulatedOwner* owner) {
           return owner->NextStep(now_).has_value();
         });
}

void SimulatedLog::RunThread() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    RunUntilIdle();
    lock.lock();
    changed_.wait(lock, [this] { return stopping_ || HasWork(); });
  }
}

}  // namespace daybook::ledger
