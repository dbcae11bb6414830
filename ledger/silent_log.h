// RocksDB writes a log of its own beside the rows, even when it only reads; this one takes nothing
// and leaves nothing.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>

namespace daybook::ledger {

class SilentLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace daybook::ledger
