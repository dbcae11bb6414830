#include "ledger/validity.h"

#include <algorithm>

#include "daybook/event/v1/envelope.pb.h"

namespace daybook::ledger {
namespace {

Verdict Because(Verdict verdict, const char* text, const char** reason) {
  *reason = text;
  return verdict;
}

Verdict JudgeHeader(HeaderVerdict verdict, const char** reason) {
  switch (verdict) {
    case HeaderVerdict::kOk:
      return Because(Verdict::kValid, "", reason);
    case HeaderVerdict::kShort:
      return Because(Verdict::kVoid, "shorter than a header", reason);
    case HeaderVerdict::kBadMagic:
      return Because(Verdict::kVoid, "no record", reason);
    case HeaderVerdict::kBadLength:
      return Because(Verdict::kVoid, "length out of bounds", reason);
    case HeaderVerdict::kBadCrc:
      return Because(Verdict::kVoid, "header damaged or of another ledger", reason);
    case HeaderVerdict::kUnknownVersion:
      return Because(Verdict::kStop, "header of a later version", reason);
    case HeaderVerdict::kUnknownKind:
      return Because(Verdict::kStop, "record of an unknown kind", reason);
  }
  return Because(Verdict::kStop, "unknown verdict", reason);
}

bool GenesisIsOf(std::string_view body, const LedgerId& ledger_id, PartitionId partition) {
  event::v1::GenesisBody genesis;
  return genesis.ParseFromArray(body.data(), static_cast<int>(body.size())) &&
         genesis.ledger_id() == AsView(ledger_id) && genesis.partition() == partition.value();
}

}  // namespace

Verdict ValidityRule::Judge(std::string_view record, RecordHeader* header, const char** reason) {
  RecordHeader ignored_header;
  const char* ignored_reason = nullptr;
  if (header == nullptr) header = &ignored_header;
  if (reason == nullptr) reason = &ignored_reason;

  const HeaderVerdict decoded = DecodeHeader(record, id_, header);
  const Verdict readable = JudgeHeader(decoded, reason);
  if (readable == Verdict::kVoid) return readable;
  if (header->partition != partition_) {
    return Because(Verdict::kVoid, "record of another partition", reason);
  }
  if (readable == Verdict::kStop) return readable;

  PartitionState next = state_;
  const Verdict verdict = Rule(*header, &next, reason);
  if (verdict == Verdict::kValid) {
    // The body is looked at only now: what a former owner left behind must not stop anybody.
    const std::string_view body = record.substr(kHeaderBytes);
    if (!BodyMatches(*header, body)) {
      return Because(Verdict::kStop, "body damaged or of another length", reason);
    }
    if (header->encoding != PayloadEncoding::kPlain) {
      return Because(Verdict::kStop, "payloads in an unknown encoding", reason);
    }
    if (header->kind == RecordKind::kGenesis && !GenesisIsOf(body, id_, partition_)) {
      return Because(Verdict::kStop, "genesis of another ledger", reason);
    }
    next.last_recorded_at = std::max(next.last_recorded_at, header->recorded_at);
  }
  state_ = next;
  return verdict;
}

Verdict ValidityRule::Rule(const RecordHeader& header, PartitionState* state,
                           const char** reason) const {
  *reason = "";
  const bool of_owner =
      state->term_open && header.term == state->term && header.writer == state->writer;
  if (header.kind == RecordKind::kGenesis) {
    if (state->opened) return Because(Verdict::kVoid, "second genesis", reason);
    if (header.epoch != state->epoch) return Because(Verdict::kVoid, "other epoch", reason);
    state->opened = true;
    return Verdict::kValid;
  }
  if (!state->opened) return Because(Verdict::kVoid, "before the genesis", reason);
  if (header.kind == RecordKind::kEpoch) {
    if (header.epoch != state->epoch.next() || header.term != state->term.next()) {
      return Because(Verdict::kVoid, "epoch or term does not follow", reason);
    }
    state->epoch = header.epoch;
    state->term = header.term;
    state->writer = header.writer;
    state->term_open = false;
    return Verdict::kValid;
  }
  if (header.epoch != state->epoch) return Because(Verdict::kVoid, "other epoch", reason);
  switch (header.kind) {
    case RecordKind::kClaim:
      if (header.term != state->term.next()) {
        return Because(Verdict::kVoid, "term does not follow", reason);
      }
      state->term = header.term;
      state->writer = header.writer;
      state->term_open = true;
      return Verdict::kValid;
    case RecordKind::kHandOver:
      if (!of_owner) return Because(Verdict::kVoid, "hand-over by a former owner", reason);
      state->term_open = false;
      return Verdict::kValid;
    case RecordKind::kCommit:
      return RuleOnCommit(header, of_owner, state, reason);
    default:
      return Because(Verdict::kVoid, "source position outside a segment log", reason);
  }
}

Verdict ValidityRule::RuleOnCommit(const RecordHeader& header, bool of_owner, PartitionState* state,
                                   const char** reason) const {
  if (header.sequence <= state->last) {
    return Because(Verdict::kDuplicate, "sequence seen before", reason);
  }
  if (!of_owner) return Because(Verdict::kVoid, "commit by a former owner", reason);
  if (header.sequence != state->last.next()) {
    // The owner's own hole: what it sends from now on in this term must not count either.
    state->term_open = false;
    return Because(Verdict::kVoid, "sequence leaves a hole; the term is closed", reason);
  }
  state->last = header.sequence;
  return Verdict::kValid;
}

}  // namespace daybook::ledger
