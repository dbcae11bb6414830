#include "daybook/v1/clock.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::ClockService;

void AddClock(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "clock", "The server's clock, and what it does after a leap");

  auto show = NewVerb<ClockService>(cli, noun, "show",
                                    "What the machine's clock says and what the server goes by",
                                    &ClockService::Stub::GetClock);
  show.Call();

  auto release = NewVerb<ClockService>(cli, noun, "release",
                                       "Believe the machine's clock again: deadlines go on",
                                       &ClockService::Stub::ReleaseClock);
  release.Call();
}

}  // namespace daybook::tools
