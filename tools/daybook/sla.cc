#include "daybook/v1/policies.grpc.pb.h"
#include "tools/common/toml_table.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/policy_file.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::PolicyService;

namespace {

void AddPublish(CLI::App& noun, Cli& cli) {
  VerbOptions verb(noun, "publish", "Publish an agreement's next version");
  const auto path = std::make_shared<std::string>();
  verb.app().add_option("file", *path, "TOML file; keys as in SlaPublished")->required();
  verb.Mutation();
  verb.app().callback([&cli, path, draft = verb.draft()] {
    v1::PublishSlaRequest request;
    if (!FillRequest(cli, *draft, request)) return;
    const auto text = ReadTextFile(*path);
    if (!text.ok()) return cli.Fail(text.status());
    const auto sla = ParseSla(*text, *path);
    if (!sla.ok()) return cli.Fail(sla.status());
    *request.mutable_sla() = *sla;
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<PolicyService>();
    v1::PublishSlaResponse response;
    const grpc::Status status =
        connection.Call(*stub, &PolicyService::Stub::PublishSla, request, response);
    status.ok() ? cli.Print(response) : cli.Fail(ReadFailure(status));
  });
}

}  // namespace

void AddSla(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "sla", "Service level agreements, as versioned policies");
  AddPublish(noun, cli);
  auto show = NewVerb<PolicyService>(cli, noun, "show", "One version of an agreement",
                                     &PolicyService::Stub::GetSla);
  show.Required("sla_id", "Id of the agreement")
      .Field("--version", "The version; else the one in force")
      .Field("--at", "In force at this instant; else now");
  show.Call();
  auto list = NewVerb<PolicyService>(cli, noun, "list", "All agreements, newest version each",
                                     &PolicyService::Stub::ListSlas);
  list.List("slas", {"sla_id", "version", "effective_from", "name", "zone"});
}

}  // namespace daybook::tools
