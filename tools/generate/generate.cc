#include "tools/generate/generate.h"

#include <chrono>
#include <map>

#include "fmt/format.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/generate/csv_files.h"
#include "tools/import/sender.h"
#include "tools/import/session.h"

namespace daybook::tools {
namespace {

constexpr std::chrono::seconds kRetryFor(30);

ExitCode Broken(const absl::Status& status) {
  fmt::print(stderr, "daybook generate: {}\n", std::string(status.message()));
  return absl::IsNotFound(status) ? ExitCode::kUsage : ExitCode::kBroken;
}

ExitCode Failed(const Failure& failure) {
  fmt::print(stderr, "daybook generate: {}\n", ToText(failure));
  return ToExitCode(failure);
}

ExitCode ToFiles(const GenerateOptions& options) {
  Shop shop(options.shop);
  CsvFiles files(options.folder);
  Progress progress("writing", "orders", options.shop.orders);
  v1::IngestItem item;
  while (shop.Next(item)) {
    if (absl::Status status = files.Write(item); !status.ok()) return Broken(status);
    progress.Update(shop.orders());
  }
  if (absl::Status status = files.Close(); !status.ok()) return Broken(status);
  PrintOutput("{{\"commands\":{},\"orders\":{},\"files\":{},\"lines\":{}}}\n", shop.produced(),
              shop.orders(), files.files(), files.lines());
  return ExitCode::kOk;
}

// What the server said so far.
struct Tally {
  uint64_t accepted = 0;
  uint64_t repeated = 0;
  uint64_t events = 0;
  uint64_t refused = 0;
  std::map<std::string, uint64_t> reasons;
  std::string example;

  void Count(const BatchOutcome& outcome) {
    accepted += outcome.response.accepted();
    repeated += outcome.response.repeated_items();
    events += outcome.response.events();
    for (const v1::IngestRefusal& refusal : outcome.response.refusals()) {
      ++refused;
      ++reasons[refusal.reason()];
      if (example.empty())
        example = fmt::format("{}: {}: {}", refusal.reason(), refusal.field(), refusal.message());
    }
  }
};

std::optional<Failure> Send(const GenerateOptions& options, const Connection& connection,
                            Shop& shop, Tally& tally) {
  const auto sender = NewStreamSender(connection, kRetryFor);
  Progress progress("sending", "orders", options.shop.orders);
  BatchOutcome outcome;
  bool more = true;
  while (more || sender->in_flight() > 0) {
    if (more && sender->in_flight() < options.batches_in_flight) {
      v1::IngestRequest batch;
      while (static_cast<size_t>(batch.items_size()) < options.batch_items &&
             (more = shop.Next(*batch.add_items()))) {
      }
      if (!more) batch.mutable_items()->RemoveLast();
      if (batch.items_size() == 0) continue;
      if (auto failure = sender->Send(std::move(batch))) return failure;
      progress.Update(shop.orders());
      continue;
    }
    if (auto failure = sender->Receive(outcome)) return failure;
    tally.Count(outcome);
  }
  return std::nullopt;
}

ExitCode ToServer(GenerateOptions options, const Connection& connection) {
  if (options.shop.import_session.empty()) {
    options.shop.import_session = fmt::format("shop-{}", options.shop.seed);
  }
  // The same shop again only repeats what a closed session brought.
  if (auto failure = OpenSession(connection, options.shop.import_session, "shop");
      failure && !IsSessionClosed(*failure)) {
    return Failed(*failure);
  }
  const auto start = std::chrono::steady_clock::now();
  Shop shop(options.shop);
  Tally tally;
  if (auto failure = Send(options, connection, shop, tally)) return Failed(*failure);
  if (auto failure = CloseSession(connection, options.shop.import_session)) return Failed(*failure);
  PrintOutput(
      "{{\"commands\":{},\"orders\":{},\"accepted\":{},\"repeated\":{},\"refused\":{},\"events\":{}"
      ",\"seconds\":{:.3f}}}\n",
      shop.produced(), shop.orders(), tally.accepted, tally.repeated, tally.refused, tally.events,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (tally.refused == 0) return ExitCode::kOk;
  for (const auto& [reason, commands] : tally.reasons)
    fmt::print(stderr, "  {:>10}  {}\n", commands, reason);
  fmt::print(stderr, "  the first: {}\n", tally.example);
  return ExitCode::kPartlyRefused;
}

}  // namespace

ExitCode RunGenerate(const GenerateOptions& options, const Connection& connection) {
  return options.folder.empty() ? ToServer(options, connection) : ToFiles(options);
}

}  // namespace daybook::tools
