// Reads the ledger for one subscription: a cursor in each partition, and nothing between the ledger
// and the client but what is being sent. Whoever is slow simply reads later.
//
// One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "daybook/v1/ledger.pb.h"
#include "ledger/ledger.h"
#include "ledger/signed_token.h"
#include "server/event_out.h"
#include "server/subscription_filter.h"

namespace daybook::server {

class SubscriptionReader {
 public:
  // All of it outlives the reader.
  struct Environment {
    const ledger::Ledger* ledger = nullptr;
    const ledger::TokenKeys* keys = nullptr;
    const EventOut* events = nullptr;
  };
  SubscriptionReader(const Environment& environment, SubscriptionFilter filter,
                     const EventReader& reader);

  // The next messages, in order, within the bounds of limits.h; `more`: the durable end is not
  // reached yet. Errors: DataLoss, FailedPrecondition (an event that this program does not know);
  // the messages before it are given.
  absl::Status Read(std::vector<v1::SubscribeResponse>* messages, bool* more);
  // True if something lies between the cursors and the durable end.
  bool Behind() const;
  // A message without events.
  v1::SubscribeResponse Heartbeat() const;

  const SubscriptionFilter& filter() const { return filter_; }

 private:
  struct Cursor {
    ledger::Sequence read;       // everything up to it was looked at
    ledger::Sequence delivered;  // the last that passed the filter
  };
  // What may still be read in this turn.
  struct Budget {
    size_t commits, bytes, scanned;
    bool spent() const { return commits == 0 || bytes == 0 || scanned == 0; }
  };

  absl::Status ReadOn(ledger::PartitionId partition, Cursor* cursor, Budget* budget,
                      std::vector<v1::SubscribeResponse>* messages);
  absl::Status ReadEntities(ledger::PartitionId partition, ledger::Sequence end, Cursor* cursor,
                            Budget* budget, std::vector<v1::SubscribeResponse>* messages);
  absl::Status Deliver(const ledger::CommitPtr& commit, Cursor* cursor, Budget* budget,
                       std::vector<v1::SubscribeResponse>* messages);
  std::string Token() const;

  const Environment env_;
  const SubscriptionFilter filter_;
  const EventReader event_reader_;
  absl::btree_map<ledger::PartitionId, Cursor> cursors_;
  ledger::PartitionId turn_;  // the partition that is read first, so that none starves
};

}  // namespace daybook::server
