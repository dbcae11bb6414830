#include "ledger/findings.h"

#include <fmt/format.h>

#include "ledger/segment_files.h"

#include "ledger/data_files.h"

namespace daybook::ledger {
namespace {

// More would be read by nobody.
constexpr int kMaxFindings = 1000;

}  // namespace

v1::Finding* Findings::Add(std::string_view check, std::string file, std::string text,
                           std::string_view advice) {
  v1::Finding* const finding =
      report_->findings_size() < kMaxFindings ? report_->add_findings() : &beyond_;
  finding->Clear();
  finding->set_check(std::string(check));
  finding->set_file(std::move(file));
  finding->set_text(std::move(text));
  finding->set_advice(std::string(advice));
  return finding;
}

v1::Finding* Findings::Damage(std::string_view check, std::string file, std::string text,
                              std::string_view advice) {
  report_->set_damages(report_->damages() + 1);
  v1::Finding* const finding = Add(check, std::move(file), std::move(text), advice);
  finding->set_severity(v1::Finding::SEVERITY_DAMAGE);
  return finding;
}

v1::Finding* Findings::Note(std::string_view check, std::string file, std::string text,
                            std::string_view advice) {
  report_->set_notes(report_->notes() + 1);
  v1::Finding* const finding = Add(check, std::move(file), std::move(text), advice);
  finding->set_severity(v1::Finding::SEVERITY_NOTE);
  return finding;
}

void Findings::OfCommit(std::string_view check, PartitionId partition, Sequence sequence,
                        const RecordPlace& place, std::string text, std::string_view advice) {
  v1::Finding* const finding = Damage(check, SegmentFileOf(place.segment), std::move(text), advice);
  finding->set_offset(place.offset);
  finding->set_partition(partition.value());
  if (sequence.value() > 0) finding->set_sequence(sequence.value());
}

void Findings::NotChecked(std::string_view check, std::string_view why) {
  report_->add_not_checked(fmt::format("{}: {}", check, why));
}

std::string SegmentFileOf(uint64_t segment) { return kSegmentsPath + SegmentName(segment); }

}  // namespace daybook::ledger
