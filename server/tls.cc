#include "server/tls.h"

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace daybook::server {
namespace {

template <auto Free>
struct FreedBy {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

absl::Status ReadText(const std::string& path, std::string* text) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) return Invalid(fmt::format("{}: cannot be read", path));
  *text = bytes.str();
  return absl::OkStatus();
}

Bio Open(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate FirstCertificate(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(Open(pem).get(), nullptr, nullptr, nullptr));
}

// Nobody is there to type a password.
int NoPassword(char*, int, int, void*) { return -1; }

int64_t ExpiresAt(const X509& certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) != 1) return 0;
  return ::timegm(&time);
}

absl::Status Check(const TlsPaths& paths, TlsMaterial* material) {
  const Certificate certificate = FirstCertificate(material->certificate);
  if (certificate == nullptr) {
    return Invalid(fmt::format("{}: no certificate in PEM form", paths.certificate));
  }
  const Key key(PEM_read_bio_PrivateKey(Open(material->key).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return Invalid(fmt::format("{}: no unencrypted private key in PEM form", paths.key));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Invalid(
        fmt::format("{} and {}: the key is not the certificate's", paths.certificate, paths.key));
  }
  material->expires_at_seconds = ExpiresAt(*certificate);
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) {
    return Invalid(fmt::format("{}: the certificate has expired", paths.certificate));
  }
  if (!paths.client_ca.empty() && FirstCertificate(material->client_ca) == nullptr) {
    return Invalid(fmt::format("{}: no certificate in PEM form", paths.client_ca));
  }
  return absl::OkStatus();
}

absl::Status ReadFiles(const TlsPaths& paths, TlsMaterial* material) {
  absl::Status status = ReadText(paths.certificate, &material->certificate);
  if (status.ok()) status = ReadText(paths.key, &material->key);
  if (status.ok() && !paths.client_ca.empty()) {
    status = ReadText(paths.client_ca, &material->client_ca);
  }
  return status;
}

grpc_ssl_certificate_config_reload_status FetchCurrent(
    void* files, grpc_ssl_server_certificate_config** config) {
  *config = static_cast<TlsFiles*>(files)->Fetch();
  return *config == nullptr ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED
                            : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

// gRPC's C++ classes give certificates once; its core asks at each connection.
class FetchingCredentials final : public grpc::ServerCredentials {
 public:
  FetchingCredentials(TlsFiles* files, bool ask_clients)
      : credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                ask_clients ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                            : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                FetchCurrent, files))) {}
  ~FetchingCredentials() override { grpc_server_credentials_release(credentials_); }

  // Callers are judged by the guard.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(const TlsPaths& paths) {
  TlsMaterial material;
  absl::Status status = ReadFiles(paths, &material);
  if (status.ok()) status = Check(paths, &material);
  if (!status.ok()) return status;
  return std::unique_ptr<TlsFiles>(new TlsFiles(paths, std::move(material)));
}

void TlsFiles::Look() {
  TlsMaterial material;
  const absl::Status read = ReadFiles(paths_, &material);
  const std::lock_guard lock(mutex_);
  if (read.ok() && material.SameFilesAs(seen_)) return;
  absl::Status status = read;
  if (read.ok()) {
    seen_ = material;
    status = Check(paths_, &material);
  }
  std::string problem(status.message());
  if (!status.ok()) {
    if (problem == problem_) return;
    problem_ = std::move(problem);
    spdlog::error("tls: {}; the certificate before it goes on serving", problem_);
    return;
  }
  problem_.clear();
  if (material.SameFilesAs(used_)) return;
  used_ = std::move(material);
  version_.fetch_add(1, std::memory_order_release);
  spdlog::info("tls: new certificate taken from {}", paths_.certificate);
}

grpc_ssl_server_certificate_config* TlsFiles::Fetch() {
  const std::lock_guard lock(mutex_);
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (std::exchange(given_version_, version) == version) return nullptr;
  const grpc_ssl_pem_key_cert_pair pair{used_.key.c_str(), used_.certificate.c_str()};
  // gRPC's core wants authorities even where it asks clients for nothing; then nobody looks at
  // them.
  const std::string& authorities = used_.client_ca.empty() ? used_.certificate : used_.client_ca;
  return grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
}

std::shared_ptr<grpc::ServerCredentials> TlsFiles::Credentials() {
  return std::make_shared<FetchingCredentials>(this, !paths_.client_ca.empty());
}

std::string TlsFiles::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

int64_t TlsFiles::expires_at_seconds() const {
  const std::lock_guard lock(mutex_);
  return used_.expires_at_seconds;
}

}  // namespace daybook::server
