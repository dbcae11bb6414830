// The records that open a partition and a term, as every implementation of the ledger writes them.
// Thread-safe.
#pragma once

#include <string>

#include "ledger/record.h"
#include "ledger/types.h"
#include "ledger/validity.h"

namespace daybook::ledger {

// The first record of a partition.
std::string EncodeGenesis(PartitionId partition, const LedgerId& ledger, uint32_t entity_partitions,
                          uint32_t access_partitions, Timestamp now);

// `writer` takes the partition over with the term that follows `state`; recorded_at is `now` or
// what the partition has reached, if that is later.
std::string EncodeClaim(PartitionId partition, const LedgerId& ledger, const PartitionState& state,
                        const WriterId& writer, Timestamp now);

// A new continuation of the ledger begins after `state`, whose commits hash to `root` (RFC 9162);
// `cause` as EpochBody says. The term after it is closed: whoever goes on claims the next.
std::string EncodeEpoch(PartitionId partition, const LedgerId& ledger, const PartitionState& state,
                        std::string_view cause, const Bytes32& root, const WriterId& writer,
                        Timestamp now);

}  // namespace daybook::ledger
