#include "daybook/v1/policies.grpc.pb.h"
#include "daybook/v1/warranty.grpc.pb.h"
#include "tools/common/toml_table.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/policy_file.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::PolicyService;
using v1::WarrantyService;

namespace {

void AddPublishTerms(CLI::App& noun, Cli& cli) {
  VerbOptions verb(noun, "publish-terms",
                   "Publish the next version of warranty terms; --validate-only checks them");
  const auto path = std::make_shared<std::string>();
  verb.app().add_option("file", *path, "TOML file; keys as in WarrantyTermsPublished")->required();
  verb.Mutation();
  verb.app().callback([&cli, path, draft = verb.draft()] {
    v1::PublishWarrantyTermsRequest request;
    if (!FillRequest(cli, *draft, request)) return;
    const auto text = ReadTextFile(*path);
    if (!text.ok()) return cli.Fail(text.status());
    const auto terms = ParseWarrantyTerms(*text, *path);
    if (!terms.ok()) return cli.Fail(terms.status());
    *request.mutable_terms() = *terms;
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<PolicyService>();
    v1::PublishWarrantyTermsResponse response;
    const grpc::Status status =
        connection.Call(*stub, &PolicyService::Stub::PublishWarrantyTerms, request, response);
    status.ok() ? cli.Print(response) : cli.Fail(ReadFailure(status));
  });
}

void AddAssetVerbs(CLI::App& noun, Cli& cli) {
  auto add = NewVerb<WarrantyService>(cli, noun, "register", "Make a good known by its serial",
                                      &WarrantyService::Stub::RegisterAsset);
  add.Name("asset", "assets")
      .Field("--lot", "Production lot")
      .Field("--made-on", "2024-02-29")
      .Field("--sold-on", "2024-02-29")
      .Field("--delivered-on", "2024-02-29")
      .Field("--installed-on", "2024-02-29")
      .Field("--order", "Order that it was bought with", "order_id")
      .NameOption("--owner", "owner", "customers", false)
      .Mutation();
  add.Call();

  auto change = NewVerb<WarrantyService>(cli, noun, "change",
                                         "Another owner, a reading, scrapped, stolen, recovered",
                                         &WarrantyService::Stub::ChangeAsset);
  change.Name("asset", "assets")
      .Required("kind", "owner, usage, scrapped, stolen or recovered")
      .Field("--usage", "Reading of the meter")
      .NameOption("--owner", "owner", "customers", false)
      .Mutation();
  change.Call();

  auto list = NewVerb<WarrantyService>(cli, noun, "list", "What a customer owns",
                                       &WarrantyService::Stub::ListCustomerAssets);
  list.Name("customer", "customers").Read();
  list.Call();
}

void AddWarrantyVerbs(CLI::App& noun, Cli& cli) {
  auto issue = NewVerb<WarrantyService>(cli, noun, "issue", "Begin a warranty by terms in force",
                                        &WarrantyService::Stub::IssueWarranty);
  issue.Name("asset", "assets")
      .Required("warranty_id", "Id of the warranty, unique in the asset")
      .NameOption("--terms", "terms", "warrantyTerms", true)
      .Field("--price", "What was paid for it: 49.00 GBP")
      .Field("--extends", "Warranty that it runs after")
      .Mutation();
  issue.Call();

  auto cancel =
      NewVerb<WarrantyService>(cli, noun, "cancel", "End a warranty; prints what is paid back",
                               &WarrantyService::Stub::CancelWarranty);
  cancel.Name("asset", "assets")
      .Required("warranty_id", "The warranty")
      .Field("--reason", "A code")
      .Mutation();
  cancel.Call();

  auto end = NewVerb<WarrantyService>(cli, noun, "void", "End a warranty whose terms were broken",
                                      &WarrantyService::Stub::VoidWarranty);
  end.Name("asset", "assets")
      .Required("warranty_id", "The warranty")
      .Required("--reason", "Which term, a code")
      .Mutation();
  end.Call();

  auto status = NewVerb<WarrantyService>(cli, noun, "status", "Is it covered, and by what",
                                         &WarrantyService::Stub::GetWarrantyStatus);
  status.Name("asset", "assets")
      .Field("--component", "Only this one")
      .Field("--usage", "Reading of the meter; else the last one known")
      .Read();
  status.Call();
  AddPublishTerms(noun, cli);
}

void AddClaimVerbs(CLI::App& noun, Cli& cli) {
  auto submit = NewVerb<WarrantyService>(cli, noun, "submit", "Claim that something failed",
                                         &WarrantyService::Stub::SubmitClaim);
  submit.Name("asset", "assets")
      .Required("claim_id", "Id of the claim, unique in the asset")
      .Required("--component", "What failed")
      .Required("--failed-on", "2024-02-29")
      .Field("--usage", "Reading of the meter then")
      .Field("--claimed", "What is asked for: 49.00 GBP")
      .Field("--symptom", "A code")
      .Field("--reference", "Case or contact in which it was said")
      .NameOption("--customer", "customer", "customers", false)
      .Mutation();
  submit.Call();

  auto decide = NewVerb<WarrantyService>(cli, noun, "decide", "Decide about a claim, line by line",
                                         &WarrantyService::Stub::DecideClaim);
  decide.Name("asset", "assets")
      .Required("claim_id", "The claim")
      .Required("outcome", "approved, partial, denied, goodwill or information_wanted")
      .Elements("--line", "lines", "code=PUMP,claimed_minor=4900,accepted_minor=4900[,reason=..]")
      .Field("--currency", "ISO 4217 of the lines")
      .Required("--decided-by", "Who decides")
      .Field("--approved-by", "The second person")
      .Field("--reason", "A code")
      .Mutation();
  decide.Call();

  auto change =
      NewVerb<WarrantyService>(cli, noun, "change", "Information given, appealed or withdrawn",
                               &WarrantyService::Stub::ChangeClaim);
  change.Name("asset", "assets")
      .Required("claim_id", "The claim")
      .Required("kind", "information_given, appealed or withdrawn")
      .Mutation();
  change.Call();

  auto settle = NewVerb<WarrantyService>(cli, noun, "settle", "Settle a claim that is to be paid",
                                         &WarrantyService::Stub::SettleClaim);
  settle.Name("asset", "assets")
      .Required("claim_id", "The claim")
      .Required("kind", "repair, replacement, refund or credit")
      .Field("--cost", "What it cost; else what is payable")
      .Field("--reference", "Repair order, payment")
      .Mutation();
  settle.Call();

  auto list = NewVerb<WarrantyService>(cli, noun, "list", "An asset's claims, oldest first",
                                       &WarrantyService::Stub::ListClaims);
  list.Name("asset", "assets").Read();
  list.List("claims", {"claim_id", "component", "failed_on", "state", "verdict.covered",
                       "verdict.reason", "payable", "outcome", "settlement", "customer"});

  auto board = NewVerb<WarrantyService>(cli, noun, "board", "Claims in a state, oldest first",
                                        &WarrantyService::Stub::ListClaimBoard);
  board.Required("state", "submitted, information_wanted, approved, denied or appealed").Read();
  board.Call();
}

}  // namespace

void AddWarranty(CLI::App& app, Cli& cli) {
  AddAssetVerbs(AddNoun(app, "asset", "Goods with a serial number"), cli);
  AddWarrantyVerbs(AddNoun(app, "warranty", "What covers them"), cli);
  AddClaimVerbs(AddNoun(app, "claim", "What was claimed"), cli);
}

}  // namespace daybook::tools
