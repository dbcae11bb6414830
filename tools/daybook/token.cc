#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "daybook/v1/access.grpc.pb.h"
#include "fmt/format.h"
#include "server/bearer_token.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::AccessService;

namespace {

constexpr mode_t kOwnerOnly = 0600;

// A new file that only its owner may read. Errors: AlreadyExists, Internal.
absl::Status WritePrivateFile(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  const auto problem = [&path](const char* what) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}: {}", path, what, std::generic_category().message(errno)));
  };
  if (fd < 0) return problem("cannot be made");
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  absl::Status status =
      written && ::fsync(fd) == 0 ? absl::OkStatus() : problem("cannot be written");
  ::close(fd);
  return status;
}

// Draws a secret, tells the server its hash, and shows it, once.
template <typename Request, typename Response>
void CallWithSecret(Cli& cli, const Draft& draft, const std::string& out,
                    grpc::Status (AccessService::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*)) {
  Request request;
  if (!FillRequest(cli, draft, request)) return;
  const std::string token = server::DrawToken(ledger::RandomSource::System());
  ledger::Bytes32 sha256;
  server::HashToken(token, &sha256);
  request.set_token_sha256(std::string(ledger::AsView(sha256)));
  // Before the call: a token that is good and that nobody has would be of no use.
  if (!out.empty()) {
    if (absl::Status status = WritePrivateFile(out, token + "\n"); !status.ok()) {
      return cli.Fail(status);
    }
  }
  const Connection connection = cli.Connect();
  const auto stub = connection.NewStub<AccessService>();
  Response response;
  const grpc::Status status = connection.Call(*stub, method, request, response);
  if (!status.ok()) {
    cli.Fail(ReadFailure(status));
    // Where the outcome is not known, the token may be good.
    if (!out.empty() && cli.exit_code == ExitCode::kRefused) ::unlink(out.c_str());
    return;
  }
  if (!out.empty()) return;
  if (cli.json()) {
    PrintOutput("{{\"tokenId\": \"{}\", \"token\": \"{}\"}}\n", request.token_id(), token);
  } else {
    PrintOutput("{}\n", token);
    fmt::print(stderr, "It is not shown again.\n");
  }
}

template <typename Request, typename Response>
void ShowSecret(Cli& cli, VerbOptions& verb,
                grpc::Status (AccessService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                            Response*)) {
  const auto out = std::make_shared<std::string>();
  verb.app().add_option("--out", *out,
                        "New file for the token, readable by its owner; else it is printed");
  verb.app().callback(
      [&cli, out, method, draft = verb.draft()] { CallWithSecret(cli, *draft, *out, method); });
}

VerbOptions& OfTenant(VerbOptions& verb) {
  return verb.NameOption("--tenant", "tenant", "tenants", false);
}

}  // namespace

void AddToken(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "token", "Tokens: who may call, and what they may do");

  VerbOptions issue(noun, "issue", "Issue a token");
  issue.Required("token_id", "Id of the token, unique in the tenant for ever")
      .Required("--principal", "Opaque id of who will call with it");
  issue.app()
      .add_option_function<std::vector<std::string>>(
          "--role",
          [draft = issue.draft()](const std::vector<std::string>& roles) {
            for (const std::string& role : roles) draft->Add("--role", "roles", role);
          },
          "reader, agent, importer, admin, auditor or operator; several, one after another")
      ->required();
  OfTenant(issue)
      .Field("--expires-at", "From when on it is not good any more; else never")
      .Mutation();
  ShowSecret(cli, issue, &AccessService::Stub::IssueAccessToken);

  VerbOptions rotate(noun, "rotate", "Give a token another secret");
  rotate.Required("token_id", "Id of the token");
  OfTenant(rotate)
      .Field("--previous-until", "Until when the secret before is good too; else it ends at once")
      .Mutation();
  ShowSecret(cli, rotate, &AccessService::Stub::RotateAccessToken);

  auto revoke = NewVerb<AccessService>(cli, noun, "revoke", "End a token, for ever",
                                       &AccessService::Stub::RevokeAccessToken);
  revoke.Required("token_id", "Id of the token");
  OfTenant(revoke).Mutation();
  revoke.Call();

  auto list = NewVerb<AccessService>(cli, noun, "list", "The tokens of a tenant, without secrets",
                                     &AccessService::Stub::ListAccessTokens);
  OfTenant(list);
  list.List("tokens",
            {"token_id", "principal", "roles", "expires_at", "revoked", "issued_at", "changed_at"});
}

}  // namespace daybook::tools
