#include "server/first_token.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <future>

#include "daybook/v1/access.pb.h"
#include "ledger/file_system.h"
#include "projections/engine/access_tokens.h"
#include "server/bearer_token.h"

namespace daybook::server {

using projections::AccessToken;

namespace {

constexpr char kPrincipal[] = "admin";

bool IsWayIn(const AccessToken& token, ledger::Timestamp now) {
  return !token.revoked && token.expires_at == ledger::kDistantFuture && token.issued_at <= now &&
         token.roles.Has(event::v1::ROLE_ADMIN) && token.roles.Has(event::v1::ROLE_OPERATOR);
}

// A whole file, on disk, or none; made with 0600 by the file system.
absl::Status WritePrivateFile(const std::string& directory, const std::string& path,
                              const std::string& text) {
  ledger::FileSystem* const fs = ledger::FileSystem::Posix();
  const std::string unfinished = path + ".new";
  if (fs->Exists(unfinished)) {
    if (absl::Status status = fs->Remove(unfinished); !status.ok()) return status;
  }
  auto file = fs->Open(unfinished, true);
  if (!file.ok()) return file.status();
  absl::Status status = (*file)->WriteAt(0, text);
  if (status.ok()) status = (*file)->SyncWithMetadata();
  if (status.ok()) status = fs->Rename(unfinished, path);
  if (status.ok()) status = fs->SyncDirectory(directory);
  return status;
}

}  // namespace

absl::Status EnsureFirstToken(projections::Engine* engine, const std::string& data_directory) {
  const auto policies = engine->policies();
  const auto tokens = policies->tokens().Of(projections::kMainTenant);
  const ledger::Timestamp now = engine->clock().Now();
  if (std::any_of(tokens.begin(), tokens.end(),
                  [now](const AccessToken* token) { return IsWayIn(*token, now); })) {
    return absl::OkStatus();
  }
  // The file first: a token that is recorded and that nobody has would be no way in.
  const std::string path = data_directory + "/" + kFirstTokenFile;
  const std::string text = DrawToken(ledger::RandomSource::System());
  absl::Status status = WritePrivateFile(data_directory, path, text + "\n");
  if (!status.ok()) return status;
  ledger::Bytes32 sha256;
  HashToken(text, &sha256);
  v1::IssueAccessTokenRequest request;
  // An id that no token had: ids are never given out again.
  request.set_token_id(fmt::format("admin-{}", policies->registry_sequence().value() + 1));
  request.set_request_id(request.token_id());
  request.set_principal(kPrincipal);
  request.add_roles(event::v1::ROLE_ADMIN);
  request.add_roles(event::v1::ROLE_OPERATOR);
  request.set_token_sha256(std::string(ledger::AsView(sha256)));
  projections::Caller caller;
  caller.role = "server";
  v1::IssueAccessTokenResponse response;
  std::promise<projections::CommandOutcome> done;
  engine->Execute(caller, request, &response,
                  [&done](const projections::CommandOutcome& outcome) { done.set_value(outcome); });
  const projections::CommandOutcome outcome = done.get_future().get();
  if (outcome.refusal) {
    return absl::InternalError(
        fmt::format("the first token cannot be issued: {}", outcome.refusal->message));
  }
  spdlog::info("an administrator's token is in {}", path);
  return absl::OkStatus();
}

}  // namespace daybook::server
