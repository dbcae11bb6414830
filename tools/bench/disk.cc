#include "tools/bench/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace daybook::tools {

absl::StatusOr<Samples> MeasureSyncs(const std::string& directory, size_t bytes, size_t count) {
  const std::string path = directory + "/syncs";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return absl::InternalError(fmt::format("{}: cannot be made", path));
  const std::string zeros(bytes, '\0');
  const std::string data(bytes, 'x');
  bool ok = true;
  for (size_t i = 0; ok && i < count; ++i) {
    ok = ::write(fd, zeros.data(), bytes) == static_cast<ssize_t>(bytes);
  }
  ok = ok && ::fsync(fd) == 0;
  Samples samples;
  for (size_t i = 0; ok && i < count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ok = ::pwrite(fd, data.data(), bytes, static_cast<off_t>(i * bytes)) ==
             static_cast<ssize_t>(bytes) &&
         ::fdatasync(fd) == 0;
    samples.Add(std::chrono::steady_clock::now() - start);
  }
  ::close(fd);
  ::unlink(path.c_str());
  if (!ok) return absl::InternalError(fmt::format("{}: cannot be written", path));
  return samples;
}

}  // namespace daybook::tools
