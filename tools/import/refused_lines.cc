#include "tools/import/refused_lines.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "tools/import/csv_reader.h"

namespace daybook::tools {
namespace {

// Files have fewer lines than 2^40: both numbers fit into one.
constexpr int kLineBits = 40;

absl::Status CannotWrite(const std::string& path) {
  return absl::PermissionDeniedError(
      fmt::format("{}: {}; name another with --refused", path, std::strerror(errno)));
}

std::string Quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

absl::StatusOr<std::unique_ptr<RefusedLines>> RefusedLines::Create(const std::string& path) {
  std::unique_ptr<RefusedLines> lines(new RefusedLines);
  if (path.empty()) return lines;
  lines->path_ = path;
  lines->file_.reset(std::fopen(path.c_str(), "wbe"));
  if (lines->file_ == nullptr) return CannotWrite(path);
  std::fputs("file,line,field,reason,message,text\n", lines->file_.get());
  return lines;
}

absl::StatusOr<std::unique_ptr<RefusedLines>> RefusedLines::Resume(
    const std::string& path, uint64_t bytes, std::map<std::string, uint64_t> by_reason) {
  std::unique_ptr<RefusedLines> lines(new RefusedLines);
  lines->by_reason_ = std::move(by_reason);
  if (path.empty()) return lines;
  lines->path_ = path;
  lines->file_.reset(std::fopen(path.c_str(), "r+be"));
  if (lines->file_ == nullptr ||
      ftruncate(fileno(lines->file_.get()), static_cast<off_t>(bytes)) != 0 ||
      std::fseek(lines->file_.get(), 0, SEEK_END) != 0) {
    return CannotWrite(path);
  }
  return lines;
}

void RefusedLines::Add(uint32_t file_number, const std::string& file, uint64_t line,
                       const Refusal& refusal, std::string_view text) {
  if (!seen_.insert((static_cast<uint64_t>(file_number) << kLineBits) | line).second) return;
  by_reason_[refusal.reason] += LinesOf(text);
  if (file_ == nullptr) return;
  fmt::print(file_.get(), "{},{},{},{},{},{}\n", Quoted(file), line, Quoted(refusal.field),
             refusal.reason, Quoted(refusal.message), Quoted(text));
}

absl::StatusOr<uint64_t> RefusedLines::Flush() {
  if (file_ == nullptr) return uint64_t{0};
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0) {
    return absl::InternalError(path_ + ": cannot be written");
  }
  return static_cast<uint64_t>(std::ftell(file_.get()));
}

absl::Status RefusedLines::Close() {
  if (file_ == nullptr) return absl::OkStatus();
  const absl::Status status = Flush().status();
  file_.reset();
  if (by_reason_.empty()) unlink(path_.c_str());
  return status;
}

uint64_t RefusedLines::count() const {
  uint64_t count = 0;
  for (const auto& [reason, lines] : by_reason_) count += lines;
  return count;
}

}  // namespace daybook::tools
