#include "server/clock_keeper.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "server/limits.h"

namespace daybook::server {

using ledger::Timestamp;

namespace {

// Behind the instant: what the machine's clock said then was not believed.
constexpr char kNotBelieved[] = "not-believed";

}  // namespace

void ClockKeeper::Start(const std::string& directory, Timestamp last_recorded) {
  file_ = directory + "/clock";
  Timestamp last_good = last_recorded;
  std::ifstream in(file_);
  if (int64_t micros = 0; in >> micros) last_good = std::max(last_good, Timestamp{micros});
  std::string state;
  in >> state;
  if (last_good != ledger::kDistantPast) guard_.GoOnFrom(last_good, state == kNotBelieved);
  thread_ = std::thread([this] { Keep(); });
}

void ClockKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  Write();
}

void ClockKeeper::Keep() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kClockInterval, [this] { return stopping_; })) Write();
}

// Where it cannot be written nothing is lost but a better guess at the next start.
void ClockKeeper::Write() const {
  const Timestamp now = guard_.Now();
  const std::string unfinished = file_ + ".new";
  std::ofstream out(unfinished);
  out << now.micros << (guard_.Leapt() ? std::string(" ") + kNotBelieved : "") << '\n';
  out.close();
  if (out) std::rename(unfinished.c_str(), file_.c_str());
}

}  // namespace daybook::server
