#include "daybook/v1/cases.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::CaseService;

namespace {

// What every verb that changes a case has; `action` as in CaseAction.
auto NewChange(Cli& cli, CLI::App& noun, const char* name, const char* help, const char* action) {
  auto change = NewVerb<CaseService>(cli, noun, name, help, &CaseService::Stub::ChangeCase);
  change.draft()->Add(name, "action", action);
  change.Name("customer", "customers")
      .Required("case_id", "Id of the case")
      .Field("--reason", "Why: a code")
      .Field("--note", "What was said; stored sealed");
  return change;
}

// Verbs that take nothing but that.
struct PlainChange {
  const char* name;
  const char* help;
  const char* action;
};
constexpr PlainChange kPlainChanges[] = {
    {"start", "Work begins or goes on", "started"},
    {"pend", "It waits for somebody else", "pended"},
    {"wait", "It waits for the customer", "waited_for_customer"},
    {"reply", "The customer wrote again", "customer_replied"},
    {"reopen", "A resolved case comes back", "reopened"},
    {"dispute", "The customer does not accept the answer", "disputed"},
    {"close", "A resolved case is over for good", "closed"},
};

void AddOpen(CLI::App& noun, Cli& cli) {
  auto open = NewVerb<CaseService>(cli, noun, "open", "Open a case; its clocks start",
                                   &CaseService::Stub::OpenCase);
  open.Name("customer", "customers")
      .Required("case_id", "Id of the case, unique in the customer")
      .Field("--product", "What it is about")
      .Field("--sub-product", "Which kind of it", "sub_product")
      .Field("--issue", "What is wrong")
      .Field("--sub-issue", "More exactly", "sub_issue")
      .Field("--channel", "By what way it came")
      .Field("--asset", "The asset, where known")
      .Field("--respondent", "Who it is complained about")
      .Field("--queue", "Queue")
      .Field("--assignee", "Who gets it")
      .Field("--priority", "low, normal, high, urgent")
      .Field("--description", "In the customer's words; stored sealed")
      .Field("--sla", "Service level agreement; else main", "sla_id")
      .Mutation();
  open.Call();
}

void AddChanges(CLI::App& noun, Cli& cli) {
  for (const PlainChange& plain : kPlainChanges) {
    auto change = NewChange(cli, noun, plain.name, plain.help, plain.action);
    change.Mutation();
    change.Call();
  }
  auto assign = NewChange(cli, noun, "assign", "Give it to a queue or somebody", "assigned");
  assign.Field("--queue", "Queue")
      .Field("--assignee", "Who gets it")
      .Flag("--unassign", "Nobody has it", "unassign")
      .Mutation();
  assign.Call();
  auto prioritise = NewChange(cli, noun, "prioritise", "Another priority", "prioritised");
  prioritise.Required("--priority", "low, normal, high, urgent").Mutation();
  prioritise.Call();
  auto answer = NewChange(cli, noun, "answer", "The company answered", "answered");
  answer.Field("--response", "What it answers")
      .Field("--timeliness", "timely, untimely")
      .Mutation();
  answer.Call();
  auto forward = NewChange(cli, noun, "forward", "Sent on to who can answer it", "forwarded");
  forward.Field("--forwarded-at", "When; else when it happened", "forwarded_at").Mutation();
  forward.Call();
  for (const char* const name : {"update", "resolve"}) {
    const bool resolves = std::string_view(name) == "resolve";
    auto change = NewChange(cli, noun, name, resolves ? "It is solved" : "Complete or correct it",
                            resolves ? "resolved" : "updated");
    change.Field("--response", "What the company answers")
        .Field("--resolution-code", "Code of the solution", "resolution_code")
        .Field("--timeliness", "timely, untimely")
        .Mutation();
    change.Call();
  }
  auto merge = NewChange(cli, noun, "merge", "It goes on in another case", "merged");
  merge.Required("other_case_id", "The case that it goes on in").Mutation();
  merge.Call();
  auto split = NewChange(cli, noun, "split", "A part becomes a case of its own", "split");
  split.Required("other_case_id", "Id of the new case").Mutation();
  split.Call();
}

void AddQuestions(CLI::App& noun, Cli& cli) {
  auto show = NewVerb<CaseService>(cli, noun, "show", "One case, its clocks and who had it",
                                   &CaseService::Stub::GetCase);
  show.Child("case_name", "cases").Read();
  show.Call();

  auto list = NewVerb<CaseService>(cli, noun, "list", "A customer's cases, newest first",
                                   &CaseService::Stub::ListCases);
  list.Name("customer", "customers").Read();
  list.List("cases", {"name", "opened_at", "status", "priority", "queue", "assignee", "product",
                      "issue", "response", "resolved_at"});

  auto entries = NewVerb<CaseService>(cli, noun, "entries", "What happened to a case",
                                      &CaseService::Stub::ListCaseEntries);
  entries.Child("case_name", "cases").Read();
  entries.List("entries", {"occurred_at", "action", "status", "queue", "assignee", "actor_id",
                           "clock", "breached", "due_at", "reason", "response", "note"});

  auto queue = NewVerb<CaseService>(cli, noun, "queue", "Open cases of a queue, most urgent first",
                                    &CaseService::Stub::ListCaseQueue);
  queue.Field("queue", "The queue; left out: cases without one")
      .Field("--status", "Only of this status")
      .ReadFreshness();
  queue.List("cases", {"due_at", "breached", "clock", "priority", "name", "status", "assignee",
                       "product", "issue", "opened_at"});

  auto summary = NewVerb<CaseService>(cli, noun, "summary", "Counts over all customers",
                                      &CaseService::Stub::GetCaseSummary);
  summary.ReadFreshness();
  summary.Call();
}

}  // namespace

void AddCase(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "case", "Problems of customers, and the desk that deals with them");
  AddOpen(noun, cli);
  AddChanges(noun, cli);
  AddQuestions(noun, cli);
}

}  // namespace daybook::tools
