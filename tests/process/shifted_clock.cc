// A library to be preloaded into a server: its wall clock is off by as many seconds as the file
// says that SHIFTED_CLOCK_FILE names, looked at with every look at the clock. Other clocks are as
// they are. (libfaketime and jemalloc wait for each other at the start.)
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (result != 0 || clock != CLOCK_REALTIME) return static_cast<int>(result);
  static const int file = [] {
    const char* const name = std::getenv("SHIFTED_CLOCK_FILE");
    return name == nullptr ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  }();
  char text[32];
  const ssize_t length = file < 0 ? 0 : pread(file, text, sizeof(text) - 1, 0);
  if (length > 0) {
    text[length] = '\0';
    time->tv_sec += std::strtol(text, nullptr, 10);
  }
  return 0;
}
