#include "daybook/v1/policies.grpc.pb.h"
#include "tools/common/toml_table.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/policy_file.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::PolicyService;

namespace {

void AddPublish(CLI::App& noun, Cli& cli) {
  VerbOptions verb(noun, "publish", "Publish the attribute schema's next version");
  const auto path = std::make_shared<std::string>();
  verb.app()
      .add_option("file", *path, "TOML file; keys as in AttributeSchemaPublished")
      ->required();
  verb.Mutation();
  verb.app().callback([&cli, path, draft = verb.draft()] {
    v1::PublishAttributeSchemaRequest request;
    if (!FillRequest(cli, *draft, request)) return;
    const auto text = ReadTextFile(*path);
    if (!text.ok()) return cli.Fail(text.status());
    const auto schema = ParseAttributeSchema(*text, *path);
    if (!schema.ok()) return cli.Fail(schema.status());
    *request.mutable_attribute_schema() = *schema;
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<PolicyService>();
    v1::PublishAttributeSchemaResponse response;
    const grpc::Status status =
        connection.Call(*stub, &PolicyService::Stub::PublishAttributeSchema, request, response);
    status.ok() ? cli.Print(response) : cli.Fail(ReadFailure(status));
  });
}

}  // namespace

void AddSchema(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "schema", "Which attributes customers may have");
  AddPublish(noun, cli);
  auto show = NewVerb<PolicyService>(cli, noun, "show", "The attribute schema in force",
                                     &PolicyService::Stub::GetAttributeSchema);
  show.Field("--at", "In force at this instant; else now");
  show.Call();
}

}  // namespace daybook::tools
