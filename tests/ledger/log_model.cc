#include "log_model.h"

#include <fmt/format.h>

namespace daybook::ledger {

LedgerId TestLedgerId() {
  LedgerId id;
  for (size_t i = 0; i < id.size(); ++i) id[i] = static_cast<uint8_t>(0xa0 + i);
  return id;
}

SegmentOptions SmallSegments(uint32_t alignment) {
  SegmentOptions options;
  options.segment_bytes = 28 * 1024;
  options.max_group_bytes = 12 * 1024;
  options.alignment = alignment;
  options.prepare_ahead = false;
  return options;
}

Records RandomRecords(std::mt19937_64* random, size_t max_bytes) {
  Records records(1 + (*random)() % 3);
  // Most groups are small; some span pages.
  const size_t bound = (*random)() % 4 == 0 ? max_bytes : std::min<size_t>(max_bytes, 700);
  for (std::string& record : records) {
    record.resize(1 + (*random)() % (bound / records.size()));
    // Zeros too, so that a group can look like the emptiness behind it.
    for (char& c : record) c = static_cast<char>((*random)() % 3 == 0 ? 0 : (*random)());
  }
  return records;
}

std::vector<std::string_view> Views(const Records& records) {
  return {records.begin(), records.end()};
}

LogModel::End LogModel::Complain(std::string text) {
  if (complaint_.empty()) complaint_ = std::move(text);
  return End::kStopped;
}

LogModel::End LogModel::Live(RecordingFileSystem* fs, std::mt19937_64* random, size_t groups,
                             size_t max_bytes, bool must_open) {
  if (!made_) {
    fs->MakeDirectory("disk").IgnoreError();
    fs->SyncDirectory(".").IgnoreError();
    absl::Status created = SegmentLog::Create(fs, kLogDirectory, TestLedgerId(), options_);
    // An earlier life may have got further than it could tell.
    if (absl::IsFailedPrecondition(created)) created = absl::OkStatus();
    if (!created.ok()) {
      return must_open ? Complain("create: " + created.ToString()) : End::kStopped;
    }
    made_ = true;
  }
  GroupPlace from;
  std::vector<GroupPlace> witnesses;
  if (!places_.empty()) {
    // The strictest witness there can be, and an index that has reached any place or none.
    witnesses.push_back(places_.back());
    if ((*random)() % 2 == 0) from = places_[(*random)() % places_.size()];
  }
  absl::StatusOr<std::unique_ptr<SegmentLog>> log =
      SegmentLog::Open(fs, kLogDirectory, TestLedgerId(), options_, from, witnesses, nullptr);
  if (!log.ok()) return must_open ? Complain("open: " + log.status().ToString()) : End::kStopped;
  if (!Compare(**log)) return End::kStopped;
  return AppendSome(log->get(), fs, random, groups, max_bytes);
}

bool LogModel::Compare(const SegmentLog& log) {
  std::vector<Records> found;
  std::vector<GroupPlace> places;
  const absl::Status scanned = log.Scan({}, [&](const GroupView& group) {
    found.push_back({std::string(group.body)});
    places.push_back(group.place);
    return true;
  });
  // A disk that dies now is no fault of the log.
  if (absl::IsInternal(scanned)) return false;
  if (!scanned.ok()) {
    Complain("scan: " + scanned.ToString());
    return false;
  }
  const auto joined = [](const Records& records) {
    std::string all;
    for (const std::string& record : records) all += record;
    return all;
  };
  if (found.size() == durable_.size() + 1 && in_flight_.has_value() &&
      found.back()[0] == joined(*in_flight_)) {
    durable_.push_back(*std::move(in_flight_));
    places_.push_back(places.back());
  }
  in_flight_.reset();
  if (found.size() != durable_.size()) {
    Complain(fmt::format("{} groups are there, {} must be", found.size(), durable_.size()));
    return false;
  }
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i][0] != joined(durable_[i]) || places[i] != places_[i]) {
      Complain(fmt::format("group {} is another", i + 1));
      return false;
    }
  }
  return true;
}

LogModel::End LogModel::AppendSome(SegmentLog* log, RecordingFileSystem* fs,
                                   std::mt19937_64* random, size_t groups, size_t max_bytes) {
  for (size_t i = 0; i < groups; ++i) {
    const Records records = RandomRecords(random, max_bytes);
    GroupPlace place;
    std::vector<RecordPlace> places;
    const absl::Status appended = log->Append(Views(records), &place, &places);
    if (appended.ok()) {
      durable_.push_back(records);
      places_.push_back(place);
      std::string bytes;
      const size_t which = (*random)() % records.size();
      const absl::Status read = log->Read(places[which], &bytes);
      if (!read.ok() && !fs->struck()) return Complain("read: " + read.ToString());
      if (read.ok() && bytes != records[which]) return Complain("a record reads as another");
      continue;
    }
    if (absl::IsResourceExhausted(appended)) {
      if (!log->writable()) return Complain("a lack of room stopped the log for good");
      return End::kStopped;
    }
    in_flight_ = records;
    if (log->writable()) return Complain("still writable after " + appended.ToString());
    // Even if the disk works again.
    if (!absl::IsFailedPrecondition(log->Append(Views(records), &place, nullptr))) {
      return Complain("a write was taken after a failed one");
    }
    if (log->durable_end().group.value() != durable_.size()) {
      return Complain("the durable end moved with a failed write");
    }
    return End::kStopped;
  }
  return End::kRan;
}

}  // namespace daybook::ledger
