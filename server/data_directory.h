// What a server keeps on disk, opened in the order in which one thing needs the other:
//
//   DATA/LOCK      keeps a second server out
//   DATA/ledger/   the ledger (ledger/embedded.h)
//   DATA/vault/    persons' keys, and unless it comes from elsewhere the master key
//   DATA/views/    RocksDB: decision state and views; may be deleted while stopped
//
// Not thread-safe itself; what it holds is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/embedded.h"
#include "ledger/vault.h"
#include "projections/engine/fold_storage.h"
#include "projections/engine/secrets.h"

namespace daybook::server {

struct DataOptions {
  std::string directory;
  uint32_t entity_partitions = 32;           // of a new ledger
  bool must_have_entity_partitions = false;  // an old ledger of another number is refused
  uint64_t segment_bytes = ledger::kDefaultSegmentBytes;
  size_t views_cache_bytes = 256ull << 20;
  size_t rows_bytes = 512ull << 20;
  size_t index_cache_bytes = 64ull << 20;
  std::function<ledger::Timestamp()> now;  // of the ledger's own records; empty: the machine's
};

class DataDirectory {
 public:
  // Makes what is not there. Errors: FailedPrecondition (another process has it; another ledger's
  // vault; written by a later program), DataLoss (something acknowledged is missing or damaged,
  // with figures), InvalidArgument, Internal.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const DataOptions& options);
  ~DataDirectory() = default;

  ledger::EmbeddedLedger& ledger() { return *ledger_; }
  projections::Secrets& secrets() { return *secrets_; }
  const std::string& directory() const { return options_.directory; }
  projections::FoldDatabase& folds() { return *folds_; }
  const ledger::StoreReport& report() const { return report_; }
  bool created() const { return created_; }

 private:
  explicit DataDirectory(const DataOptions& options) : options_(options) {}
  absl::Status OpenAll();
  absl::Status OpenLedger();
  absl::Status OpenVault(const ledger::LedgerId& id);

  const DataOptions options_;
  ledger::StoreReport report_;
  bool created_ = false;
  // In the order of opening; each outlives what comes after it.
  std::unique_ptr<ledger::File> lock_;
  std::unique_ptr<projections::FoldDatabase> folds_;
  std::unique_ptr<ledger::Vault> vault_;
  std::unique_ptr<projections::Secrets> secrets_;
  std::unique_ptr<ledger::EmbeddedLedger> ledger_;
};

}  // namespace daybook::server
