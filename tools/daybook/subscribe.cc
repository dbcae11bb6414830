#include <cstdio>
#include <map>

#include "daybook/v1/ledger.grpc.pb.h"
#include "fmt/format.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::LedgerService;

namespace {

class Follower {
 public:
  Follower(Cli& cli, uint64_t most, bool until_caught_up)
      : cli_(cli), most_(most), until_caught_up_(until_caught_up) {}

  void Run(const v1::SubscribeRequest& request) {
    const Connection connection = cli_.Connect();
    const auto stub = connection.NewStub<LedgerService>();
    grpc::ClientContext context;
    const auto stream = stub->Subscribe(&context, request);
    v1::SubscribeResponse response;
    bool wanted = true;
    while (wanted && stream->Read(&response)) wanted = Take(response);
    if (!wanted) context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (wanted && !status.ok()) cli_.Fail(ReadFailure(status));
    if (!token_.empty()) fmt::print(stderr, "go on with --after {}\n", token_);
  }

 private:
  // False if nothing more is wanted. A message is printed whole: its token stands behind all of it.
  bool Take(const v1::SubscribeResponse& response) {
    if (!response.events().empty()) CheckGap(response);
    if (cli_.json()) {
      // As it came: the tokens, the sequences and the heartbeats are how a program goes on.
      PrintOutput("{}\n", ToJson(response));
    } else {
      for (const auto& event : response.events()) Print(event);
    }
    if (!FlushOutput()) return false;
    token_ = response.position_token();
    printed_ += static_cast<uint64_t>(response.events_size());
    if (most_ != 0 && printed_ >= most_) return false;
    return !(until_caught_up_ && response.caught_up());
  }

  // Every message names the one before it under the same filter.
  void CheckGap(const v1::SubscribeResponse& response) {
    uint64_t& last = last_[response.partition()];
    if (last != 0 && response.previous_sequence() != last) {
      fmt::print(stderr, "daybook: gap in partition {}: {} came after {}, not after {}\n",
                 response.partition(), response.sequence(), response.previous_sequence(), last);
      cli_.exit_code = ExitCode::kBroken;
    }
    last = response.sequence();
  }

  void Print(const event::v1::Event& event) const {
    const TextStyle style = cli_.style();
    PrintOutput("{}  {}/{}  {}  {}  {}\n", TextAt(event, "recorded_at", style), event.partition(),
                event.sequence(), TextAt(event, "type", style), event.entity_id(),
                TextAt(event, "payload", style));
  }

  Cli& cli_;
  const uint64_t most_;
  const bool until_caught_up_;
  uint64_t printed_ = 0;
  std::string token_;
  std::map<uint32_t, uint64_t> last_;
};

using NameOf = std::string (*)(const std::string&);

std::string AsTyped(const std::string& text) { return text; }

}  // namespace

void AddSubscribe(CLI::App& app, Cli& cli) {
  CLI::App* verb = app.add_subcommand(
      "subscribe", "Follow the ledger: events from a position into the live stream");
  const auto draft = std::make_shared<Draft>();
  const auto most = std::make_shared<uint64_t>(0);
  const auto until_caught_up = std::make_shared<bool>(false);
  const auto add = [&](const char* option, const char* path, NameOf name_of, const char* help) {
    verb->add_option_function<std::vector<std::string>>(
        option,
        [draft, option, path, name_of](const std::vector<std::string>& values) {
          for (const std::string& value : values) draft->Add(option, path, name_of(value));
        },
        help);
  };
  add("--after", "after", AsTyped, "Begin after this position token; else at the beginning");
  add("--type", "types", AsTyped, "Only events of these types, for instance order_completed");
  add("--entity", "entities", EntityName, "Only these: customers' ids, names, or \"tenant\"");
  add("--partition", "partitions", AsTyped, "Only these partitions");
  verb->add_flag_callback(
      "--from-end", [draft] { draft->Add("--from-end", "from_end", "true"); },
      "Begin with what comes from now on");
  verb->add_option("--count", *most,
                   "End after this many events and the rest of their commit; 0: never");
  verb->add_flag("--until-caught-up", *until_caught_up, "End when nothing later is recorded");
  verb->callback([&cli, draft, most, until_caught_up] {
    v1::SubscribeRequest request;
    if (FillRequest(cli, *draft, request)) Follower(cli, *most, *until_caught_up).Run(request);
  });
}

}  // namespace daybook::tools
