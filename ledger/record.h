// The bytes of a record: a frozen header, the body of each kind, and nothing else. A commit's bytes
// are made once, by CommitBuilder, and never serialised again; everybody later looks at them
// through CommitView. FORMAT.md has the layout.
//
// Thread safety: values and views; share const ones freely. A view does not own the bytes it points
// into.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/types.h"

namespace daybook::ledger {

// ❄ Stored as one byte.
enum class RecordKind : uint8_t {
  kGenesis = 1,
  kClaim = 2,
  kCommit = 3,
  kHandOver = 4,
  kEpoch = 5,
  kSourcePosition = 6,
};

// ❄ How the payloads of a body are packed; only plain is written.
enum class PayloadEncoding : uint8_t { kPlain = 0 };

inline constexpr uint16_t kHeaderVersion = 1;
inline constexpr size_t kHeaderBytes = 80;

// The header of a record, as numbers. Byte offsets are in FORMAT.md.
struct RecordHeader {
  RecordKind kind = RecordKind::kCommit;
  PayloadEncoding encoding = PayloadEncoding::kPlain;
  Epoch epoch;
  PartitionId partition;
  Term term;
  WriterId writer{};
  Sequence sequence;           // 0 in all but commits
  Timestamp recorded_at;       // never goes backwards in a partition
  Sequence registry_sequence;  // what the decision knew of the registry
  uint32_t body_length = 0;    // bytes after the header
  uint32_t body_crc = 0;       // CRC32C of the body
};

// Whether bytes are a header, in the order in which it is judged (ledger.md 4.2).
enum class HeaderVerdict {
  kOk,
  kShort,           // void: fewer bytes than the header has
  kBadMagic,        // void
  kBadLength,       // void: header or body length out of bounds
  kBadCrc,          // void: not of this ledger, or damaged
  kUnknownVersion,  // stop: written by a later program; only the partition can be read
  kUnknownKind,     // stop: likewise; the rest of the header can be read
};

// Appends the 80 bytes of `header` to `out`. Its CRC starts from `ledger_id` (a genesis': from
// zero).
void EncodeHeader(const RecordHeader& header, const LedgerId& ledger_id, std::string* out);
// Judges and reads a header; `out` is set if the verdict is kOk, kUnknownVersion or kUnknownKind,
// as far as that says. `bytes` may go on behind the header. Does not look at the body.
HeaderVerdict DecodeHeader(std::string_view bytes, const LedgerId& ledger_id, RecordHeader* out);
// True if `body` has the length and CRC that `header` says.
bool BodyMatches(const RecordHeader& header, std::string_view body);

// A whole record of any kind but commit: header and protobuf body (GenesisBody, ClaimBody, ...).
std::string EncodeControlRecord(RecordHeader header, std::string_view body,
                                const LedgerId& ledger_id);

// One event on its way into a commit. All views must outlive the call that takes it.
struct EventToWrite {
  uint16_t type = 0;            // daybook.event.v1.EventType
  uint16_t schema_version = 1;  // of the payload
  EventId id{};
  Timestamp occurred_at;
  uint16_t entity_kind = 0;  // daybook.event.v1.EntityKind
  std::string_view entity_id;
  std::string_view context_override;  // serialised EventContext with what differs from the
                                      // commit's; usually empty
  std::string_view payload;           // serialised payload message
};

// Makes the bytes of one commit: construct, AddEvent in order, Finish once.
class CommitBuilder {
 public:
  // `requests`: serialised CommitRequests; `context`: serialised EventContext.
  CommitBuilder(std::string_view tenant, std::string_view requests, std::string_view context);
  void AddEvent(const EventToWrite& event);
  // Bytes that the record would have now, header included; compare with kMaxCommitBytes before
  // Finish.
  size_t size() const { return record_.size(); }
  size_t event_count() const { return event_count_; }
  // The record: header (kind, lengths and CRCs filled in) and body. Events and bytes must be within
  // kMaxCommitEvents and kMaxCommitBytes.
  std::string Finish(RecordHeader header, const LedgerId& ledger_id);

