// A log in memory that several owners share, and the unreliable network in front of it: what is
// sent may be lost, late, doubled, overtaken or split, all from one seed. Time is a count of steps;
// nothing sleeps. The same seed and the same calls give the same run, unless a thread of its own
// drives it.
//
// Thread-safe. One lock guards the log and all its owners; callbacks run outside of it, one at a
// time, in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/partition_rules.h"

namespace daybook::ledger {

// Each is a probability between 0 and 1; all zero: nothing goes wrong.
struct SimulatedFaults {
  double lose = 0;                   // a message never arrives
  double delay = 0;                  // it arrives late, overtaken by others
  double twice = 0;                  // it arrives again later
  double split = 0;                  // a batch travels in several messages
  double lose_acknowledgement = 0;   // the outcome is decided, the caller is told kUnknown
  double delay_acknowledgement = 0;  // the caller is told later
  double pause = 0;                  // an owner, when it is its turn, stands still for a while
};

// Who takes the steps.
enum class SimulatedDrive {
  kByHand,     // the test, by Step and RunUntilIdle
  kOnAppend,   // whoever calls Start, Append or Stop: callbacks come before the call returns
  kOwnThread,  // a thread of the log: callbacks come from there
};

struct SimulatedLogOptions {
  LedgerId ledger{};
  uint32_t entity_partitions = 4;
  uint32_t access_partitions = 0;
  uint64_t seed = 0;
  SimulatedFaults faults;
  SimulatedDrive drive = SimulatedDrive::kOnAppend;
};

// Somebody who writes to the log and reads it. Called with the log's lock held.
class SimulatedOwner {
 public:
  virtual ~SimulatedOwner() = default;
  // When it wants to take its next step; nullopt: not before something new happens.
  virtual std::optional<uint64_t> NextStep(uint64_t now) const = 0;
  virtual void TakeStep() = 0;
};

class SimulatedLog {
 public:
  // One message as it arrived: records of any partitions.
  struct Entry {
    std::vector<std::string> records;
    GroupPlace place;
  };

  // A log with the genesis of every partition in it.
  explicit SimulatedLog(const SimulatedLogOptions& options);
  // All owners must be gone.
  ~SimulatedLog();
  SimulatedLog(const SimulatedLog&) = delete;
  SimulatedLog& operator=(const SimulatedLog&) = delete;

  // Lets one thing happen: a message arrives, an owner reads or gives up waiting, time leaps. False
  // if nothing can happen any more.
  bool Step();
  void RunUntilIdle();
  // Takes the steps that `drive` asks for after something was sent.
  void Drive();
  // Returns when `done`, which is called with the lock held, or when nothing can happen any more;
  // takes the steps itself unless the log has a thread.
  void RunUntil(const std::function<bool()>& done);

  const SimulatedLogOptions& options() const { return options_; }
  // What arrived, in order, valid or not: the truth for independent checks.
  std::vector<Entry> Entries() const;
  // The last valid sequence of a partition in the log.
  Sequence End(PartitionId partition) const;

  // --- for owners, with the lock held
  std::mutex& mutex() const { return mutex_; }
  void Add(SimulatedOwner* owner);
  // Returns when no callback runs any more, unless it is called by one.
  void Remove(SimulatedOwner* owner, std::unique_lock<std::mutex>* lock);
  const std::vector<Entry>& entries() const { return entries_; }
  // Puts records on their way.
  void Send(std::vector<std::string> records);
  // Calls `callback` after the lock is released, after those posted before.
  void Post(std::function<void()> callback) { outbox_.push_back(std::move(callback)); }
  // True if no callback waits or runs.
  bool IsQuiet() const { return outbox_.empty() && calling_back_ == std::thread::id(); }
  uint64_t now() const { return now_; }
  bool Happens(double probability);
  // A number from 1 to `most`.
  uint64_t Draw(uint64_t most) { return 1 + random_() % most; }
  WriterId DrawWriter();

 private:
  struct Message {
    std::vector<std::string> records;
  };
  // When it arrives, and its number among those that arrive then.
  using Arrival = std::pair<uint64_t, uint64_t>;

  void SendMessage(std::vector<std::string> records);
  bool StepLocked();
  void Arrive();
  // Takes up to `most` steps, until `done` or until nothing can happen; only one thread at a time
  // does so.
  size_t TakeSteps(size_t most, const std::function<bool()>& done);
  bool HasWork() const;
  void RunThread();

  const SimulatedLogOptions options_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::mt19937_64 random_;
  uint64_t now_ = 0;
  uint64_t sent_ = 0;
  std::map<Arrival, Message> travelling_;
  std::vector<Entry> entries_;
  PartitionRules truth_;
  std::vector<SimulatedOwner*> owners_;
  std::vector<std::function<void()>> outbox_;
  bool stepping_ = false;
  std::thread::id calling_back_;  // the thread that runs callbacks now
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace daybook::ledger
