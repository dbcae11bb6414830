// daybookd: reads the configuration, starts an instance, waits for a signal, drains.
//
// SIGTERM and SIGINT drain; a second one ends the process at once, which loses nothing that was
// acknowledged. SIGHUP and SIGPIPE are ignored.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "server/config.h"
#include "server/exit_code.h"
#include "server/instance.h"
#include "server/logging.h"
#include "server/version.h"

namespace daybook::server {
namespace {

// Blocked in every thread, and taken by whoever waits for them.
sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

const char* WaitForStop(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

// From now on a signal does what it does by default.
void EndAtNextSignal(const sigset_t& signals) {
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

Environment EnvironmentOfProcess() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

int Fail(ExitCode code, std::string_view message) {
  fmt::print(stderr, "daybookd: {}\n", message);
  return static_cast<int>(code);
}

int Serve(const Settings& settings) {
  SetUpLogging(settings.log_level, settings.log_format);
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);

  auto instance = Instance::Start(settings, projections::Clock::System());
  if (!instance.ok()) {
    spdlog::error("cannot start: {}", std::string(instance.status().message()));
    return static_cast<int>(ExitCodeOf(instance.status()));
  }
  if (const int port = (*instance)->metrics_port(); port != 0) {
    Log(spdlog::level::info, "serving metrics", {{"port", std::to_string(port)}});
  }
  Log(spdlog::level::info, "serving",
      {{"version", kVersion},
       {"port", std::to_string((*instance)->port())},
       {"data_dir", settings.data_dir}});
  spdlog::info("{}: draining", WaitForStop(signals));
  EndAtNextSignal(signals);
  (*instance)->Drain(std::chrono::seconds(settings.drain_seconds));
  instance->reset();
  spdlog::info("stopped");
  return static_cast<int>(ExitCode::kOk);
}

int Run(const std::vector<std::string>& arguments) {
  const auto line = ReadCommandLine(arguments, EnvironmentOfProcess());
  if (!line.ok()) return Fail(ExitCode::kUsage, std::string(line.status().message()));
  switch (line->action) {
    case Action::kServe:
      return Serve(line->configuration.settings);
    case Action::kCheckConfig:
      fmt::print(stderr, "daybookd: the configuration is good\n");
      break;
    case Action::kPrintConfig:
      fmt::print("{}", Print(line->configuration));
      break;
    case Action::kHelp:
    case Action::kVersion:
      fmt::print("{}", line->text);
      break;
  }
  return static_cast<int>(ExitCode::kOk);
}

}  // namespace
}  // namespace daybook::server

int main(int argc, char** argv) {
  return daybook::server::Run(std::vector<std::string>(argv + 1, argv + argc));
}
