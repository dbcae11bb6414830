// `daybook ledger backup`, `restore` and `recover`.
#include "ledger/backup.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "daybook/v1/backups.grpc.pb.h"
#include "fmt/format.h"
#include "ledger/data_files.h"
#include "ledger/recover.h"
#include "ledger/restore.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/daybook/data_dir.h"
#include "tools/daybook/nouns.h"

namespace daybook::tools {

using v1::BackupService;

namespace {

constexpr std::chrono::milliseconds kLook(200);

struct BackupOptions {
  std::string name;
  std::string to;
  std::string data;
};

// Follows a backup that the server makes until it is over.
void AwaitBackup(Cli& cli, const Connection& connection, BackupService::Stub& stub,
                 const std::string& name) {
  std::unique_ptr<Progress> progress;
  while (true) {
    v1::GetBackupRequest request;
    request.set_backup(name);
    v1::GetBackupResponse response;
    const grpc::Status status =
        connection.Call(stub, &BackupService::Stub::GetBackup, request, response);
    if (!status.ok()) return cli.Fail(ReadFailure(status));
    const v1::Backup& backup = response.backup();
    if (backup.state() != v1::Backup::STATE_RUNNING) {
      progress.reset();
      cli.Print(backup);
      if (backup.state() != v1::Backup::STATE_FINISHED) {
        fmt::print(stderr, "daybook: the backup failed: {}\n", backup.problem());
        cli.exit_code = ExitCode::kBroken;
      }
      return;
    }
    if (progress == nullptr && backup.bytes_total() > 0) {
      progress = std::make_unique<Progress>("backing up", "bytes", backup.bytes_total());
    }
    if (progress != nullptr) progress->Update(backup.bytes_done());
    std::this_thread::sleep_for(kLook);
  }
}

void BackUpServer(Cli& cli, const BackupOptions& given) {
  const Connection connection = cli.Connect();
  const auto stub = connection.NewStub<BackupService>();
  v1::CreateBackupRequest request;
  request.set_backup(given.name.rfind("backups/", 0) == 0 ? given.name : "backups/" + given.name);
  v1::CreateBackupResponse response;
  const grpc::Status status =
      connection.Call(*stub, &BackupService::Stub::CreateBackup, request, response);
  if (!status.ok()) return cli.Fail(ReadFailure(status));
  AwaitBackup(cli, connection, *stub, request.backup());
}

void BackUpFiles(Cli& cli, const BackupOptions& given) {
  ledger::BackupSource source;
  source.directory = given.data;
  std::unique_ptr<Progress> progress;
  const auto manifest =
      ledger::MakeBackup(source, given.to, [&](const ledger::BackupProgress& state) {
        if (progress == nullptr && state.bytes_total > 0) {
          progress = std::make_unique<Progress>("backing up", "bytes", state.bytes_total);
        }
        if (progress != nullptr) progress->Update(state.bytes_done);
        return true;
      });
  progress.reset();
  if (!manifest.ok()) return FailOnFiles(cli, manifest.status());
  if (cli.json()) return cli.Print(*manifest);
  PrintOutput("{}: group {}, epoch {}, {} files\n", given.to, manifest->last_group(),
              manifest->epoch(), manifest->files_size());
}

void AddBackup(CLI::App& noun, Cli& cli) {
  CLI::App* verb = noun.add_subcommand(
      "backup",
      "Back up a running server (NAME, a folder in its backup_dir), or the files of a stopped one "
      "(--to FOLDER). The master key is not in it: keep that apart");
  const auto given = std::make_shared<BackupOptions>();
  CLI::Option* name =
      verb->add_option("name", given->name, "Name of the backup, on the server's side");
  verb->add_option("--to", given->to, "Folder for a backup of the files in --data-dir")
      ->excludes(name);
  AddDataDir(*verb, &given->data);
  verb->callback([&cli, given] {
    if (given->name.empty() && given->to.empty()) {
      return cli.Fail(absl::InvalidArgumentError("say the backup's name, or --to FOLDER"));
    }
    given->to.empty() ? BackUpServer(cli, *given) : BackUpFiles(cli, *given);
  });
}

struct RestoreArguments {
  ledger::RestoreOptions options;
  std::string master_key;
  uint32_t epoch = 0;
};

void Restore(Cli& cli, RestoreArguments& given) {
  const auto master = MasterKeyIn(given.options.data_directory, given.master_key);
  given.options.master = master.get();
  given.options.at_least = ledger::Epoch(given.epoch);
  std::unique_ptr<Progress> progress;
  given.options.progress = [&](uint64_t done, uint64_t total) {
    if (progress == nullptr) progress = std::make_unique<Progress>("restoring", "bytes", total);
    progress->Update(done);
  };
  const auto report = ledger::Restore(given.options);
  progress.reset();
  report.ok() ? cli.Print(*report) : FailOnFiles(cli, report.status());
}

void AddEpoch(CLI::App& verb, uint32_t* epoch) {
  verb.add_option("--epoch", *epoch,
                  "Begin at least this epoch: one more than the highest that any continuation of "
                  "this ledger has had");
}

void AddRestore(CLI::App& noun, Cli& cli) {
  CLI::App* verb =
      noun.add_subcommand("restore", "Make a data directory out of a backup; begins a new epoch");
  const auto given = std::make_shared<RestoreArguments>();
  verb->add_option("backup", given->options.backup, "Folder of the backup")->required();
  verb->add_option("--data-dir", given->options.data_directory,
                   "Data directory to make; must be absent or empty")
      ->envname("DAYBOOK_DATA_DIR")
      ->required();
  verb->add_option("--master-key", given->master_key, "File of the ledger's master key")
      ->required();
  verb->add_option("--erasures-from", given->options.erasures_from,
                   "Data directory or backup that is newer: what was erased by then is erased "
                   "again");
  AddEpoch(*verb, &given->epoch);
  verb->callback([&cli, given] { Restore(cli, *given); });
}

struct RecoverArguments {
  ledger::RecoverOptions options;
  uint32_t epoch = 0;
};

void PrintRecovery(const v1::RecoveryReport& report) {
  if (report.problem().empty()) {
    PrintOutput(
        "the log is sound: nothing to recover (`daybook ledger verify` looks at the rest)\n");
    return;
  }
  PrintOutput("{}\n", report.problem());
  const bool done = report.epoch() != 0;
  PrintOutput("{} the log up to group {} ({} before byte {})\n", done ? "kept" : "would keep",
              report.last_group(), report.last_file(), report.last_offset());
  PrintOutput("{} {} bytes behind it\n", done ? "gave up" : "would give up", report.lost_bytes());
  for (const v1::LostRange& range : report.lost()) {
    PrintOutput("  partition {}: commits {} to {}, of which {} can be read\n", range.partition(),
                range.kept_sequence() + 1, range.last_known_sequence(), range.readable());
  }
  if (done) {
    PrintOutput("epoch {} begun; what was set aside, and every lost commit that can be read: {}\n",
                report.epoch(), report.set_aside());
  } else {
    PrintOutput(
        "nothing was changed; --accept-loss does it. A backup may have what is lost: see "
        "`daybook ledger restore`\n");
  }
}

void Recover(Cli& cli, RecoverArguments& given) {
  given.options.at_least = ledger::Epoch(given.epoch);
  ledger::VerifyOptions claims;
  std::string problem;
  ReadClaims(given.options.data_directory, &claims, &problem);
  given.options.positions = std::move(claims.positions);
  given.options.places = std::move(claims.places);
  const auto report = ledger::Recover(given.options);
  if (!report.ok()) return FailOnFiles(cli, report.status());
  cli.json() ? cli.Print(*report) : PrintRecovery(*report);
  if (!report->problem().empty() && report->epoch() == 0) cli.exit_code = ExitCode::kDamaged;
}

void AddRecover(CLI::App& noun, Cli& cli) {
  CLI::App* verb = noun.add_subcommand(
      "recover",
      "Say what a damaged ledger would lose if it is cut behind its last sound group; with "
      "--accept-loss do that, set the rest aside and begin a new epoch");
  const auto given = std::make_shared<RecoverArguments>();
  AddDataDir(*verb, &given->options.data_directory);
  verb->add_flag("--accept-loss", given->options.accept_loss, "Do it");
  AddEpoch(*verb, &given->epoch);
  verb->callback([&cli, given] { Recover(cli, *given); });
}

}  // namespace

void AddLedgerBackup(CLI::App& noun, Cli& cli) {
  AddBackup(noun, cli);
  AddRestore(noun, cli);
  AddRecover(noun, cli);
}

}  // namespace daybook::tools
