#include "ledger/record.h"

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"
#include "ledger/limits.h"
#include "ledger/record_format.h"

namespace daybook::ledger {
namespace {

constexpr uint8_t kLastKind = static_cast<uint8_t>(RecordKind::kSourcePosition);

// A genesis tells which ledger it is of, so its CRC cannot presuppose that.
uint32_t CrcStart(bool genesis, const LedgerId& ledger_id) {
  return genesis ? 0 : Crc32c(AsView(ledger_id));
}

WriterId LoadWriter(const char* bytes) {
  WriterId writer;
  std::memcpy(writer.data(), bytes, writer.size());
  return writer;
}

// The part of the judgement that holds for headers of every version.
HeaderVerdict JudgeFrame(std::string_view bytes, const LedgerId& ledger_id, uint16_t* version) {
  if (bytes.size() < kHeaderBytes) return HeaderVerdict::kShort;
  if (LoadLittle<uint32_t>(&bytes[kMagicOffset]) != kRecordMagic) return HeaderVerdict::kBadMagic;
  *version = LoadLittle<uint16_t>(&bytes[kVersionOffset]);
  const size_t length = LoadLittle<uint16_t>(&bytes[kHeaderLengthOffset]);
  const bool ours = *version == kHeaderVersion;
  if (length < kHeaderBytes || length > kMaxHeaderBytes || (ours && length != kHeaderBytes)) {
    return HeaderVerdict::kBadLength;
  }
  if (bytes.size() < length) return HeaderVerdict::kShort;
  if (ours && LoadLittle<uint32_t>(&bytes[kBodyLengthOffset]) > kMaxBodyBytes) {
    return HeaderVerdict::kBadLength;
  }
  const std::string_view covered = bytes.substr(0, length - sizeof(uint32_t));
  const uint32_t stored = LoadLittle<uint32_t>(&bytes[covered.size()]);
  const bool genesis = bytes[kKindOffset] == static_cast<char>(RecordKind::kGenesis);
  if (ExtendCrc32c(CrcStart(genesis, ledger_id), covered) == stored) return HeaderVerdict::kOk;
  return HeaderVerdict::kBadCrc;
}

}  // namespace

void StoreHeader(const RecordHeader& header, const LedgerId& ledger_id, char* out) {
  DAYBOOK_CHECK(header.body_length <= kMaxBodyBytes, "record longer than its limit");
  StoreLittle<uint32_t>(kRecordMagic, out + kMagicOffset);
  StoreLittle<uint16_t>(kHeaderVersion, out + kVersionOffset);
  StoreLittle<uint16_t>(kHeaderBytes, out + kHeaderLengthOffset);
  StoreLittle<uint8_t>(static_cast<uint8_t>(header.kind), out + kKindOffset);
  StoreLittle<uint8_t>(static_cast<uint8_t>(header.encoding), out + kEncodingOffset);
  StoreLittle<uint16_t>(0, out + kReservedOffset);
  StoreLittle<uint32_t>(header.partition.value(), out + kPartitionOffset);
  StoreLittle<uint32_t>(header.epoch.value(), out + kEpochOffset);
  StoreLittle<uint32_t>(header.body_length, out + kBodyLengthOffset);
  StoreLittle<uint64_t>(header.term.value(), out + kTermOffset);
  std::memcpy(out + kWriterOffset, header.writer.data(), header.writer.size());
  StoreLittle<uint64_t>(header.sequence.value(), out + kSequenceOffset);
  StoreLittle<int64_t>(header.recorded_at.micros, out + kRecordedAtOffset);
  StoreLittle<uint64_t>(header.registry_sequence.value(), out + kRegistrySequenceOffset);
  StoreLittle<uint32_t>(header.body_crc, out + kBodyCrcOffset);
  const uint32_t start = CrcStart(header.kind == RecordKind::kGenesis, ledger_id);
  StoreLittle<uint32_t>(ExtendCrc32c(start, {out, kHeaderCrcOffset}), out + kHeaderCrcOffset);
}

void EncodeHeader(const RecordHeader& header, const LedgerId& ledger_id, std::string* out) {
  char bytes[kHeaderBytes];
  StoreHeader(header, ledger_id, bytes);
  out->append(bytes, sizeof bytes);
}

HeaderVerdict DecodeHeader(std::string_view bytes, const LedgerId& ledger_id, RecordHeader* out) {
  uint16_t version = 0;
  const HeaderVerdict frame = JudgeFrame(bytes, ledger_id, &version);
  if (frame != HeaderVerdict::kOk) return frame;
  *out = RecordHeader{};
  out->partition = PartitionId(LoadLittle<uint32_t>(&bytes[kPartitionOffset]));
  // Reserved bytes that are not zero mean something that this version does not know.
  if (version != kHeaderVersion || LoadLittle<uint16_t>(&bytes[kReservedOffset]) != 0) {
    return HeaderVerdict::kUnknownVersion;
  }
  const uint8_t kind = LoadLittle<uint8_t>(&bytes[kKindOffset]);
  out->kind = static_cast<RecordKind>(kind);
  out->encoding = static_cast<PayloadEncoding>(LoadLittle<uint8_t>(&bytes[kEncodingOffset]));
  out->epoch = Epoch(LoadLittle<uint32_t>(&bytes[kEpochOffset]));
  out->body_length = LoadLittle<uint32_t>(&bytes[kBodyLengthOffset]);
  out->term = Term(LoadLittle<uint64_t>(&bytes[kTermOffset]));
  out->writer = LoadWriter(&bytes[kWriterOffset]);
  out->sequence = Sequence(LoadLittle<uint64_t>(&bytes[kSequenceOffset]));
  out->recorded_at = Timestamp{LoadLittle<int64_t>(&bytes[kRecordedAtOffset])};
  out->registry_sequence = Sequence(LoadLittle<uint64_t>(&bytes[kRegistrySequenceOffset]));
  out->body_crc = LoadLittle<uint32_t>(&bytes[kBodyCrcOffset]);
  return kind >= 1 && kind <= kLastKind ? HeaderVerdict::kOk : HeaderVerdict::kUnknownKind;
}

bool BodyMatches(const RecordHeader& header, std::string_view body) {
  return body.size() == header.body_length && Crc32c(body) == header.body_crc;
}

std::string EncodeControlRecord(RecordHeader header, std::string_view body,
                                const LedgerId& ledger_id) {
  DAYBOOK_CHECK(header.kind != RecordKind::kCommit, "commits are made by CommitBuilder");
  DAYBOOK_CHECK(body.size() <= kMaxBodyBytes, "record longer than its limit");
  header.body_length = static_cast<uint32_t>(body.size());
  header.body_crc = Crc32c(body);
  std::string record;
  record.reserve(kHeaderBytes + body.size());
  EncodeHeader(header, ledger_id, &record);
  record.append(body);
  return record;
}

}  // namespace daybook::ledger
