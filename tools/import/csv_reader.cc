#include "tools/import/csv_reader.h"

#include <algorithm>
#include <cstring>

namespace daybook::tools {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Removes the quotes of the quoted field at `at` and leaves `at` behind it.
bool TakeQuoted(std::string_view raw, size_t& at, char delimiter, std::string_view& field,
                std::string& scratch) {
  const size_t start = ++at;
  size_t close = raw.find('"', at);
  if (close == std::string_view::npos) return false;
  if (close + 1 >= raw.size() || raw[close + 1] != '"') {
    field = raw.substr(start, close - start);
  } else {
    const size_t kept = scratch.size();
    while (close != std::string_view::npos && close + 1 < raw.size() && raw[close + 1] == '"') {
      scratch.append(raw.substr(at, close + 1 - at));
      at = close + 2;
      close = raw.find('"', at);
    }
    if (close == std::string_view::npos) return false;
    scratch.append(raw.substr(at, close - at));
    field = std::string_view(scratch).substr(kept);
  }
  at = close + 1;
  return at == raw.size() || raw[at] == delimiter;
}

}  // namespace

bool SplitCsv(std::string_view raw, char delimiter, std::vector<std::string_view>& fields,
              std::string& scratch) {
  fields.clear();
  scratch.clear();
  // Fields are views into the scratch: it must not move.
  scratch.reserve(raw.size());
  size_t at = 0;
  while (true) {
    std::string_view field;
    if (at < raw.size() && raw[at] == '"') {
      if (!TakeQuoted(raw, at, delimiter, field, scratch)) return false;
    } else {
      const size_t end = std::min(raw.find(delimiter, at), raw.size());
      field = raw.substr(at, end - at);
      at = end;
    }
    fields.push_back(field);
    if (at >= raw.size()) return true;
    ++at;
  }
}

uint64_t LinesOf(std::string_view raw) {
  return 1 + static_cast<uint64_t>(std::count(raw.begin(), raw.end(), '\n'));
}

CsvReader::CsvReader(std::unique_ptr<ByteSource> source, char delimiter)
    : source_(std::move(source)), delimiter_(delimiter), buffer_(kBufferBytes, '\0') {
  while (status_.ok() && !source_ended_ && end_ < kByteOrderMark.size()) Fill();
  if (std::string_view(buffer_.data(), end_).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    begin_ = kByteOrderMark.size();
  }
}

void CsvReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const auto got = source_->Read(buffer_.data() + end_, buffer_.size() - end_);
  if (!got.ok()) {
    status_ = got.status();
    source_ended_ = true;
    return;
  }
  source_ended_ = *got == 0;
  end_ += *got;
}

bool CsvReader::FindEnd(size_t& length, size_t& end_length, bool& closed) {
  const std::string_view text(buffer_.data() + begin_, end_ - begin_);
  closed = true;
  size_t from = 0;
  bool quoted = false;
  size_t last_close = std::string_view::npos;
  while (true) {
    const size_t newline = text.find('\n', from);
    const size_t stop = std::min(newline, text.size());
    // A doubled quote is one that closes and one that opens again at once, which comes to the same.
    const std::string_view part = text.substr(0, stop);
    for (size_t at = part.find('"', from); at < stop; at = part.find('"', at + 1)) {
      if (quoted) {
        quoted = false;
        last_close = at;
      } else {
        quoted = at == 0 || part[at - 1] == delimiter_ || at - 1 == last_close;
      }
    }
    if (newline == std::string_view::npos) {
      if (!source_ended_ && text.size() <= kMaxRecordBytes) return false;
      closed = !quoted && source_ended_;
      length = text.size();
      end_length = 0;
      return true;
    }
    if (!quoted || newline > kMaxRecordBytes) {
      closed = !quoted;
      length = newline;
      end_length = 1;
      return true;
    }
    from = newline + 1;
  }
}

void CsvReader::SkipRestOfLine() {
  while (inside_line_ && status_.ok()) {
    const size_t newline = std::string_view(buffer_.data(), end_).find('\n', begin_);
    inside_line_ = newline == std::string_view::npos && !source_ended_;
    begin_ = std::min(newline, end_ - 1) + 1;
    if (inside_line_) Fill();
  }
}

bool CsvReader::Next(CsvRecord& record) {
  SkipRestOfLine();
  while (true) {
    size_t length = 0;
    size_t end_length = 0;
    bool closed = false;
    while (status_.ok() && !FindEnd(length, end_length, closed)) Fill();
    if (!status_.ok() || (begin_ == end_ && source_ended_)) return false;
    std::string_view raw(buffer_.data() + begin_, length);
    const auto without_return = [&] {
      return raw.substr(0, raw.size() - (raw.ends_with('\r') ? 1 : 0));
    };
    record.malformed = !closed || !SplitCsv(without_return(), delimiter_, record.fields, scratch_);
    if (const size_t newline = raw.find('\n');
        record.malformed && newline != std::string_view::npos) {
      raw = raw.substr(0, newline);
      end_length = 1;
    }
    begin_ += raw.size() + end_length;
    record.line = line_;
    inside_line_ = end_length == 0 && !source_ended_;
    line_ += LinesOf(raw) - 1 + (inside_line_ ? 1 : end_length);
    record.raw = without_return();
    if (record.raw.empty()) continue;
    if (record.malformed) record.fields.clear();
    record.row = ++row_;
    return true;
  }
}

}  // namespace daybook::tools
