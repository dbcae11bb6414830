#include <chrono>
#include <thread>

#include "daybook/v1/views.grpc.pb.h"
#include "fmt/format.h"
#include "tools/common/progress.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::ViewService;

namespace {

constexpr std::chrono::milliseconds kLook(200);

// True while the view, or any if the name is "views/-", is being built.
bool IsBuilding(const v1::ListViewsResponse& views, const std::string& name, uint64_t& done,
                uint64_t& total) {
  bool building = false;
  done = total = 0;
  for (const v1::View& view : views.views()) {
    if (name != "views/-" && view.name() != name) continue;
    building = building || view.state() == v1::View::STATE_REBUILDING ||
               view.state() == v1::View::STATE_BUILDING;
    done += view.build_done();
    total += view.build_total();
  }
  return building;
}

void FailIfBroken(Cli& cli, const v1::ListViewsResponse& views, const std::string& name) {
  for (const v1::View& view : views.views()) {
    if ((name != "views/-" && view.name() != name) || view.problem().empty()) continue;
    return cli.Fail(absl::DataLossError(fmt::format("{}: {}", view.name(), view.problem())));
  }
}

void AwaitBuild(Cli& cli, const std::string& name) {
  const Connection connection = cli.Connect();
  const auto stub = connection.NewStub<ViewService>();
  std::unique_ptr<Progress> progress;
  while (true) {
    v1::ListViewsResponse views;
    const grpc::Status status = connection.Call(*stub, &ViewService::Stub::ListViews, {}, views);
    if (!status.ok()) return cli.Fail(ReadFailure(status));
    uint64_t done = 0;
    uint64_t total = 0;
    if (!IsBuilding(views, name, done, total)) return FailIfBroken(cli, views, name);
    if (progress == nullptr) progress = std::make_unique<Progress>("rebuilding", "commits", total);
    progress->Update(done);
    std::this_thread::sleep_for(kLook);
  }
}

void AddRebuild(CLI::App& noun, Cli& cli) {
  CLI::App* verb = noun.add_subcommand(
      "rebuild", "Build a view anew beside the old one, which serves meanwhile");
  const auto name = std::make_shared<std::string>();
  const auto wait = std::make_shared<bool>(false);
  verb->add_option("view", *name, "Name, or views/NAME; \"-\" means all")->required();
  verb->add_flag("--wait", *wait, "Wait until the new build serves");
  verb->callback([&cli, name, wait] {
    v1::RebuildViewRequest request;
    request.set_view(name->rfind("views/", 0) == 0 ? *name : "views/" + *name);
    const Connection connection = cli.Connect();
    const auto stub = connection.NewStub<ViewService>();
    v1::RebuildViewResponse response;
    const grpc::Status status =
        connection.Call(*stub, &ViewService::Stub::RebuildView, request, response);
    if (!status.ok()) return cli.Fail(ReadFailure(status));
    if (*wait) AwaitBuild(cli, request.view());
  });
}

}  // namespace

void AddView(CLI::App& app, Cli& cli) {
  CLI::App& noun =
      AddNoun(app, "view", "The views: how far they are, building them anew, comparing them");

  auto list = NewVerb<ViewService>(cli, noun, "list", "All views", &ViewService::Stub::ListViews);
  list.List("views", {"name", "version", "state", "lag_commits", "build_done", "build_total",
                      "build_eta_seconds", "problem"});

  auto digest = NewVerb<ViewService>(cli, noun, "digest", "SHA-256 over the view's rows",
                                     &ViewService::Stub::GetViewDigest);
  digest.Name("view", "views");
  digest.Call();

  AddRebuild(noun, cli);
}

}  // namespace daybook::tools
