#include "daybook/v1/policies.grpc.pb.h"
#include "fmt/format.h"
#include "tools/common/toml_table.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/policy_file.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::PolicyService;

namespace {

// A file with what replaces its keys.
struct File {
  std::string path;
  std::vector<std::string> overrides;
};

std::shared_ptr<File> AddFile(CLI::App& verb) {
  const auto file = std::make_shared<File>();
  verb.add_option("file", file->path, "TOML file; keys as in ProgrammePublished")->required();
  verb.add_option("--set", file->overrides,
                  "Replaces a key: --set 'expires_after = { months = 12 }'")
      ->expected(1, -1)
      ->allow_extra_args(false);
  return file;
}

absl::StatusOr<event::v1::ProgrammePublished> Read(const File& file) {
  const auto text = ReadTextFile(file.path);
  if (!text.ok()) return text.status();
  return ParseProgramme(*text, file.path, file.overrides);
}

void AddCheck(CLI::App& noun, Cli& cli) {
  CLI::App* verb = noun.add_subcommand("check", "Check a programme's file without a server");
  verb->callback([&cli, file = AddFile(*verb)] {
    const auto programme = Read(*file);
    if (!programme.ok()) return cli.Fail(programme.status());
    cli.Print(*programme);
  });
}

void AddPublish(CLI::App& noun, Cli& cli) {
  VerbOptions verb(noun, "publish", "Publish a programme's next version");
  const auto file = AddFile(verb.app());
  verb.Mutation();
  verb.app().callback([&cli, file, draft = verb.draft()] {
    v1::PublishProgrammeRequest request;
    if (!FillRequest(cli, *draft, request)) return;
    const auto programme = Read(*file);
    if (!programme.ok()) return cli.Fail(programme.status());
    *request.mutable_programme() = *programme;
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<PolicyService>();
    v1::PublishProgrammeResponse response;
    const grpc::Status status =
        connection.Call(*stub, &PolicyService::Stub::PublishProgramme, request, response);
    status.ok() ? cli.Print(response) : cli.Fail(ReadFailure(status));
  });
}

void AddShow(CLI::App& noun, Cli& cli) {
  VerbOptions verb(noun, "show", "One version of a programme");
  verb.Name("programme", "programmes")
      .Field("--version", "The version; else the one in force")
      .Field("--at", "In force at this instant; else now");
  const auto as_toml = std::make_shared<bool>(false);
  verb.app().add_flag("--toml", *as_toml, "As a file that can be published again");
  verb.app().callback([&cli, as_toml, draft = verb.draft()] {
    v1::GetProgrammeRequest request;
    if (!FillRequest(cli, *draft, request)) return;
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<PolicyService>();
    v1::GetProgrammeResponse response;
    const grpc::Status status =
        connection.Call(*stub, &PolicyService::Stub::GetProgramme, request, response);
    if (!status.ok()) return cli.Fail(ReadFailure(status));
    *as_toml ? WriteOutput(ProgrammeToToml(response.programme())) : cli.Print(response.programme());
  });
}

}  // namespace

void AddProgramme(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "programme", "Loyalty programmes, as versioned policies");
  AddCheck(noun, cli);
  AddPublish(noun, cli);
  AddShow(noun, cli);
  auto list = NewVerb<PolicyService>(cli, noun, "list", "All programmes, newest version each",
                                     &PolicyService::Stub::ListProgrammes);
  list.List("programmes", {"programme_id", "version", "effective_from", "name", "currency", "zone",
                           "expires_after"});
}

}  // namespace daybook::tools