 private:
  std::string record_;       // begins with room for the header
  size_t count_offset_ = 0;  // of the event count in it
  uint32_t event_count_ = 0;
};

// One event inside a commit's bytes.
struct EventView {
  uint16_t type = 0;
  uint16_t schema_version = 0;
  EventId id{};
  Timestamp occurred_at;
  uint16_t entity_kind = 0;
  std::string_view entity_id;
  std::string_view context_override;
  std::string_view payload;
  std::string_view bytes;  // all of the event, as hashed into the record hash
};

// A commit's bytes, taken apart without parsing any payload. Bounds are checked once, here.
class CommitView {
 public:
  CommitView() = default;
  // `header` has been decoded from `record` and its body CRC checked. Errors: DataLoss naming what
  // is out of bounds.
  static absl::StatusOr<CommitView> Parse(const RecordHeader& header, std::string_view record);

  const RecordHeader& header() const { return header_; }
  std::string_view record() const { return record_; }
  std::string_view tenant() const { return tenant_; }
  std::string_view requests() const { return requests_; }
  std::string_view context() const { return context_; }
  const std::vector<EventView>& events() const { return events_; }

 private:
  RecordHeader header_;
  std::string_view record_;
  std::string_view common_;  // what is said once: tenant, requests, context
  std::string_view tenant_, requests_, context_;
  std::vector<EventView> events_;
  friend RecordHash HashOfCommit(const CommitView&);
};

// SHA-256(0x00 ‖ header ‖ SHA-256(common) ‖ SHA-256(event 1) ‖ ...): the RFC 9162 leaf hash
// (ledger.md 4.4).
RecordHash HashOfCommit(const CommitView& commit);
// SHA-256(0x00 ‖ header ‖ SHA-256(body)) for the other kinds.
RecordHash HashOfControlRecord(std::string_view record);

// What the maker of a commit kept of it (parsed messages), so that followers in the same process
// need not parse again.
class CommitAttachment {
 public:
  virtual ~CommitAttachment() = default;
};

// A commit that owns its bytes. Immutable; passed around as shared_ptr<const Commit>.
class Commit {
 public:
  // Takes ownership of a record's bytes; checks nothing but the bounds. Errors: DataLoss.
  static absl::StatusOr<std::shared_ptr<const Commit>> Make(
      const RecordHeader& header, std::string record,
      std::shared_ptr<const CommitAttachment> attachment = nullptr);

  const CommitView& view() const { return view_; }
  const RecordHeader& header() const { return view_.header(); }
  PartitionId partition() const { return header().partition; }
  Sequence sequence() const { return header().sequence; }
  const std::shared_ptr<const CommitAttachment>& attachment() const { return attachment_; }

 private:
  std::string bytes_;
  CommitView view_;
  std::shared_ptr<const CommitAttachment> attachment_;
};
using CommitPtr = std::shared_ptr<const Commit>;

// Makes event ids: UUIDv7 whose 48 bits of time are recorded_at in milliseconds and whose other 74
// bits are the first bits of AES-256(key, epoch ‖ partition ‖ sequence (48 bits) ‖ index (16
// bits)), all big-endian. Same input, same id; not to be guessed without the key. Not thread-safe.
class EventIdMaker {
 public:
  explicit EventIdMaker(const Bytes32& key);
  ~EventIdMaker();
  EventIdMaker(const EventIdMaker&) = delete;
  EventIdMaker& operator=(const EventIdMaker&) = delete;
  EventId Make(Epoch epoch, PartitionId partition, Sequence sequence, uint16_t index,
               Timestamp recorded_at);

 private:
  struct Cipher;
  std::unique_ptr<Cipher> cipher_;
};

// The 36 characters of a UUID, and back (false if it is not one).
std::string FormatEventId(const EventId& id);
bool ParseEventId(std::string_view text, EventId* out);

}  // namespace daybook::ledger
