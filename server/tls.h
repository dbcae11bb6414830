// The server's certificate, its key and the authorities of its clients, read again when the files
// change. A pair that does not belong together, cannot be parsed or has expired is not taken: what
// was good last goes on serving, and log, health and metrics say what is wrong with the files.
//
// Thread-safe; gRPC asks for what is current at each new connection.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct grpc_ssl_server_certificate_config;

namespace daybook::server {

// Paths of PEM files.
struct TlsPaths {
  std::string certificate;  // chain, the server's own first
  std::string key;          // not encrypted
  std::string client_ca;    // empty: clients need no certificate
};

// What stands in them.
struct TlsMaterial {
  std::string certificate;
  std::string key;
  std::string client_ca;
  int64_t expires_at_seconds = 0;  // of the server's own, since 1970
  bool SameFilesAs(const TlsMaterial& other) const {
    return certificate == other.certificate && key == other.key && client_ca == other.client_ca;
  }
};

class TlsFiles {
 public:
  // Errors: InvalidArgument saying which file cannot be used and why.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(const TlsPaths& paths);

  // Takes the files if they have changed and are good. Called now and then.
  void Look();

  // For a listening port; this outlives the server.
  std::shared_ptr<grpc::ServerCredentials> Credentials();

  // Why the files on disk are not the ones in use; empty if they are.
  std::string problem() const;
  // How often changed files were taken.
  uint64_t reloads() const { return version_.load(std::memory_order_acquire) - 1; }
  int64_t expires_at_seconds() const;

  // What gRPC is to use from now on; null if it has it already. gRPC owns what comes back.
  grpc_ssl_server_certificate_config* Fetch();

 private:
  TlsFiles(const TlsPaths& paths, TlsMaterial material)
      : paths_(paths), used_(std::move(material)), seen_(used_) {}

  const TlsPaths paths_;
  std::atomic<uint64_t> version_{1};  // of used_
  mutable std::mutex mutex_;
  TlsMaterial used_;            // guarded by mutex_
  TlsMaterial seen_;            // what was looked at last; guarded by mutex_
  std::string problem_;         // guarded by mutex_
  uint64_t given_version_ = 0;  // to gRPC; guarded by mutex_
};

}  // namespace daybook::server
