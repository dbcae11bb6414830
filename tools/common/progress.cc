#include "tools/common/progress.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr std::chrono::milliseconds kRedraw(100);

std::string Grouped(uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

}  // namespace

Progress::Progress(std::string what, std::string unit, uint64_t total)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      shown_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_) {}

Progress::~Progress() {
  if (shown_ && drawn_ != start_) fmt::print(stderr, "\n");
}

void Progress::Update(uint64_t done) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kRedraw) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  fmt::print(stderr, "\r\x1b[K{}", ToText(what_, unit_, done, total_, seconds));
  std::fflush(stderr);
}

std::string Progress::ToText(const std::string& what, const std::string& unit, uint64_t done,
                             uint64_t total, double seconds) {
  std::string text = fmt::format("{}: {}", what, Grouped(done));
  if (total > 0) text += fmt::format(" of {}", Grouped(total));
  text += " " + unit;
  if (total > 0) text += fmt::format(" · {} %", done * 100 / total);
  if (seconds > 0 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    text += fmt::format(" · {}/s", Grouped(static_cast<uint64_t>(rate)));
    if (total > done)
      text += fmt::format(" · {:.0f} s left", static_cast<double>(total - done) / rate);
  }
  return text;
}

bool MayColour() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace daybook::tools
