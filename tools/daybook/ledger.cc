#include "daybook/v1/ledger.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::LedgerService;

namespace {

const std::vector<std::string> kEventColumns = {"event_id",    "type",        "entity_id",
                                                "occurred_at", "recorded_at", "partition",
                                                "sequence",    "index",       "payload"};

// Pages of a partition go by sequence, not by token.
void AddPartition(CLI::App& noun, Cli& cli) {
  CLI::App* verb = noun.add_subcommand("partition", "Events of one partition from a sequence on");
  const auto request = std::make_shared<v1::ListPartitionEventsRequest>();
  const auto limit = std::make_shared<uint64_t>(0);
  verb->add_option_function<uint32_t>(
          "partition", [request](uint32_t partition) { request->set_partition(partition); },
          "0 is the registry")
      ->required();
  verb->add_option_function<uint64_t>(
      "--from", [request](uint64_t sequence) { request->set_from_sequence(sequence); },
      "First sequence, from 1");
  verb->add_option("--limit", *limit, "At most this many events; 0: all");
  verb->callback([&cli, request, limit] {
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<LedgerService>();
    uint64_t printed = 0;
    while (true) {
      SetPageSize(*request, *limit == 0 ? 0 : *limit - printed);
      v1::ListPartitionEventsResponse response;
      const grpc::Status status =
          connection.Call(*stub, &LedgerService::Stub::ListPartitionEvents, *request, response);
      if (!status.ok()) return cli.Fail(ReadFailure(status));
      auto events = ListElements(response, "events");
      if (*limit != 0 && events.size() > *limit - printed) events.resize(*limit - printed);
      if (!events.empty() || printed == 0) cli.PrintList(events, kEventColumns);
      printed += events.size();
      if (!FlushOutput() || response.next_sequence() == 0 || (*limit != 0 && printed >= *limit))
        return;
      request->set_from_sequence(response.next_sequence());
    }
  });
}

}  // namespace

void AddLedger(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "ledger", "The ledger itself");

  auto info =
      NewVerb<LedgerService>(cli, noun, "info", "What this ledger is and how far it has come",
                             &LedgerService::Stub::GetLedger);
  info.Call();

  auto history = NewVerb<LedgerService>(cli, noun, "history", "Events of one entity, oldest first",
                                        &LedgerService::Stub::ListEntityEvents);
  history.app()
      .add_option_function<std::string>(
          "entity",
          [draft = history.draft()](const std::string& text) {
            draft->Add("entity", "entity", EntityName(text));
          },
          "A customer's id, or a name such as customers/17850; \"tenant\": the registry's facts")
      ->required();
  history.List("events", kEventColumns);

  AddPartition(noun, cli);

  auto ping = NewVerb<LedgerService>(cli, noun, "ping", "The way there and back",
                                     &LedgerService::Stub::Ping);
  ping.Call();

  AddLedgerCheck(noun, cli);
  AddLedgerBackup(noun, cli);
}

}  // namespace daybook::tools
