// The commit of the layout page's worked example, and the numbers that go with it.
#pragma once

#include <string>

#include "ledger/record.h"

namespace daybook::ledger {

// 00 01 .. 0f.
LedgerId SampleLedgerId();
// Partition 7, epoch 1, term 3, writer 10 11 .. 1f, sequence 42, registry sequence 5,
// 2023-11-14T22:13:20.123456Z.
RecordHeader SampleHeader();
// Two events of customer c-1 in tenant "main", ids under the key 00 01 .. 1f.
std::string SampleCommit();
// A claim of the same partition, term and writer, without a body.
std::string SampleClaim();
// The genesis of that partition.
std::string SampleGenesis();

}  // namespace daybook::ledger
